-- HistoryLoad=firehose: what Firehose has copied into the landing table so far, as far as the poll
-- rules in hand can judge it.
INSERT INTO incoming SELECT * FROM landing WHERE arrived_at <= ${known_until};

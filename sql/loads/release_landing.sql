-- HistoryLoad=firehose: deletes exactly what was merged. Never TRUNCATE: it commits at once, and takes
-- rows along that Firehose copied meanwhile. A row that comes again is a redelivery: merged already.
DELETE FROM landing
USING (SELECT DISTINCT sequence_number, subsequence, line FROM incoming) AS merged
WHERE landing.sequence_number = merged.sequence_number
  AND landing.subsequence = merged.subsequence
  AND landing.line = merged.line;

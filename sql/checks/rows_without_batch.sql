-- A row names its whole batch (producer, lane, number) or, of a record without a stamp, none of it.
SELECT 'votes' AS found_in, poll, sequence_number, subsequence, line, producer, lane, number
FROM votes
WHERE (producer IS NULL) <> (lane IS NULL) OR (lane IS NULL) <> (number IS NULL)
UNION ALL
SELECT 'parked_votes', poll, sequence_number, subsequence, line, producer, lane, number
FROM parked_votes
WHERE (producer IS NULL) <> (lane IS NULL) OR (lane IS NULL) <> (number IS NULL)
ORDER BY 1, 2, 3, 4, 5;

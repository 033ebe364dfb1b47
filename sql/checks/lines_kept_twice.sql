-- No line is in the warehouse twice: not as a vote and as parked, not as parked and as a duplicate.
-- A line is known by its batch (producer, lane, number), else by its record; and its place there.
SELECT line_id, COUNT(*) AS rows_found
FROM (
    SELECT
        COALESCE(producer, sequence_number)
            || '/' || CAST(COALESCE(CAST(lane AS INTEGER), subsequence) AS VARCHAR(20))
            || CASE WHEN number IS NULL THEN '' ELSE '/' || CAST(number AS VARCHAR(20)) END
            || '/' || CAST(line AS VARCHAR(20)) AS line_id
    FROM votes
    UNION ALL
    SELECT line_id FROM parked_votes
    UNION ALL
    SELECT line_id FROM duplicate_votes
) AS lines
GROUP BY line_id
HAVING COUNT(*) > 1
ORDER BY line_id;

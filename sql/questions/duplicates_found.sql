-- Which votes were sent again, in a line of their own, and did not count again?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Lines that arrived at or after this moment, UTC
-- :to time 9999-12-31 | Lines that arrived before this moment, UTC
-- :limit integer 100 | Rows: those sent most often first
-- chart bar device_id copies
SELECT
    d.device_id,
    d.seq,
    d.copies,
    v.colour,
    v.arrived_at AS counted_at,
    d.first_copy,
    d.last_copy
FROM (
    SELECT
        poll,
        device_id,
        seq,
        COUNT(*)        AS copies,
        MIN(arrived_at) AS first_copy,
        MAX(arrived_at) AS last_copy
    FROM duplicate_votes
    WHERE poll = :poll
      AND arrived_at >= :from
      AND arrived_at < :to
    GROUP BY poll, device_id, seq
) AS d
LEFT JOIN votes AS v
    ON v.poll = d.poll AND v.device_id = d.device_id AND v.seq = d.seq
ORDER BY d.copies DESC, d.last_copy DESC, d.device_id, d.seq
LIMIT :limit;

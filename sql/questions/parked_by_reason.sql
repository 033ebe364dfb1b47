-- How many lines did not count, and why?
-- :poll text - | Poll; none: all, and the lines that name none
-- :from time 1970-01-01 | Lines that arrived at or after this moment, UTC
-- :to time 9999-12-31 | Lines that arrived before this moment, UTC
-- chart bar parked_reason lines
SELECT
    parked_reason,
    COUNT(*)                  AS lines,
    COUNT(DISTINCT device_id) AS devices,
    MIN(arrived_at)           AS first_line,
    MAX(arrived_at)           AS last_line
FROM parked_votes
WHERE (:poll IS NULL OR poll = :poll)
  AND arrived_at >= :from
  AND arrived_at < :to
GROUP BY parked_reason
ORDER BY lines DESC, parked_reason;

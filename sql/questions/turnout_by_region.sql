-- How many votes came from each region, and from how many devices?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes cast at or after this moment, UTC
-- :to time 9999-12-31 | Votes cast before this moment, UTC
-- :colours texts - | Only these colours; none: all
-- chart bar region votes
SELECT
    region,
    votes,
    devices,
    ROUND(CAST(votes AS DOUBLE PRECISION) / devices, 2) AS votes_per_device
FROM (
    SELECT region, COUNT(*) AS votes, COUNT(DISTINCT device_id) AS devices
    FROM votes
    WHERE poll = :poll
      AND voted_at >= :from
      AND voted_at < :to
      AND arrived_at >= DATEADD(minute, -1, :from)
      AND arrived_at < DATEADD(day, 6, :to)
      AND (:colours IS NULL OR colour IN (:colours))
    GROUP BY region
) AS regions
ORDER BY votes DESC, region;

-- Which votes arrived long after they were cast?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes cast at or after this moment, UTC
-- :to time 9999-12-31 | Votes cast before this moment, UTC
-- :colours texts - | Only these colours; none: all
-- :regions texts - | Only these regions; none: all
-- :seconds integer 60 | Late is what took longer than this
-- :limit integer 100 | Rows: the latest arrivals first
SELECT
    arrived_at,
    voted_at,
    ROUND(CAST(DATEDIFF(ms, voted_at, arrived_at) AS DOUBLE PRECISION) / 1000, 3) AS late_s,
    device_id,
    seq,
    colour,
    region
FROM votes
WHERE poll = :poll
  AND voted_at >= :from
  AND voted_at < :to
  AND arrived_at >= DATEADD(minute, -1, :from)
  AND arrived_at < DATEADD(day, 6, :to)
  AND DATEDIFF(ms, voted_at, arrived_at) > :seconds * 1000
  AND (:colours IS NULL OR colour IN (:colours))
  AND (:regions IS NULL OR region IN (:regions))
ORDER BY arrived_at DESC, device_id, seq
LIMIT :limit;

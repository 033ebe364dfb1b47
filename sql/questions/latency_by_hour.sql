-- How long did votes take from the press to the stream, hour by hour?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes that arrived at or after this moment, UTC
-- :to time 9999-12-31 | Votes that arrived before this moment, UTC
-- :colours texts - | Only these colours; none: all
-- :regions texts - | Only these regions; none: all
-- chart line hour p99_ms
-- A device's clock says when it was pressed: one that is ahead gives a latency below 0.
SELECT
    hour,
    COUNT(*)                                                 AS votes,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY latency_ms)  AS p50_ms,
    PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY latency_ms) AS p99_ms,
    MAX(latency_ms)                                          AS max_ms
FROM (
    SELECT
        DATE_TRUNC('hour', arrived_at)     AS hour,
        DATEDIFF(ms, voted_at, arrived_at) AS latency_ms
    FROM votes
    WHERE poll = :poll
      AND arrived_at >= :from
      AND arrived_at < :to
      AND (:colours IS NULL OR colour IN (:colours))
      AND (:regions IS NULL OR region IN (:regions))
) AS latencies
GROUP BY hour
ORDER BY hour;

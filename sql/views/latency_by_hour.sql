-- Milliseconds from the press (by the device's clock) to the stream, by poll and hour of arrival.
CREATE OR REPLACE VIEW latency_by_hour AS
SELECT
    poll,
    hour,
    COUNT(*)                                                 AS votes,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY latency_ms)  AS p50_ms,
    PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY latency_ms) AS p99_ms
FROM (
    SELECT
        poll,
        DATE_TRUNC('hour', arrived_at)     AS hour,
        DATEDIFF(ms, voted_at, arrived_at) AS latency_ms
    FROM votes
) AS latencies
GROUP BY poll, hour;

-- The tables hold the rows that the loads say they wrote, minute by minute of arrival.
SELECT
    poll,
    minute,
    SUM(vote_rows)      AS votes_found,
    SUM(counted)        AS votes_loaded,
    SUM(parked_rows)    AS parked_found,
    SUM(parked)         AS parked_loaded,
    SUM(duplicate_rows) AS duplicates_found,
    SUM(duplicate)      AS duplicates_loaded
FROM (
    SELECT
        poll, minute, counted, parked, duplicate,
        0 AS vote_rows, 0 AS parked_rows, 0 AS duplicate_rows
    FROM load_lines
    UNION ALL
    SELECT poll, DATE_TRUNC('minute', arrived_at), 0, 0, 0, COUNT(*), 0, 0
    FROM votes
    GROUP BY 1, 2
    UNION ALL
    SELECT poll, DATE_TRUNC('minute', arrived_at), 0, 0, 0, 0, COUNT(*), 0
    FROM parked_votes
    GROUP BY 1, 2
    UNION ALL
    SELECT poll, DATE_TRUNC('minute', arrived_at), 0, 0, 0, 0, 0, COUNT(*)
    FROM duplicate_votes
    GROUP BY 1, 2
) AS sides
GROUP BY poll, minute
HAVING SUM(vote_rows) <> SUM(counted)
    OR SUM(parked_rows) <> SUM(parked)
    OR SUM(duplicate_rows) <> SUM(duplicate)
ORDER BY poll, minute;

-- How did each colour's share swing from one moment to another?
-- :poll text cube | Poll
-- :first time now-1h | The earlier moment, UTC
-- :second time now | The later moment, UTC
-- :minutes integer 60 | Votes cast in so many minutes before a moment are that moment's
-- :regions texts - | Only these regions; none: all
-- chart bar colour swing_points
SELECT
    colour,
    first_votes,
    second_votes,
    ROUND(first_share, 2)                AS first_percent,
    ROUND(second_share, 2)               AS second_percent,
    ROUND(second_share - first_share, 2) AS swing_points
FROM (
    SELECT
        colour,
        first_votes,
        second_votes,
        100 * CAST(first_votes AS DOUBLE PRECISION)
            / NULLIF(SUM(first_votes) OVER (), 0)  AS first_share,
        100 * CAST(second_votes AS DOUBLE PRECISION)
            / NULLIF(SUM(second_votes) OVER (), 0) AS second_share
    FROM (
        SELECT
            colour,
            COUNT(CASE WHEN voted_at < :first
                AND voted_at >= DATEADD(minute, - :minutes, :first) THEN 1 END)  AS first_votes,
            COUNT(CASE WHEN voted_at < :second
                AND voted_at >= DATEADD(minute, - :minutes, :second) THEN 1 END) AS second_votes
        FROM votes
        WHERE poll = :poll
          AND arrived_at >= DATEADD(minute, - :minutes - 1, LEAST(:first, :second))
          AND arrived_at < DATEADD(day, 6, GREATEST(:first, :second))
          AND (:regions IS NULL OR region IN (:regions))
        GROUP BY colour
    ) AS counts
    WHERE first_votes + second_votes > 0
) AS shares
ORDER BY swing_points DESC, colour;

-- How many votes has each colour, and which share of all?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes cast at or after this moment, UTC
-- :to time 9999-12-31 | Votes cast before this moment, UTC
-- :regions texts - | Only these regions; none: all
-- chart bar colour votes
SELECT
    colour,
    votes,
    ROUND(100 * CAST(votes AS DOUBLE PRECISION) / SUM(votes) OVER (), 2) AS share_percent
FROM (
    SELECT colour, COUNT(*) AS votes
    FROM votes
    WHERE poll = :poll
      AND voted_at >= :from
      AND voted_at < :to
      AND arrived_at >= DATEADD(minute, -1, :from)
      AND arrived_at < DATEADD(day, 6, :to)
      AND (:regions IS NULL OR region IN (:regions))
    GROUP BY colour
) AS colours
ORDER BY votes DESC, colour;

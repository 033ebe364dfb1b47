-- Which share of the votes had each colour, from one stretch of time to the next?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes cast at or after this moment, UTC
-- :to time 9999-12-31 | Votes cast before this moment, UTC
-- :colours texts - | Only these colours; none: all
-- :regions texts - | Only these regions; none: all
-- :minutes integer 60 | Length of a stretch, in minutes
-- chart line from_time share_percent colour
-- With a choice of colours, a share is one of the votes for these colours.
SELECT
    DATEADD(minute, stretch * :minutes, CAST('1970-01-01' AS TIMESTAMP)) AS from_time,
    colour,
    votes,
    ROUND(
        100 * CAST(votes AS DOUBLE PRECISION) / SUM(votes) OVER (PARTITION BY stretch), 2
    ) AS share_percent
FROM (
    SELECT
        DATEDIFF(minute, CAST('1970-01-01' AS TIMESTAMP), voted_at) / :minutes AS stretch,
        colour,
        COUNT(*) AS votes
    FROM votes
    WHERE poll = :poll
      AND voted_at >= :from
      AND voted_at < :to
      AND arrived_at >= DATEADD(minute, -1, :from)
      AND arrived_at < DATEADD(day, 6, :to)
      AND (:colours IS NULL OR colour IN (:colours))
      AND (:regions IS NULL OR region IN (:regions))
    GROUP BY 1, 2
) AS stretches
ORDER BY from_time, colour;

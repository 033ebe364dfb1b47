-- Which devices voted most?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes cast at or after this moment, UTC
-- :to time 9999-12-31 | Votes cast before this moment, UTC
-- :colours texts - | Only these colours; none: all
-- :regions texts - | Only these regions; none: all
-- :limit integer 20 | Places on the board
-- chart bar device_id votes
SELECT
    RANK() OVER (ORDER BY votes DESC) AS place,
    device_id,
    votes,
    first_vote,
    last_vote
FROM (
    SELECT
        device_id,
        COUNT(*)      AS votes,
        MIN(voted_at) AS first_vote,
        MAX(voted_at) AS last_vote
    FROM votes
    WHERE poll = :poll
      AND voted_at >= :from
      AND voted_at < :to
      AND arrived_at >= DATEADD(minute, -1, :from)
      AND arrived_at < DATEADD(day, 6, :to)
      AND (:colours IS NULL OR colour IN (:colours))
      AND (:regions IS NULL OR region IN (:regions))
    GROUP BY device_id
) AS devices
ORDER BY votes DESC, device_id
LIMIT :limit;

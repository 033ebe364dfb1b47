-- How many votes did each colour get, minute by minute?
-- :poll text cube | Poll
-- :from time 1970-01-01 | Votes cast at or after this moment, UTC
-- :to time 9999-12-31 | Votes cast before this moment, UTC
-- :colours texts - | Only these colours; none: all
-- :regions texts - | Only these regions; none: all
-- chart line minute votes colour
SELECT DATE_TRUNC('minute', voted_at) AS minute, colour, COUNT(*) AS votes
FROM votes
WHERE poll = :poll
  AND voted_at >= :from
  AND voted_at < :to
  AND arrived_at >= DATEADD(minute, -1, :from)
  AND arrived_at < DATEADD(day, 6, :to)
  AND (:colours IS NULL OR colour IN (:colours))
  AND (:regions IS NULL OR region IN (:regions))
GROUP BY 1, 2
ORDER BY 1, 2;

-- Votes that count, by poll, day of casting and colour.
CREATE OR REPLACE VIEW votes_by_day AS
SELECT poll, DATE_TRUNC('day', voted_at) AS day, colour, COUNT(*) AS votes
FROM votes
GROUP BY 1, 2, 3;

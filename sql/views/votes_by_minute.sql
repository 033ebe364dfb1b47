-- Votes that count, by poll, minute of casting and colour.
CREATE OR REPLACE VIEW votes_by_minute AS
SELECT poll, DATE_TRUNC('minute', voted_at) AS minute, colour, COUNT(*) AS votes
FROM votes
GROUP BY 1, 2, 3;

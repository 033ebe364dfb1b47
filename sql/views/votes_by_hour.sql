-- Votes that count, by poll, hour of casting and colour.
CREATE OR REPLACE VIEW votes_by_hour AS
SELECT poll, DATE_TRUNC('hour', voted_at) AS hour, colour, COUNT(*) AS votes
FROM votes
GROUP BY 1, 2, 3;

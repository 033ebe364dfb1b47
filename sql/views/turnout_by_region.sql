-- Votes and devices, by poll and region.
CREATE OR REPLACE VIEW turnout_by_region AS
SELECT poll, region, COUNT(*) AS votes, COUNT(DISTINCT device_id) AS devices
FROM votes
GROUP BY poll, region;

-- Bring the rollup (rollups/votes_hourly.sql) up to what is loaded.
REFRESH MATERIALIZED VIEW votes_hourly;

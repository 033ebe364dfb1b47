-- Give back the space of deleted rows, sort what came late, and count again for the planner.
-- Redshift does all this by itself when it is idle; by hand it pays after a retention run, or where
-- table_health.sql shows over 5 % unsorted rows or stale statistics. Loads come in about the order of
-- the sort key (arrived_at), so little is ever unsorted. VACUUM runs outside of transactions.
VACUUM DELETE ONLY votes;

VACUUM SORT ONLY votes;

VACUUM DELETE ONLY parked_votes;

VACUUM DELETE ONLY duplicate_votes;

VACUUM DELETE ONLY load_lines;

ANALYZE votes;

ANALYZE parked_votes;

-- Forget what arrived before a moment: votes, parked lines, duplicates, and the loads' counts of them.
-- :before time required | Rows that arrived before this moment go, by whole minutes
-- Eight days stay, whatever is asked: a load looks that far back for a vote's identity, and would
-- count a late copy of a vote that is gone. Rules, and the manifest of merged objects, stay for ever.
--
-- For an installation of some hundred million rows. DELETE marks rows; vacuum.sql gives their space
-- back. With more rows, move what is older than eight days to a table a month, and drop whole months:
--     CREATE TABLE votes_2026_10 (LIKE votes);
--     BEGIN;
--     INSERT INTO votes_2026_10 SELECT * FROM votes
--         WHERE arrived_at >= '2026-10-01' AND arrived_at < '2026-11-01';
--     DELETE FROM votes WHERE arrived_at >= '2026-10-01' AND arrived_at < '2026-11-01';
--     COMMIT;
--     CREATE OR REPLACE VIEW votes_ever AS SELECT * FROM votes UNION ALL SELECT * FROM votes_2026_10;
BEGIN;

DELETE FROM votes
WHERE arrived_at < DATE_TRUNC('minute', LEAST(:before, DATEADD(day, -8, GETDATE())));

DELETE FROM parked_votes
WHERE arrived_at < DATE_TRUNC('minute', LEAST(:before, DATEADD(day, -8, GETDATE())));

DELETE FROM duplicate_votes
WHERE arrived_at < DATE_TRUNC('minute', LEAST(:before, DATEADD(day, -8, GETDATE())));

DELETE FROM load_lines
WHERE minute < DATE_TRUNC('minute', LEAST(:before, DATEADD(day, -8, GETDATE())));

COMMIT;

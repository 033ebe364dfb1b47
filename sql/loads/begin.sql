-- Opens a load. One load at a time: Redshift's snapshot isolation would let two merges run side by
-- side, neither seeing the other's rows. Then the manifest is asked: an object that was merged before
-- makes this statement fail (division by zero), and with it the whole load.
LOCK TABLE loaded_objects;

SELECT 1 / (CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) AS not_loaded_before
FROM loaded_objects
WHERE object_key IN (${object_keys});

DROP TABLE IF EXISTS incoming;

CREATE TEMP TABLE incoming (LIKE landing);

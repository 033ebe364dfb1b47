-- No object of the lake was merged twice.
SELECT object_key, COUNT(*) AS loads
FROM loaded_objects
GROUP BY object_key
HAVING COUNT(*) > 1
ORDER BY object_key;

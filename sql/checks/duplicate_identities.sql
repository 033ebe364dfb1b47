-- No two votes have one identity (poll, device, number): nothing is counted twice.
SELECT poll, device_id, seq, COUNT(*) AS rows_found
FROM votes
GROUP BY poll, device_id, seq
HAVING COUNT(*) > 1
ORDER BY poll, device_id, seq;

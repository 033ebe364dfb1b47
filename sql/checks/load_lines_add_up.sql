-- Every line that a load delivered is counted, parked, a duplicate or a redelivery.
SELECT load_id, poll, minute, delivered, counted, parked, duplicate, redelivered
FROM load_lines
WHERE delivered <> counted + parked + duplicate + redelivered
ORDER BY load_id, poll, minute;

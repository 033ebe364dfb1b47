-- Poll rules that the warehouse does not know yet. Versions never change, so a second insert of one is
-- left out; the lock keeps two loads from adding the same one.
LOCK TABLE loaded_objects;

INSERT INTO palettes (poll, version, place, colour)
SELECT r.poll, r.version, r.place, r.colour
FROM (${colours}) AS r
LEFT JOIN polls AS p ON p.poll = r.poll AND p.version = r.version
WHERE p.poll IS NULL;

INSERT INTO polls (poll, version, effective_at, opens_at, closes_at)
SELECT r.poll, r.version, r.effective_at, r.opens_at, r.closes_at
FROM (${versions}) AS r
LEFT JOIN polls AS p ON p.poll = r.poll AND p.version = r.version
WHERE p.poll IS NULL;

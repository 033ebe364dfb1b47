-- The manifest's rows, in the same transaction as the votes they stand for.
INSERT INTO loaded_objects (object_key, load_id, bytes, loaded_at)
VALUES ${objects};

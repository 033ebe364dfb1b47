-- The manifest: one row for each object of the lake that has been merged, written in the merge's own
-- transaction. A second load of an object meets its row and is refused.
CREATE TABLE IF NOT EXISTS loaded_objects (
    object_key VARCHAR(1024) NOT NULL ENCODE zstd,
    load_id    VARCHAR(64)   NOT NULL ENCODE zstd,
    bytes      BIGINT        NOT NULL ENCODE az64,
    loaded_at  TIMESTAMP     NOT NULL ENCODE raw
)
DISTSTYLE AUTO
COMPOUND SORTKEY (loaded_at);

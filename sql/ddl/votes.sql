-- One row for each vote that counts, whatever was sent or delivered twice: (poll, device_id, seq) is
-- a vote's identity. Redshift does not enforce keys; the merge (sql/loads/) does.
--
-- SORTKEY arrived_at: time-series data, loaded in about that order, so that VACUUM has little to do
-- and a range of time reads only its blocks. DISTKEY device_id: many values, no skew, and the merge
-- finds a vote's identity on one node.
CREATE TABLE IF NOT EXISTS votes (
    poll              VARCHAR(64)   NOT NULL ENCODE zstd,
    device_id         VARCHAR(256)  NOT NULL ENCODE zstd,
    seq               BIGINT        NOT NULL ENCODE az64,
    colour            VARCHAR(256)  NOT NULL ENCODE zstd,
    voted_at          TIMESTAMP     NOT NULL ENCODE az64,
    region            VARCHAR(256)  NOT NULL ENCODE zstd,
    arrived_at        TIMESTAMP     NOT NULL ENCODE raw,
    sequence_number   VARCHAR(128)  NOT NULL ENCODE zstd,
    subsequence       INTEGER       NOT NULL ENCODE az64,
    line              INTEGER       NOT NULL ENCODE az64,
    producer          VARCHAR(64)            ENCODE zstd,
    lane              SMALLINT               ENCODE az64,
    number            BIGINT                 ENCODE az64,
    extra             VARCHAR(4096)          ENCODE zstd,
    transform_version SMALLINT      NOT NULL ENCODE az64
)
DISTKEY (device_id)
COMPOUND SORTKEY (arrived_at);

-- Lines that say again what a counted vote said, sent as lines of their own. A line that was only
-- delivered again (a retry, a batch put twice) has the line_id of one that is here already, and is
-- not kept.
CREATE TABLE IF NOT EXISTS duplicate_votes (
    line_id           VARCHAR(256)  NOT NULL ENCODE zstd,
    poll              VARCHAR(64)   NOT NULL ENCODE zstd,
    device_id         VARCHAR(256)  NOT NULL ENCODE zstd,
    seq               BIGINT        NOT NULL ENCODE az64,
    arrived_at        TIMESTAMP     NOT NULL ENCODE raw
)
DISTSTYLE AUTO
COMPOUND SORTKEY (arrived_at);

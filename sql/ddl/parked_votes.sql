-- Lines that do not count, each with its reason: from the transform (bytes that are no vote, times
-- that cannot be) and from the merge (unknown poll or colour, closed poll, identity_conflict).
-- poll is '-' where the line names no poll that existed. line_id names a line wherever it travelled:
-- producer/lane/number/line of a stamped batch, else sequence_number/subsequence/line.
CREATE TABLE IF NOT EXISTS parked_votes (
    line_id           VARCHAR(256)  NOT NULL ENCODE zstd,
    parked_reason     VARCHAR(32)   NOT NULL ENCODE zstd,
    poll              VARCHAR(64)   NOT NULL ENCODE zstd,
    device_id         VARCHAR(256)           ENCODE zstd,
    seq               BIGINT                 ENCODE az64,
    colour            VARCHAR(256)           ENCODE zstd,
    voted_at          TIMESTAMP              ENCODE az64,
    region            VARCHAR(256)           ENCODE zstd,
    arrived_at        TIMESTAMP     NOT NULL ENCODE raw,
    sequence_number   VARCHAR(128)  NOT NULL ENCODE zstd,
    subsequence       INTEGER       NOT NULL ENCODE az64,
    line              INTEGER       NOT NULL ENCODE az64,
    producer          VARCHAR(64)            ENCODE zstd,
    lane              SMALLINT               ENCODE az64,
    number            BIGINT                 ENCODE az64,
    extra             VARCHAR(4096)          ENCODE zstd,
    raw               VARCHAR(32000)         ENCODE zstd,
    transform_version SMALLINT      NOT NULL ENCODE az64
)
DISTSTYLE AUTO
COMPOUND SORTKEY (arrived_at);

-- Rows as Firehose delivers them, before they are judged and merged. The columns are those of a row
-- of the lake (core/row.py). A load reads rows into a temporary table of this shape; with
-- HistoryLoad=firehose, Firehose copies into this table itself and the load moves them on.
CREATE TABLE IF NOT EXISTS landing (
    arrived_at        TIMESTAMP     NOT NULL ENCODE az64,
    sequence_number   VARCHAR(128)  NOT NULL ENCODE zstd,
    subsequence       INTEGER       NOT NULL ENCODE az64,
    line              INTEGER       NOT NULL ENCODE az64,
    transform_version SMALLINT      NOT NULL ENCODE az64,
    producer          VARCHAR(64)            ENCODE zstd,
    lane              SMALLINT               ENCODE az64,
    number            BIGINT                 ENCODE az64,
    poll              VARCHAR(64)            ENCODE zstd,
    device_id         VARCHAR(256)           ENCODE zstd,
    seq               BIGINT                 ENCODE az64,
    colour            VARCHAR(256)           ENCODE zstd,
    voted_at          TIMESTAMP              ENCODE az64,
    region            VARCHAR(256)           ENCODE zstd,
    extra             VARCHAR(4096)          ENCODE zstd,
    parked_reason     VARCHAR(32)            ENCODE zstd,
    raw               VARCHAR(32000)         ENCODE zstd
)
DISTSTYLE EVEN;

-- What each load did, by poll and minute of arrival: the ledger's own count, made inside the load.
-- delivered = counted + parked + duplicate + redelivered. poll is '-' for lines that name none.
CREATE TABLE IF NOT EXISTS load_lines (
    load_id     VARCHAR(64) NOT NULL ENCODE zstd,
    loaded_at   TIMESTAMP   NOT NULL ENCODE raw,
    poll        VARCHAR(64) NOT NULL ENCODE zstd,
    minute      TIMESTAMP   NOT NULL ENCODE az64,
    delivered   BIGINT      NOT NULL ENCODE az64,
    counted     BIGINT      NOT NULL ENCODE az64,
    parked      BIGINT      NOT NULL ENCODE az64,
    duplicate   BIGINT      NOT NULL ENCODE az64,
    redelivered BIGINT      NOT NULL ENCODE az64
)
DISTSTYLE AUTO
COMPOUND SORTKEY (loaded_at);

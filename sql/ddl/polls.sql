-- Every version of every poll's rules: a version judges arrivals from effective_at until the next
-- version's. Small, so every node holds all of it.
CREATE TABLE IF NOT EXISTS polls (
    poll         VARCHAR(64) NOT NULL,
    version      INTEGER     NOT NULL,
    effective_at TIMESTAMP   NOT NULL,
    opens_at     TIMESTAMP,
    closes_at    TIMESTAMP
)
DISTSTYLE ALL
SORTKEY (poll, version);

-- The colours of each version of a poll's rules, in the palette's order (place counts from 0).
CREATE TABLE IF NOT EXISTS palettes (
    poll    VARCHAR(64)  NOT NULL,
    version INTEGER      NOT NULL,
    place   SMALLINT     NOT NULL,
    colour  VARCHAR(256) NOT NULL
)
DISTSTYLE ALL
SORTKEY (poll, version);

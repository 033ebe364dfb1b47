-- incoming -> votes, parked_votes, duplicate_votes, load_lines. Each line counts once, however often
-- and by whichever way it was delivered.
--
-- A line is known by (source, part, batch, line): producer, lane, number of a stamped batch, which is
-- the same wherever and whenever the batch travelled; else the record's sequence and subsequence.

-- How far back what is known is asked: seven days, as long as the live path remembers a vote's identity
-- (core/limits.py). It bounds what a load reads, however large history has become.
CREATE TEMP TABLE since AS
SELECT DATEADD(day, -7, MIN(arrived_at)) AS at FROM incoming;

-- 1. Judge every row by the rules in effect when it arrived: the same verdicts, in the same order, as
--    the live path gives (core/verdict.py).
CREATE TEMP TABLE judged AS
SELECT
    i.*,
    COALESCE(i.producer, i.sequence_number)                     AS source,
    COALESCE(CAST(i.lane AS INTEGER), i.subsequence)            AS part,
    COALESCE(i.number, -1)                                      AS batch,
    COALESCE(p.poll, '-')                                       AS ledger_poll,
    DATE_TRUNC('minute', i.arrived_at)                          AS minute,
    COALESCE(
        i.parked_reason,
        CASE
            WHEN p.poll IS NULL THEN 'unknown_poll'
            WHEN i.voted_at < p.opens_at THEN 'closed_poll'
            WHEN i.voted_at >= p.closes_at THEN 'closed_poll'
            WHEN c.colour IS NULL THEN 'unknown_colour'
        END
    )                                                           AS reason
FROM incoming AS i
LEFT JOIN (
    SELECT
        poll, version, effective_at, opens_at, closes_at,
        LEAD(effective_at) OVER (PARTITION BY poll ORDER BY version) AS ends_at
    FROM polls
) AS p
    ON p.poll = i.poll
    AND p.effective_at <= i.arrived_at
    AND (p.ends_at IS NULL OR i.arrived_at < p.ends_at)
LEFT JOIN palettes AS c
    ON c.poll = p.poll AND c.version = p.version AND c.colour = i.colour;

-- 2. Lines that do not count: parked, unless the line is known. It is, when it comes a second time,
--    when it was parked or found to be a duplicate before, or when an earlier copy of its batch
--    counted (a copy may be too old).
CREATE TEMP TABLE stopped AS
SELECT
    q.*,
    CASE
        WHEN q.copy = 1 AND e.line IS NULL AND v.line IS NULL AND k.line IS NULL
            AND d.line_id IS NULL THEN 'parked'
        ELSE 'redelivered'
    END AS outcome
FROM (
    SELECT
        j.*,
        source || '/' || CAST(part AS VARCHAR(20))
            || CASE WHEN batch >= 0 THEN '/' || CAST(batch AS VARCHAR(20)) ELSE '' END
            || '/' || CAST(line AS VARCHAR(20)) AS line_id,
        ROW_NUMBER() OVER (
            PARTITION BY source, part, batch, line
            ORDER BY arrived_at, LEN(sequence_number), sequence_number
        ) AS copy
    FROM judged AS j
    WHERE reason IS NOT NULL
) AS q
LEFT JOIN (
    SELECT source, part, batch, line, MIN(arrived_at) AS arrived_at
    FROM judged
    WHERE reason IS NULL AND number IS NOT NULL
    GROUP BY source, part, batch, line
) AS e
    ON e.source = q.source AND e.part = q.part AND e.batch = q.batch AND e.line = q.line
    AND e.arrived_at <= q.arrived_at
LEFT JOIN (SELECT * FROM votes WHERE arrived_at >= (SELECT at FROM since)) AS v
    ON v.producer = q.producer AND v.lane = q.lane AND v.number = q.number AND v.line = q.line
LEFT JOIN (SELECT * FROM parked_votes WHERE arrived_at >= (SELECT at FROM since)) AS k
    ON COALESCE(k.producer, k.sequence_number) = q.source
    AND COALESCE(CAST(k.lane AS INTEGER), k.subsequence) = q.part
    AND COALESCE(k.number, -1) = q.batch
    AND k.line = q.line
LEFT JOIN duplicate_votes AS d
    ON d.line_id = q.line_id;

-- 3. Votes that may count. The first of an identity does, by (arrival, sequence number, line), unless
--    one was loaded before.
CREATE TEMP TABLE candidates AS
SELECT
    q.*,
    CASE
        WHEN q.known_line THEN 'redelivered'
        WHEN q.nth = 1 AND v.poll IS NULL THEN 'counted'
        ELSE 'again'
    END AS outcome
FROM (
    SELECT
        l.*,
        ROW_NUMBER() OVER (
            PARTITION BY poll, device_id, seq, known_line
            ORDER BY arrived_at, LEN(sequence_number), sequence_number, subsequence, line
        ) AS nth
    FROM (
        SELECT j.*, (s.line IS NOT NULL OR k.line IS NOT NULL) AS known_line
        FROM judged AS j
        LEFT JOIN stopped AS s
            ON s.source = j.source AND s.part = j.part AND s.batch = j.batch AND s.line = j.line
            AND s.outcome = 'parked'
        LEFT JOIN (SELECT * FROM parked_votes WHERE arrived_at >= (SELECT at FROM since)) AS k
            ON COALESCE(k.producer, k.sequence_number) = j.source
            AND COALESCE(CAST(k.lane AS INTEGER), k.subsequence) = j.part
            AND COALESCE(k.number, -1) = j.batch
            AND k.line = j.line
        WHERE j.reason IS NULL
    ) AS l
) AS q
LEFT JOIN (SELECT * FROM votes WHERE arrived_at >= (SELECT at FROM since)) AS v
    ON v.poll = q.poll AND v.device_id = q.device_id AND v.seq = q.seq;

INSERT INTO votes (
    poll, device_id, seq, colour, voted_at, region, arrived_at, sequence_number, subsequence, line,
    producer, lane, number, extra, transform_version
)
SELECT
    poll, device_id, seq, colour, voted_at, region, arrived_at, sequence_number, subsequence, line,
    producer, lane, number, extra, transform_version
FROM candidates
WHERE outcome = 'counted';

-- 4. What says an identity again: the same line once more is a redelivery; another line that says the
--    same is a duplicate; one that says something else is a conflict, and parked.
CREATE TEMP TABLE repeats AS
SELECT
    q.*,
    CASE
        WHEN q.copy > 1 OR d.line_id IS NOT NULL THEN 'redelivered'
        WHEN COALESCE(v.producer, v.sequence_number) = q.source
            AND COALESCE(CAST(v.lane AS INTEGER), v.subsequence) = q.part
            AND COALESCE(v.number, -1) = q.batch
            AND v.line = q.line THEN 'redelivered'
        WHEN v.colour = q.colour AND v.voted_at = q.voted_at AND v.region = q.region THEN 'duplicate'
        ELSE 'parked'
    END AS became
FROM (
    SELECT
        c.*,
        source || '/' || CAST(part AS VARCHAR(20))
            || CASE WHEN batch >= 0 THEN '/' || CAST(batch AS VARCHAR(20)) ELSE '' END
            || '/' || CAST(line AS VARCHAR(20)) AS line_id,
        ROW_NUMBER() OVER (
            PARTITION BY source, part, batch, line
            ORDER BY arrived_at, LEN(sequence_number), sequence_number
        ) AS copy
    FROM candidates AS c
    WHERE outcome = 'again'
) AS q
INNER JOIN (SELECT * FROM votes WHERE arrived_at >= (SELECT at FROM since)) AS v
    ON v.poll = q.poll AND v.device_id = q.device_id AND v.seq = q.seq
LEFT JOIN duplicate_votes AS d
    ON d.line_id = q.line_id;

INSERT INTO duplicate_votes (line_id, poll, device_id, seq, arrived_at)
SELECT line_id, poll, device_id, seq, arrived_at
FROM repeats
WHERE became = 'duplicate';

INSERT INTO parked_votes (
    line_id, parked_reason, poll, device_id, seq, colour, voted_at, region, arrived_at,
    sequence_number, subsequence, line, producer, lane, number, extra, raw, transform_version
)
SELECT
    line_id, reason, ledger_poll, device_id, seq, colour, voted_at, region, arrived_at,
    sequence_number, subsequence, line, producer, lane, number, extra, raw, transform_version
FROM stopped
WHERE outcome = 'parked'
UNION ALL
SELECT
    line_id, 'identity_conflict', poll, device_id, seq, colour, voted_at, region, arrived_at,
    sequence_number, subsequence, line, producer, lane, number, extra, raw, transform_version
FROM repeats
WHERE became = 'parked';

-- 5. The ledger's own count of what this load did.
INSERT INTO load_lines (
    load_id, loaded_at, poll, minute, delivered, counted, parked, duplicate, redelivered
)
SELECT
    '${load_id}', GETDATE(), poll, minute,
    SUM(delivered), SUM(counted), SUM(parked), SUM(duplicate), SUM(redelivered)
FROM (
    SELECT
        ledger_poll AS poll, minute, COUNT(*) AS delivered,
        0 AS counted, 0 AS parked, 0 AS duplicate, 0 AS redelivered
    FROM judged
    GROUP BY ledger_poll, minute
    UNION ALL
    SELECT
        ledger_poll, minute, 0,
        SUM(CASE WHEN outcome = 'counted' THEN 1 ELSE 0 END), 0, 0,
        SUM(CASE WHEN outcome = 'redelivered' THEN 1 ELSE 0 END)
    FROM candidates
    GROUP BY ledger_poll, minute
    UNION ALL
    SELECT
        ledger_poll, minute, 0, 0,
        SUM(CASE WHEN outcome = 'parked' THEN 1 ELSE 0 END), 0,
        SUM(CASE WHEN outcome = 'redelivered' THEN 1 ELSE 0 END)
    FROM stopped
    GROUP BY ledger_poll, minute
    UNION ALL
    SELECT
        ledger_poll, minute, 0, 0,
        SUM(CASE WHEN became = 'parked' THEN 1 ELSE 0 END),
        SUM(CASE WHEN became = 'duplicate' THEN 1 ELSE 0 END),
        SUM(CASE WHEN became = 'redelivered' THEN 1 ELSE 0 END)
    FROM repeats
    GROUP BY ledger_poll, minute
) AS counts
GROUP BY poll, minute;

-- Every vote keeps the rules of its poll that were in effect when it arrived (core/verdict.py).
SELECT
    v.poll,
    v.device_id,
    v.seq,
    CASE
        WHEN v.voted_at < DATEADD(day, -6, v.arrived_at) THEN 'too_old'
        WHEN v.voted_at > DATEADD(minute, 1, v.arrived_at) THEN 'future_vote'
        WHEN p.poll IS NULL THEN 'unknown_poll'
        WHEN v.voted_at < p.opens_at OR v.voted_at >= p.closes_at THEN 'closed_poll'
        ELSE 'unknown_colour'
    END AS broken_rule
FROM votes AS v
LEFT JOIN (
    SELECT
        poll, version, effective_at, opens_at, closes_at,
        LEAD(effective_at) OVER (PARTITION BY poll ORDER BY version) AS ends_at
    FROM polls
) AS p
    ON p.poll = v.poll
    AND p.effective_at <= v.arrived_at
    AND (p.ends_at IS NULL OR v.arrived_at < p.ends_at)
LEFT JOIN palettes AS c
    ON c.poll = p.poll AND c.version = p.version AND c.colour = v.colour
WHERE v.voted_at < DATEADD(day, -6, v.arrived_at)
   OR v.voted_at > DATEADD(minute, 1, v.arrived_at)
   OR p.poll IS NULL
   OR v.voted_at < p.opens_at
   OR v.voted_at >= p.closes_at
   OR c.colour IS NULL
ORDER BY v.poll, v.device_id, v.seq;

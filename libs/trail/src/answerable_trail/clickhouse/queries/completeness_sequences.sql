-- title: Sequences
-- answers: Did every message that a service numbered arrive, once? `missing` runs from number `first` to `last` of a producer, one run of a service; `reused` is a number that several events have. The newest thousand or so numbers of a run that was killed may be missing.
-- parameter since DateTime = 1970-01-01 00:00:00: only numbers recorded at or after this moment (UTC)
WITH numbered AS (
    SELECT producer, number FROM trace.events WHERE number > 0 AND recorded_at >= {since:DateTime}
    UNION ALL
    SELECT producer, number FROM trace.expired WHERE number > 0 AND recorded_at >= {since:DateTime}
),
blocks AS (
    SELECT producer, intDiv(number, 65536) AS block, count() AS written, groupBitmap(number) AS present,
           min(number) AS low, max(number) AS high
    FROM numbered
    GROUP BY producer, block
)
SELECT problem, producer, first, last FROM (
SELECT 'missing' AS problem, producer, previous + 1 AS first, low - 1 AS last
FROM (SELECT producer, low, lagInFrame(high, 1, 0) OVER (PARTITION BY producer ORDER BY block) AS previous FROM blocks)
WHERE previous > 0 AND low > previous + 1
UNION ALL
SELECT 'missing' AS problem, producer, previous + 1 AS first, number - 1 AS last
FROM (
    SELECT producer, number,
           lagInFrame(number, 1, 0) OVER (PARTITION BY producer, intDiv(number, 65536) ORDER BY number) AS previous
    FROM (
        SELECT DISTINCT producer, number
        FROM numbered
        WHERE (producer, intDiv(number, 65536)) IN (
            SELECT producer, block FROM blocks WHERE present != high - low + 1)
    )
)
WHERE previous > 0 AND number > previous + 1
UNION ALL
SELECT 'reused' AS problem, producer, number AS first, number AS last
FROM trace.events
WHERE number > 0 AND recorded_at >= {since:DateTime} AND (producer, intDiv(number, 65536)) IN (
    SELECT producer, block FROM blocks WHERE written != present)
GROUP BY producer, number
HAVING uniqExact(event_id) > 1
)
ORDER BY problem, producer, first;

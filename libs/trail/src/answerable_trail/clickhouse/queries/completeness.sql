-- title: Completeness
-- answers: Is every offset of every partition recorded, with one content? No rows: yes. `missing` runs from `first` to `second`; for `conflict` `second` is the number of different contents at position `first`.
-- Offsets are counted in blocks of 65536, a bit each; only blocks that do not come out even are looked into. What
-- retention emptied was recorded.
WITH positions AS (
    SELECT epoch, topic, partition, offset FROM trace.events
    UNION ALL
    SELECT epoch, topic, partition, offset FROM trace.expired
),
blocks AS (
    SELECT epoch, topic, partition, intDiv(offset, 65536) AS block, count() AS written, groupBitmap(offset) AS present,
           toInt64(min(offset)) AS low, toInt64(max(offset)) AS high
    FROM positions
    GROUP BY epoch, topic, partition, block
)
SELECT problem, epoch, topic, partition, first, second FROM (
SELECT 'missing' AS problem, epoch, topic, partition, previous + 1 AS first, low - 1 AS second
FROM (
    SELECT epoch, topic, partition, low,
           lagInFrame(high, 1, -1) OVER (PARTITION BY epoch, topic, partition ORDER BY block) AS previous
    FROM blocks
)
WHERE low > previous + 1
UNION ALL
SELECT 'missing' AS problem, epoch, topic, partition, previous + 1 AS first, place - 1 AS second
FROM (
    SELECT epoch, topic, partition, place,
           lagInFrame(place, 1, -1) OVER (PARTITION BY epoch, topic, partition, intDiv(place, 65536) ORDER BY place) AS previous
    FROM (
        SELECT DISTINCT epoch, topic, partition, toInt64(offset) AS place
        FROM positions
        WHERE (epoch, topic, partition, intDiv(offset, 65536)) IN (
            SELECT epoch, topic, partition, block FROM blocks WHERE toInt64(present) != high - low + 1)
    )
)
WHERE previous >= 0 AND place > previous + 1
UNION ALL
SELECT 'conflict' AS problem, epoch, topic, partition, toInt64(offset) AS first,
       toInt64(uniqExact(tenant, request_id, body_sha256, key, cityHash64(headers))) AS second
FROM trace.events
WHERE erased_leaf = '' AND (epoch, topic, partition, intDiv(offset, 65536)) IN (
    SELECT epoch, topic, partition, block FROM blocks WHERE written != present)
GROUP BY epoch, topic, partition, offset
HAVING second > 1
)
ORDER BY problem, epoch, topic, partition, first;

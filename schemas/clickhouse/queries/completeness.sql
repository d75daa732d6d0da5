-- title: Completeness
-- answers: Is every offset of every partition recorded exactly once? No rows: yes. `missing` runs from `first` to `second`; for `conflict` `second` is the number of different contents at position `first`.
WITH positions AS (
    SELECT epoch, topic, partition, offset, uniqExact(tenant, request_id, body_sha256) AS contents
    FROM trace.events
    GROUP BY epoch, topic, partition, offset
)
SELECT 'missing' AS problem, epoch, topic, partition, previous + 1 AS first, offset - 1 AS second
FROM (
    SELECT epoch, topic, partition, toInt64(offset) AS offset,
           lagInFrame(offset, 1, -1) OVER (PARTITION BY epoch, topic, partition ORDER BY offset) AS previous
    FROM (SELECT epoch, topic, partition, toInt64(offset) AS offset FROM positions)
)
WHERE offset > previous + 1
UNION ALL
SELECT 'conflict' AS problem, epoch, topic, partition, toInt64(offset) AS first, toInt64(contents) AS second
FROM positions
WHERE contents > 1
ORDER BY problem, epoch, topic, partition, first;

-- title: Completeness
-- answers: Is every offset of every partition recorded, with one content? No rows: yes. `missing` runs from `first` to `second`; for `conflict` `second` is the number of different contents at position `first`.
WITH suspects AS (
    SELECT epoch, topic, partition
    FROM trace.events
    GROUP BY epoch, topic, partition
    HAVING uniqExact(offset) != max(offset) + 1
        OR uniqExact(offset, tenant, request_id, body_sha256) != uniqExact(offset)
),
positions AS (
    SELECT epoch, topic, partition, toInt64(offset) AS place, uniqExact(tenant, request_id, body_sha256) AS contents
    FROM trace.events
    WHERE (epoch, topic, partition) IN (SELECT epoch, topic, partition FROM suspects)
    GROUP BY epoch, topic, partition, place
)
SELECT 'missing' AS problem, epoch, topic, partition, previous + 1 AS first, place - 1 AS second
FROM (
    SELECT epoch, topic, partition, place,
           lagInFrame(place, 1, -1) OVER (PARTITION BY epoch, topic, partition ORDER BY place) AS previous
    FROM positions
)
WHERE place > previous + 1
UNION ALL
SELECT 'conflict' AS problem, epoch, topic, partition, place AS first, toInt64(contents) AS second
FROM positions
WHERE contents > 1
ORDER BY problem, epoch, topic, partition, first;

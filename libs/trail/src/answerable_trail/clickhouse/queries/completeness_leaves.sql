-- title: Leaves
-- answers: Does every tree have all leaves that its newest checkpoint is over? No rows: yes. Leaves from `first` to `last` are missing in the tree of `tenant` and `shard`.
WITH signed AS (
    SELECT tenant, shard, size FROM trace.checkpoints ORDER BY seal DESC, size DESC LIMIT 1 BY tenant, shard
),
blocks AS (
    SELECT tenant, shard, intDiv(leaf_index, 65536) AS block, toInt64(groupBitmap(leaf_index)) AS present,
           toInt64(min(leaf_index)) AS low, toInt64(max(leaf_index)) AS high
    FROM trace.leaves AS leaves
    INNER JOIN signed USING (tenant, shard)
    WHERE leaf_index < size
    GROUP BY tenant, shard, block
)
SELECT tenant, shard, first, last FROM (
SELECT tenant, shard, previous + 1 AS first, low - 1 AS last
FROM (
    SELECT tenant, shard, low, lagInFrame(high, 1, -1) OVER (PARTITION BY tenant, shard ORDER BY low, high) AS previous
    FROM (
        SELECT tenant, shard, low, high FROM blocks
        UNION ALL
        SELECT tenant, shard, toInt64(size) AS low, toInt64(size) AS high FROM signed
    )
)
WHERE low > previous + 1
UNION ALL
SELECT tenant, shard, previous + 1 AS first, place - 1 AS last
FROM (
    SELECT tenant, shard, place,
           lagInFrame(place, 1, -1) OVER (PARTITION BY tenant, shard, intDiv(place, 65536) ORDER BY place) AS previous
    FROM (
        SELECT DISTINCT tenant, shard, toInt64(leaf_index) AS place
        FROM trace.leaves AS leaves
        INNER JOIN signed USING (tenant, shard)
        WHERE leaf_index < size AND (tenant, shard, intDiv(leaf_index, 65536)) IN (
            SELECT tenant, shard, block FROM blocks WHERE present != high - low + 1)
    )
)
WHERE previous >= 0 AND place > previous + 1
)
ORDER BY tenant, shard, first;

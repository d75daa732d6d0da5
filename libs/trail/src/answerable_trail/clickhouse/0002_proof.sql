-- The proof: the leaves of each tree in their order, who may write a tree, and what was signed.
--
-- Nothing follows trace.events within an insert: every materialized view costs each insert, however small, 8 ms of
-- processor. Audit writes leaves of durable rows every few seconds, before it signs them; until then the rows have them.

CREATE TABLE IF NOT EXISTS trace.leaves
(
    tenant LowCardinality(String) COMMENT 'Whose tree; unknown for records that name no tenant',
    shard UInt16 COMMENT 'Which of the tenant\'s trees: the partition number of the records in it',
    leaf_index UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Place in the tree, from 0',
    leaf_hash FixedString(32) COMMENT 'RFC 6962 leaf hash',
    seal UInt64 CODEC(ZSTD(1)) COMMENT 'Token of the instance that sealed it; of two leaves at one place the higher one counts',
    epoch UInt32 CODEC(ZSTD(1)) COMMENT 'Where the record stands: incarnation of the partition',
    topic LowCardinality(String) COMMENT 'Where the record stands: topic',
    offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Where the record stands: offset',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'When: rows recorded well before then have their leaves here'
)
ENGINE = ReplacingMergeTree(seal)
ORDER BY (tenant, shard, leaf_index)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Leaves of the trees in order, some seconds behind the rows; what a checkpoint is over is always here';

CREATE TABLE IF NOT EXISTS trace.nodes
(
    tenant LowCardinality(String) COMMENT 'Whose tree',
    shard UInt16 COMMENT 'Which tree of the tenant',
    level UInt8 COMMENT 'The node is over 2^level leaves; from 8 up, what is below is quickly computed from leaves',
    node_index UInt64 COMMENT 'Its first leaf is node_index * 2^level',
    hash FixedString(32) COMMENT 'RFC 6962 hash of these leaves',
    seal UInt64 COMMENT 'Token of the instance that wrote it; of two the higher one counts'
)
ENGINE = ReplacingMergeTree(seal)
ORDER BY (tenant, shard, level, node_index)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Complete subtrees, so that a proof needs neither all leaves nor a tree in memory';

CREATE TABLE IF NOT EXISTS trace.claims
(
    shard UInt16 COMMENT 'Partition number: all trees of it have one writer',
    token UInt64 COMMENT 'Rises with every claim; the highest one may write, all others have been deposed',
    instance String COMMENT 'Which run of audit claimed it',
    claimed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When'
)
ENGINE = ReplacingMergeTree
ORDER BY (shard, token, instance)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Which instance of audit may write which trees';

CREATE TABLE IF NOT EXISTS trace.checkpoints
(
    tenant LowCardinality(String) COMMENT 'Whose tree',
    shard UInt16 COMMENT 'Which tree of the tenant',
    size UInt64 COMMENT 'Leaves in the tree',
    seal UInt64 COMMENT 'Token of the instance that signed',
    root FixedString(32) COMMENT 'RFC 6962 root hash of these leaves',
    frontier String COMMENT 'Roots of the complete subtrees on the right edge, so that the tree goes on without reading its leaves',
    note String COMMENT 'C2SP signed note, with the cosignatures of witnesses once they came',
    cosignatures UInt16 DEFAULT 0 COMMENT 'How many witnesses have signed',
    signed_at DateTime64(3, 'UTC') COMMENT 'When it was signed'
)
ENGINE = ReplacingMergeTree(cosignatures)
ORDER BY (tenant, shard, size, seal)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Signed checkpoints of the trees';

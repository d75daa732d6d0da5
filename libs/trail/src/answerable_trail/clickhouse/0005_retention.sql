-- How long a tenant's requests are kept, what must be kept whatever their age, and which positions were emptied.
--
-- Rows of the first two tables are never changed: a decision is taken back by a later one.

CREATE TABLE IF NOT EXISTS trace.retention
(
    tenant LowCardinality(String) COMMENT 'Whose requests',
    days UInt16 COMMENT 'Kept this many days after their newest record; the newest decision of a tenant counts',
    reason String COMMENT 'Why; never empty below 183 days',
    by String COMMENT 'Who decided',
    since DateTime64(3, 'UTC') COMMENT 'When'
)
ENGINE = MergeTree
ORDER BY (tenant, since)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Decisions about how long requests are kept; tenants that are not named here: 400 days';

CREATE TABLE IF NOT EXISTS trace.holds
(
    tenant LowCardinality(String) COMMENT 'All requests of this tenant; empty when one request is meant',
    request_id UUID COMMENT 'This request, of whichever tenant; nil when a tenant is meant',
    held Bool COMMENT 'True: must be kept from now on; false: need not any more. The newest row counts',
    reason String COMMENT 'Why; never empty',
    by String COMMENT 'Who decided',
    since DateTime64(3, 'UTC') COMMENT 'When'
)
ENGINE = MergeTree
ORDER BY (tenant, request_id, since)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Legal holds, set and released';

CREATE TABLE IF NOT EXISTS trace.expired
(
    epoch UInt32 CODEC(ZSTD(1)) COMMENT 'Position of a record that retention removed: incarnation of the partition',
    topic LowCardinality(String) COMMENT 'Position: topic',
    partition UInt16 CODEC(ZSTD(1)) COMMENT 'Position: partition',
    offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Position: offset',
    tenant LowCardinality(String) COMMENT 'Whose record it was',
    producer LowCardinality(String) COMMENT 'Which run of a service numbered it; empty when none did',
    number UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Its number in that run, or 0',
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'When it was recorded',
    expired_at DateTime('UTC') CODEC(ZSTD(1)) COMMENT 'When it was removed'
)
ENGINE = ReplacingMergeTree
ORDER BY (epoch, topic, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Positions and numbers that were recorded and are empty since; to tell them from records that never came';

-- The record of everything that happened: one row for every record of the log.
--
-- A writer gives place, identity (tenant, request_id, event_id, type, which are sealed too), key, headers, body and the seal
-- (leaf_index, leaf_hash, salt, seal). ClickHouse derives the other columns by the DEFAULT expressions below, so they
-- cannot disagree with the bytes.
--
-- Every statement may be repeated, also by two processes at once.

CREATE DATABASE IF NOT EXISTS trace;

CREATE TABLE IF NOT EXISTS trace.events
(
    epoch UInt32
        COMMENT 'Incarnation of the partition: rises when a broker lost its log and offsets began again at 0',
    topic LowCardinality(String)
        COMMENT 'Topic of the log, retry and dead-letter topics included',
    partition UInt16
        COMMENT 'Partition of the topic',
    offset UInt64
        COMMENT 'Place within the partition; (epoch, topic, partition, offset) is one record',
    log_time DateTime64(3, 'UTC')
        COMMENT 'Timestamp that the broker keeps for the record',
    key String CODEC(ZSTD(1))
        COMMENT 'Record key, bytes as received; empty when there was none',
    headers Array(Tuple(name String, value String)) CODEC(ZSTD(1))
        COMMENT 'Record headers, bytes as received, in their order',
    body String CODEC(ZSTD(3))
        COMMENT 'Record value, bytes as received; need not be JSON, nor text',
    body_sha256 FixedString(32) DEFAULT SHA256(body)
        COMMENT 'SHA-256 of body; what later events name in their ancestors',
    tenant LowCardinality(String)
        COMMENT 'Header ce_tenant; unknown when that is no tenant''s name',
    request_id UUID
        COMMENT 'The request, or what ties the events of one document together: header ce_correlationid, else the key, else nil',
    event_id UUID
        COMMENT 'Header ce_id: rows with the same id are copies of one event, of which the lowest offset counts; nil when illegible',
    type LowCardinality(String)
        COMMENT 'Header ce_type, for example io.answerable.question.asked.v1',
    event_time Nullable(DateTime64(6, 'UTC'))
        DEFAULT parseDateTime64BestEffortOrNull(arrayLast(h -> lower(h.1) = 'ce_time', headers).2, 6, 'UTC')
        COMMENT 'Header ce_time: when the writer says that it happened; NULL when illegible',
    source LowCardinality(String)
        DEFAULT toValidUTF8(arrayLast(h -> lower(h.1) = 'ce_source', headers).2)
        COMMENT 'Header ce_source: who wrote the event',
    subject String DEFAULT toValidUTF8(key) CODEC(ZSTD(1))
        COMMENT 'The key as text: request id or document id',
    ancestors Array(Tuple(event_id UUID, type String, sha256 String))
        DEFAULT JSONExtract(body, 'ancestors', 'Array(Tuple(event_id UUID, type String, sha256 String))') CODEC(ZSTD(1))
        COMMENT 'Every earlier event that this one rests on, with the SHA-256 of its body in hexadecimal; empty when the body is not JSON',
    producer LowCardinality(String)
        COMMENT 'Header ce_producerid: one run of one of this system\'s own services; else empty. Stays when headers are erased',
    number UInt64
        COMMENT 'Header ce_producerseq: counts the messages of the run from 1; else 0',
    leaf_index UInt64
        COMMENT 'Place in the tree of (tenant, partition); PROOF.md of libs/trail says what the tree is made of',
    leaf_hash FixedString(32)
        COMMENT 'RFC 6962 leaf hash over the canonical header of the record',
    salt FixedString(32)
        COMMENT 'Random; what the leaf says of key, headers and body is an HMAC with it. Zero once erased',
    seal UInt64
        COMMENT 'Token of the audit instance that sealed the row, 0 when nobody did; of two rows for a record the higher one counts',
    erased_leaf String CODEC(ZSTD(1))
        COMMENT 'Empty; for an erased record the canonical header that leaf_hash is over, while key, headers, body and salt are gone',
    recorded_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
        COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(seal)
PARTITION BY toYear(log_time)
ORDER BY (tenant, request_id, epoch, topic, partition, offset)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'The log as it was, one row for each record; repeated writes go with FINAL, or ORDER BY seal DESC LIMIT 1 BY epoch, topic, partition, offset';

CREATE TABLE IF NOT EXISTS trace.probes
(
    id UUID COMMENT 'Chosen by the process that checks',
    written_at DateTime('UTC') DEFAULT now('UTC') COMMENT 'When'
)
ENGINE = MergeTree
ORDER BY id
TTL written_at + INTERVAL 1 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Written and read back by every service that starts; holds nothing else';

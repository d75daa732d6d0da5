-- The numbers that services give their messages, kept apart: they are looked through every hour, and headers are erased.

CREATE TABLE IF NOT EXISTS trace.sequences
(
    producer LowCardinality(String) COMMENT 'Header ce_producerid: one run of one service',
    number UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Header ce_producerseq: counts the messages of the run from 1',
    event_id UUID COMMENT 'Which event has the number; copies of it have it too',
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'When the record was written; of copies, of the last one'
)
ENGINE = ReplacingMergeTree
ORDER BY (producer, number, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Numbers of the messages of this system''s own services, to find those that never arrived; may repeat itself';

CREATE MATERIALIZED VIEW IF NOT EXISTS trace.sequences_feed TO trace.sequences AS
SELECT
    left(toValidUTF8(arrayLast(h -> lower(h.1) = 'ce_producerid', headers).2), 128) AS producer,
    toUInt64OrZero(arrayLast(h -> lower(h.1) = 'ce_producerseq', headers).2) AS number,
    event_id,
    recorded_at
FROM trace.events
WHERE erased_leaf = '' AND number > 0 AND producer != '' AND startsWith(source, '/answerable/');

-- One typed row for each request, so that analysis does not parse JSON: trace.requests, kept up to date every 10 seconds.
--
-- trace.requests_live computes the rows out of trace.events. trace.requests_feed appends those of every request with new
-- records to trace.requests, where the last row of a request counts. trace.requests_now is what everybody reads: stored
-- rows, and live ones for requests with records that the table may not have yet, so nothing is ever late or missing.
--
-- Arrays named alike (`calls.model`, `calls.seconds`) belong together: one element for each passage, call, check or stage.
-- A request is one row because only then is replacing it exact: a later row cannot leave elements of an earlier one behind.
--
-- Of several copies of an event the one with the lowest epoch and offset counts, and of it the row with the highest seal.

ALTER TABLE trace.events ADD INDEX IF NOT EXISTS recorded recorded_at TYPE minmax GRANULARITY 4;

CREATE OR REPLACE VIEW trace.requests_live AS
SELECT
    tenant,
    request_id,
    has(topics, 'questions') OR has(topics, 'answers') AS listed,
    parseDateTime64BestEffortOrNull(asked.asked_at, 6, 'UTC') AS asked_at,
    coalesce(parseDateTime64BestEffortOrNull(asked.deadline, 6, 'UTC'), asked_at + INTERVAL 60 SECOND) AS answer_by,
    asked.asker.subject AS asker,
    asked.text AS question,
    splitByChar('.', answered_type)[4] AS outcome,
    answered.reason AS reason,
    answered.text AS answer,
    parseDateTime64BestEffortOrNull(answered.decided_at, 6, 'UTC') AS decided_at,
    if(outcome = '' OR asked_log = 0, NULL, (answered_log - asked_log) / 1000) AS seconds,
    verdict.snapshot AS snapshot,
    verdict.action AS action,
    verdict.confidence AS confidence,
    verdict.threshold AS threshold,
    asked.risk_class AS risk_class,
    verdict.certificate.certificate_id AS certificate_id,
    verdict.uncertified AS uncertified,
    found.label AS `passages.label`,
    found.passage_id AS `passages.passage_id`,
    found.document_id AS `passages.document_id`,
    found.document_version AS `passages.version`,
    found.title AS `passages.title`,
    found.source AS `passages.source`,
    found.locator AS `passages.locator`,
    found.scores AS `passages.scores`,
    found.readers_matched AS `passages.readers_matched`,
    arrayMap(label -> has(answered.citations.label, label), found.label) AS `passages.cited`,
    calls.1 AS `calls.event_id`,
    calls.2 AS `calls.called_at`,
    calls.3.model.id AS `calls.model`,
    calls.3.model.adapter AS `calls.adapter`,
    calls.3.model.name AS `calls.name`,
    calls.3.model.revision AS `calls.revision`,
    calls.3.prompt.name AS `calls.prompt`,
    calls.3.prompt.version AS `calls.prompt_version`,
    calls.3.prompt.sha256 AS `calls.prompt_sha256`,
    calls.3.model.input_tokens AS `calls.input_tokens`,
    calls.3.model.output_tokens AS `calls.output_tokens`,
    calls.3.model.cost_usd AS `calls.cost_usd`,
    arrayMap(ms -> ms / 1000, calls.3.model.duration_ms) AS `calls.seconds`,
    calls.3.answered AS `calls.answered`,
    verdict.checks.name AS `checks.check`,
    verdict.checks.version AS `checks.version`,
    verdict.checks.passed AS `checks.passed`,
    verdict.checks.score AS `checks.score`,
    verdict.checks.reason AS `checks.reason`,
    stages.1 AS `stages.stage`,
    stages.2 AS `stages.began_at`,
    arrayMap(s -> dateDiff('microsecond', s.2, s.3) / 1e6, stages) AS `stages.seconds`
FROM
(
    SELECT
        tenant,
        request_id,
        groupUniqArray(topic) AS topics,
        argMinIf(
            JSONExtract(if(topic = 'questions', body, ''),
                'Tuple(text String, asked_at String, deadline String, risk_class String, asker Tuple(subject String))'),
            (epoch, offset, bitNot(seal)), topic = 'questions') AS asked,
        argMinIf(
            JSONExtract(if(topic = 'contexts', body, ''), 'passages',
                'Array(Tuple(label UInt32, passage_id String, document_id String, document_version Int64, title String, source String, locator String, scores Map(String, Float64), readers_matched Array(String)))'),
            (epoch, offset, bitNot(seal)), topic = 'contexts') AS found,
        arraySort(draft -> draft.4, groupArrayIf(
            (
                event_id,
                event_time,
                JSONExtract(if(topic = 'drafts', body, ''),
                    'Tuple(answered Bool, prompt Tuple(name String, version UInt32, sha256 String), model Tuple(id String, adapter String, name String, revision String, input_tokens UInt64, output_tokens UInt64, cost_usd Nullable(Float64), duration_ms Float64))'),
                (epoch, offset, bitNot(seal))
            ),
            topic = 'drafts')) AS drafts,
        arrayFilter((draft, place) -> indexOf(drafts.1, draft.1) = place, drafts, arrayEnumerate(drafts)) AS calls,
        argMinIf(
            JSONExtract(if(topic = 'verdicts', body, ''),
                'Tuple(snapshot String, action String, confidence Nullable(Float64), threshold Float64, certificate Tuple(certificate_id String), uncertified String, checks Array(Tuple(name String, version UInt32, passed Bool, score Float64, reason String)))'),
            (epoch, offset, bitNot(seal)), topic = 'verdicts') AS verdict,
        argMinIf(type, (epoch, offset, bitNot(seal)), topic = 'answers') AS answered_type,
        argMinIf(
            JSONExtract(if(topic = 'answers', body, ''),
                'Tuple(reason String, text String, decided_at String, citations Array(Tuple(label UInt32)))'),
            (epoch, offset, bitNot(seal)), topic = 'answers') AS answered,
        argMinIf(toUnixTimestamp64Milli(log_time), (epoch, offset), topic = 'questions') AS asked_log,
        argMinIf(toUnixTimestamp64Milli(log_time), (epoch, offset), topic = 'answers') AS answered_log,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'questions') AS question_time,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'contexts') AS context_time,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'drafts') AS draft_time,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'verdicts') AS verdict_time,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'answers') AS answer_time,
        arrayFilter(s -> has(topics, s.4) AND has(topics, s.5),
            [
                ('retrieval', question_time, context_time, 'questions', 'contexts'),
                ('inference', context_time, draft_time, 'contexts', 'drafts'),
                ('validation', draft_time, verdict_time, 'drafts', 'verdicts'),
                ('audit', verdict_time, answer_time, 'verdicts', 'answers'),
                ('total', question_time, answer_time, 'questions', 'answers')
            ]) AS stages
    FROM trace.events
    WHERE topic IN ('questions', 'contexts', 'drafts', 'verdicts', 'answers')
        AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
    GROUP BY tenant, request_id
);

CREATE TABLE IF NOT EXISTS trace.requests
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    listed Bool COMMENT 'Its question or its outcome is recorded: trace.answers lists it',
    asked_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When, as the question says; NULL when it cannot be read',
    answer_by Nullable(DateTime64(6, 'UTC')) COMMENT 'Deadline: that of the question, else 60 seconds after asked_at',
    asker LowCardinality(String) COMMENT 'Who asked; empty when the question cannot be read',
    question String CODEC(ZSTD(1)) COMMENT 'What was asked; empty when the question cannot be read',
    outcome LowCardinality(String) COMMENT 'released, withheld or failed; empty while there is none',
    reason LowCardinality(String) COMMENT 'Reason code of an outcome that is not a release',
    answer String CODEC(ZSTD(1)) COMMENT 'Text of the released answer',
    decided_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When the outcome was decided',
    seconds Nullable(Float64) COMMENT 'From question to outcome, by the broker\'s timestamps',
    snapshot LowCardinality(String) COMMENT 'Index version that the verdict rests on',
    action LowCardinality(String) COMMENT 'What the verdict came to: release, withhold or review; empty while there is none',
    confidence Nullable(Float64) COMMENT 'Of the verdict: probability that the draft is correct; NULL while there is none',
    threshold Float64 COMMENT 'Of the verdict: what the confidence had to reach; 0 while there is none',
    risk_class LowCardinality(String) COMMENT 'Of the question: which certificate bounds the risk; empty in questions of earlier releases',
    certificate_id LowCardinality(String) COMMENT 'Of the certificate that the verdict quotes; empty while there is none',
    uncertified LowCardinality(String) COMMENT 'Why the verdict quotes none',
    `passages.label` Array(UInt32) COMMENT 'Number of the passage in prompt and citations',
    `passages.passage_id` Array(String) CODEC(ZSTD(1)) COMMENT 'Which passage',
    `passages.document_id` Array(String) CODEC(ZSTD(1)) COMMENT 'Document that it is a part of',
    `passages.version` Array(Int64) CODEC(ZSTD(1)) COMMENT 'Version of the document',
    `passages.title` Array(String) CODEC(ZSTD(1)) COMMENT 'Title of the document',
    `passages.source` Array(String) CODEC(ZSTD(1)) COMMENT 'Where the document comes from, for example a file name',
    `passages.locator` Array(String) CODEC(ZSTD(1)) COMMENT 'Place within the document',
    `passages.scores` Array(Map(String, Float64)) CODEC(ZSTD(1)) COMMENT 'Ranking scores by name',
    `passages.readers_matched` Array(Array(String)) CODEC(ZSTD(1)) COMMENT 'The readers of the document that the asker is one of: why access was granted',
    `passages.cited` Array(Bool) COMMENT 'The released answer cites it',
    `calls.event_id` Array(UUID) COMMENT 'Which draft',
    `calls.called_at` Array(Nullable(DateTime64(6, 'UTC'))) CODEC(ZSTD(1)) COMMENT 'When the draft was written',
    `calls.model` Array(LowCardinality(String)) COMMENT 'Registry id of the model',
    `calls.adapter` Array(LowCardinality(String)) COMMENT 'Adapter that spoke to the model',
    `calls.name` Array(LowCardinality(String)) COMMENT 'The model\'s own name',
    `calls.revision` Array(LowCardinality(String)) COMMENT 'Pinned revision of the model',
    `calls.prompt` Array(LowCardinality(String)) COMMENT 'Prompt template',
    `calls.prompt_version` Array(UInt32) COMMENT 'Version of the template',
    `calls.prompt_sha256` Array(String) CODEC(ZSTD(1)) COMMENT 'SHA-256 of the rendered prompt, hexadecimal',
    `calls.input_tokens` Array(UInt64) CODEC(ZSTD(1)) COMMENT 'Tokens read',
    `calls.output_tokens` Array(UInt64) CODEC(ZSTD(1)) COMMENT 'Tokens written',
    `calls.cost_usd` Array(Nullable(Float64)) CODEC(ZSTD(1)) COMMENT 'Cost in US dollars; NULL for a model without a price',
    `calls.seconds` Array(Float64) CODEC(ZSTD(1)) COMMENT 'Duration of the call',
    `calls.answered` Array(Bool) COMMENT 'False when the model found no answer in the passages',
    `checks.check` Array(LowCardinality(String)) COMMENT 'Name of the check',
    `checks.version` Array(UInt32) COMMENT 'Version of the check',
    `checks.passed` Array(Bool) COMMENT 'Whether the draft passed it',
    `checks.score` Array(Float64) CODEC(ZSTD(1)) COMMENT 'What it found, 0 to 1',
    `checks.reason` Array(LowCardinality(String)) COMMENT 'Reason code; empty when the draft passed',
    `stages.stage` Array(LowCardinality(String)) COMMENT 'retrieval, inference, validation, audit, total; only stages that are over',
    `stages.began_at` Array(DateTime64(6, 'UTC')) CODEC(ZSTD(1)) COMMENT 'Event time of the event that the stage took',
    `stages.seconds` Array(Float64) CODEC(ZSTD(1)) COMMENT 'To the event time of the event that it gave; clocks of different services, so small values may be off',
    settled_until DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'What was recorded up to this moment is in the table: the highest one of all rows counts'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, request_id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'One row for each request, typed; the row written last counts, and the newest requests may be missing: read trace.requests_now';

-- Records become visible in another order than their recorded_at. An insert that is not over after 30 seconds is given up
-- and repeated by its writer (answerable_trail), so what is older than a minute is settled, and only that. A long backlog is
-- taken in pieces of 100,000 records; all of one moment go together, or the next piece would not begin after them.
CREATE MATERIALIZED VIEW IF NOT EXISTS trace.requests_feed
REFRESH EVERY 10 SECOND APPEND TO trace.requests AS
WITH
    (SELECT max(settled_until) FROM trace.requests) AS since,
    fresh AS
    (
        SELECT tenant, request_id, recorded_at
        FROM trace.events
        WHERE recorded_at > since
            AND topic IN ('questions', 'contexts', 'drafts', 'verdicts', 'answers')
            AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
        ORDER BY recorded_at
        LIMIT 100000 WITH TIES
    )
SELECT *, least((SELECT max(recorded_at) FROM fresh), now64(3, 'UTC') - INTERVAL 60 SECOND) AS settled_until
FROM trace.requests_live
WHERE (tenant, request_id) IN (SELECT tenant, request_id FROM fresh);

CREATE OR REPLACE VIEW trace.requests_now AS
WITH
    (SELECT max(settled_until) FROM trace.requests) AS since,
    fresh AS
    (
        SELECT tenant, request_id
        FROM trace.events
        WHERE recorded_at > since
            AND topic IN ('questions', 'contexts', 'drafts', 'verdicts', 'answers')
            AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
    )
SELECT * EXCEPT (settled_until) FROM trace.requests FINAL WHERE (tenant, request_id) NOT IN (SELECT tenant, request_id FROM fresh)
UNION ALL
SELECT * FROM trace.requests_live WHERE (tenant, request_id) IN (SELECT tenant, request_id FROM fresh);

-- Views for analysts: what happened to each request, as tables. Columns are described in README.md beside this file.
--
-- Of several copies of an event the one with the lowest epoch and offset counts. A filter on tenant and request_id
-- reaches the primary key of trace.events through the aggregation.

CREATE OR REPLACE VIEW trace.answers AS
SELECT
    tenant,
    request_id,
    parseDateTime64BestEffortOrNull(asked.3, 6, 'UTC') AS asked_at,
    asked.1 AS asker,
    asked.2 AS question,
    splitByChar('.', answered.1)[4] AS outcome,
    answered.2 AS reason,
    answered.3 AS answer,
    if(outcome = '', NULL, decided.2) AS confidence,
    decided.1 AS snapshot,
    drafted AS model,
    parseDateTime64BestEffortOrNull(answered.4, 6, 'UTC') AS decided_at,
    if(outcome = '' OR asked_log = 0, NULL, (answered_log - asked_log) / 1000) AS seconds
FROM
(
    SELECT
        tenant,
        request_id,
        argMinIf(
            if(topic = 'questions',
                (JSONExtractString(body, 'asker', 'subject'), JSONExtractString(body, 'text'), JSONExtractString(body, 'asked_at')),
                ('', '', '')),
            (epoch, offset), topic = 'questions') AS asked,
        argMinIf(
            if(topic = 'answers',
                (type, JSONExtractString(body, 'reason'), JSONExtractString(body, 'text'), JSONExtractString(body, 'decided_at')),
                ('', '', '', '')),
            (epoch, offset), topic = 'answers') AS answered,
        argMinIf(
            if(topic = 'verdicts', (JSONExtractString(body, 'snapshot'), JSONExtract(body, 'confidence', 'Nullable(Float64)')), ('', NULL)),
            (epoch, offset), topic = 'verdicts') AS decided,
        argMinIf(if(topic = 'drafts', JSONExtractString(body, 'model', 'id'), ''), (epoch, offset), topic = 'drafts') AS drafted,
        argMinIf(toUnixTimestamp64Milli(log_time), (epoch, offset), topic = 'questions') AS asked_log,
        argMinIf(toUnixTimestamp64Milli(log_time), (epoch, offset), topic = 'answers') AS answered_log
    FROM trace.events
    WHERE topic IN ('questions', 'drafts', 'verdicts', 'answers') AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
    GROUP BY tenant, request_id
    HAVING countIf(topic IN ('questions', 'answers')) > 0
);

CREATE OR REPLACE VIEW trace.passages AS
SELECT
    tenant,
    request_id,
    passage.label AS label,
    passage.passage_id AS passage_id,
    passage.document_id AS document_id,
    passage.document_version AS version,
    passage.title AS title,
    passage.source AS source,
    passage.locator AS locator,
    passage.scores AS scores,
    has(cited_labels, label) AS cited
FROM
(
    SELECT
        tenant,
        request_id,
        argMinIf(
            if(topic = 'contexts',
                JSONExtract(body, 'passages', 'Array(Tuple(label UInt32, passage_id String, document_id String, document_version Int64, title String, source String, locator String, scores Map(String, Float64)))'),
                []),
            (epoch, offset), topic = 'contexts') AS found,
        argMinIf(
            if(topic = 'answers', JSONExtract(body, 'citations', 'Array(Tuple(label UInt32))').label, []),
            (epoch, offset), topic = 'answers') AS cited_labels
    FROM trace.events
    WHERE topic IN ('contexts', 'answers') AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
    GROUP BY tenant, request_id
)
ARRAY JOIN found AS passage;

CREATE OR REPLACE VIEW trace.model_calls AS
SELECT
    tenant,
    request_id,
    event_id,
    call.1 AS called_at,
    call.2.id AS model,
    call.2.adapter AS adapter,
    call.2.name AS name,
    call.2.revision AS revision,
    call.3.name AS prompt,
    call.3.version AS prompt_version,
    call.3.sha256 AS prompt_sha256,
    call.2.input_tokens AS input_tokens,
    call.2.output_tokens AS output_tokens,
    call.2.cost_usd AS cost_usd,
    call.2.duration_ms / 1000 AS seconds,
    call.4 AS answered
FROM
(
    SELECT
        tenant,
        request_id,
        event_id,
        argMin(
            (
                event_time,
                JSONExtract(body, 'model', 'Tuple(id String, adapter String, name String, revision String, input_tokens UInt64, output_tokens UInt64, cost_usd Nullable(Float64), duration_ms Float64)'),
                JSONExtract(body, 'prompt', 'Tuple(name String, version UInt32, sha256 String)'),
                JSONExtractBool(body, 'answered')
            ),
            (epoch, offset)) AS call
    FROM trace.events
    WHERE topic = 'drafts'
    GROUP BY tenant, request_id, event_id
);

CREATE OR REPLACE VIEW trace.checks AS
SELECT
    tenant,
    request_id,
    one.name AS check,
    one.version AS version,
    one.passed AS passed,
    one.score AS score,
    one.reason AS reason,
    verdict.1 AS action,
    verdict.2 AS confidence,
    verdict.3 AS threshold
FROM
(
    SELECT
        tenant,
        request_id,
        argMin(
            (
                JSONExtractString(body, 'action'),
                JSONExtractFloat(body, 'confidence'),
                JSONExtractFloat(body, 'threshold'),
                JSONExtract(body, 'checks', 'Array(Tuple(name String, version UInt32, passed Bool, score Float64, reason String))')
            ),
            (epoch, offset)) AS verdict
    FROM trace.events
    WHERE topic = 'verdicts'
    GROUP BY tenant, request_id
)
ARRAY JOIN verdict.4 AS one;

CREATE OR REPLACE VIEW trace.latencies AS
SELECT
    tenant,
    request_id,
    step.1 AS stage,
    step.2 AS began_at,
    dateDiff('microsecond', step.2, step.3) / 1e6 AS seconds
FROM
(
    SELECT
        tenant,
        request_id,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'questions') AS question,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'contexts') AS context,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'drafts') AS draft,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'verdicts') AS verdict,
        argMinIf(coalesce(event_time, log_time), (epoch, offset), topic = 'answers') AS answer,
        groupUniqArray(topic) AS topics
    FROM trace.events
    WHERE topic IN ('questions', 'contexts', 'drafts', 'verdicts', 'answers')
        AND request_id != toUUID('00000000-0000-0000-0000-000000000000')
    GROUP BY tenant, request_id
)
ARRAY JOIN arrayFilter(
    s -> has(topics, s.4) AND has(topics, s.5),
    [
        ('retrieval', question, context, 'questions', 'contexts'),
        ('inference', context, draft, 'contexts', 'drafts'),
        ('validation', draft, verdict, 'drafts', 'verdicts'),
        ('audit', verdict, answer, 'verdicts', 'answers'),
        ('total', question, answer, 'questions', 'answers')
    ]) AS step;

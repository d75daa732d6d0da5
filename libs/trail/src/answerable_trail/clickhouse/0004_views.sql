-- What analysts read: trace.requests_now taken apart, one view for each kind of thing. Filters on tenant and request_id
-- reach the primary keys, and only the columns that a query names are read.

CREATE OR REPLACE VIEW trace.answers
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    asked_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When, as the question says; NULL when it cannot be read',
    asker LowCardinality(String) COMMENT 'Who asked; empty when the question cannot be read',
    question String COMMENT 'What was asked; empty when the question cannot be read',
    outcome LowCardinality(String) COMMENT 'released, withheld or failed; empty while there is none',
    reason LowCardinality(String) COMMENT 'Reason code of an outcome that is not a release',
    answer String COMMENT 'Text of the released answer',
    confidence Nullable(Float64) COMMENT 'Of the verdict: probability that the draft is correct; NULL while there is no outcome',
    snapshot LowCardinality(String) COMMENT 'Index version that the verdict rests on',
    model String COMMENT 'Registry id of the model that drafted',
    decided_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When the outcome was decided',
    seconds Nullable(Float64) COMMENT 'From question to outcome, by the broker\'s timestamps',
    answer_by Nullable(DateTime64(6, 'UTC')) COMMENT 'Deadline: that of the question, else 60 seconds after asked_at'
)
AS SELECT
    tenant, request_id, asked_at, asker, question, outcome, reason, answer, if(outcome = '', NULL, confidence) AS confidence,
    snapshot, calls.model[1] AS model, decided_at, seconds, answer_by
FROM trace.requests_now
WHERE listed
COMMENT 'One row for each request whose question or outcome is recorded';

CREATE OR REPLACE VIEW trace.passages
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    label UInt32 COMMENT 'Number of the passage in prompt and citations',
    passage_id String COMMENT 'Which passage',
    document_id String COMMENT 'Document that it is a part of',
    version Int64 COMMENT 'Version of the document',
    title String COMMENT 'Title of the document',
    source String COMMENT 'Where the document comes from, for example a file name',
    locator String COMMENT 'Place within the document',
    scores Map(String, Float64) COMMENT 'Ranking scores by name',
    cited UInt8 COMMENT '1 when the released answer cites it',
    readers_matched Array(String) COMMENT 'The readers of the document that the asker is one of: why access was granted'
)
AS SELECT
    tenant, request_id, label, passage_id, document_id, version, title, source, locator, scores, cited, readers_matched
FROM trace.requests_now
ARRAY JOIN
    passages.label AS label, passages.passage_id AS passage_id, passages.document_id AS document_id,
    passages.version AS version, passages.title AS title, passages.source AS source, passages.locator AS locator,
    passages.scores AS scores, passages.cited AS cited, passages.readers_matched AS readers_matched
COMMENT 'One row for each request and passage that was retrieved';

CREATE OR REPLACE VIEW trace.model_calls
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    event_id UUID COMMENT 'Which draft',
    called_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When the draft was written',
    model LowCardinality(String) COMMENT 'Registry id of the model',
    adapter LowCardinality(String) COMMENT 'Adapter that spoke to the model',
    name LowCardinality(String) COMMENT 'The model\'s own name',
    revision LowCardinality(String) COMMENT 'Pinned revision of the model',
    prompt LowCardinality(String) COMMENT 'Prompt template',
    prompt_version UInt32 COMMENT 'Version of the template',
    prompt_sha256 String COMMENT 'SHA-256 of the rendered prompt, hexadecimal',
    input_tokens UInt64 COMMENT 'Tokens read',
    output_tokens UInt64 COMMENT 'Tokens written',
    cost_usd Nullable(Float64) COMMENT 'Cost in US dollars; NULL for a model without a price',
    seconds Float64 COMMENT 'Duration of the call',
    answered Bool COMMENT 'False when the model found no answer in the passages'
)
AS SELECT
    tenant, request_id, event_id, called_at, model, adapter, name, revision, prompt, prompt_version, prompt_sha256,
    input_tokens, output_tokens, cost_usd, seconds, answered
FROM (SELECT * EXCEPT (seconds) FROM trace.requests_now)
ARRAY JOIN
    calls.event_id AS event_id, calls.called_at AS called_at, calls.model AS model, calls.adapter AS adapter,
    calls.name AS name, calls.revision AS revision, calls.prompt AS prompt, calls.prompt_version AS prompt_version,
    calls.prompt_sha256 AS prompt_sha256, calls.input_tokens AS input_tokens, calls.output_tokens AS output_tokens,
    calls.cost_usd AS cost_usd, calls.seconds AS seconds, calls.answered AS answered
COMMENT 'One row for each draft that a model wrote';

CREATE OR REPLACE VIEW trace.checks
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    check LowCardinality(String) COMMENT 'Name of the check',
    version UInt32 COMMENT 'Version of the check',
    passed Bool COMMENT 'Whether the draft passed it',
    score Float64 COMMENT 'What it found, 0 to 1',
    reason LowCardinality(String) COMMENT 'Reason code; empty when the draft passed',
    action LowCardinality(String) COMMENT 'What the verdict came to: release, withhold or review',
    confidence Float64 COMMENT 'Of the verdict: probability that the draft is correct',
    threshold Float64 COMMENT 'Of the verdict: what the confidence had to reach',
    certificate_id String COMMENT 'Of the certificate that the verdict quotes; empty where it quotes none',
    uncertified String COMMENT 'Why it quotes none'
)
AS SELECT
    tenant, request_id, check, version, passed, score, reason, action, ifNull(confidence, 0) AS confidence, threshold,
    certificate_id, uncertified
FROM (SELECT * EXCEPT (reason) FROM trace.requests_now)
ARRAY JOIN
    checks.check AS check, checks.version AS version, checks.passed AS passed, checks.score AS score,
    checks.reason AS reason
COMMENT 'One row for each request and check of its draft';

CREATE OR REPLACE VIEW trace.latencies
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    stage LowCardinality(String) COMMENT 'retrieval, inference, validation, audit or total',
    began_at DateTime64(6, 'UTC') COMMENT 'Event time of the event that the stage took',
    seconds Float64 COMMENT 'To the event time of the event that it gave; clocks of different services, so small values may be off'
)
AS SELECT tenant, request_id, stage, began_at, seconds
FROM (SELECT * EXCEPT (seconds) FROM trace.requests_now)
ARRAY JOIN stages.stage AS stage, stages.began_at AS began_at, stages.seconds AS seconds
COMMENT 'One row for each request and stage that is over';

CREATE OR REPLACE VIEW trace.outcomes
(
    tenant LowCardinality(String) COMMENT 'Whose requests',
    hour DateTime('UTC') COMMENT 'Hour in which they were asked; of unreadable questions, decided',
    outcome LowCardinality(String) COMMENT 'released, withheld, failed; open: none yet',
    reason LowCardinality(String) COMMENT 'Reason code of an outcome that is not a release',
    requests UInt64 COMMENT 'How many',
    seconds_p50 Nullable(Float64) COMMENT 'Median from question to outcome, by the broker\'s timestamps; NULL while open',
    seconds_p95 Nullable(Float64) COMMENT 'Of twenty requests, nineteen took no longer'
)
AS SELECT
    tenant, toStartOfHour(coalesce(asked_at, decided_at, toDateTime64(0, 6, 'UTC'))) AS hour, if(outcome = '', 'open', outcome) AS outcome,
    reason, count() AS requests, quantileExactOrNull(0.5)(seconds) AS seconds_p50, quantileExactOrNull(0.95)(seconds) AS seconds_p95
FROM trace.requests_now
WHERE listed
GROUP BY tenant, hour, outcome, reason
COMMENT 'How requests ended, by tenant, hour and reason';

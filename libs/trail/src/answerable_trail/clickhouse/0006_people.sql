-- What people decided and said, and what is proved of answers: few records, so they are parsed when they are read.
-- Of several copies of an event the one with the lowest epoch and offset counts, and of it the row with the highest seal:
-- where that one is erased the event is left out, whatever an older row still holds.

CREATE OR REPLACE VIEW trace.reviews
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    event_id UUID COMMENT 'Which decision',
    reviewer String COMMENT 'Who decided',
    decision LowCardinality(String) COMMENT 'approve, correct or reject',
    reason String COMMENT 'Why, in the words of the reviewer',
    claimed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Since when the reviewer had the draft before them',
    submitted_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was decided',
    fate LowCardinality(String) COMMENT 'completed: accepted; refused: not; pending: not judged yet',
    refused_because LowCardinality(String) COMMENT 'Reason code of a refusal',
    draft_sha256 String COMMENT 'Of the draft that was decided about'
)
AS SELECT
    tenant, request_id, event_id, decided.reviewer.subject AS reviewer, decided.decision AS decision, decided.reason AS reason,
    parseDateTime64BestEffortOrNull(decided.claimed_at, 6, 'UTC') AS claimed_at,
    parseDateTime64BestEffortOrNull(decided.submitted_at, 6, 'UTC') AS submitted_at,
    multiIf(has(completed, toString(event_id)), 'completed', mapContains(refused, toString(event_id)), 'refused', 'pending') AS fate,
    refused[toString(event_id)] AS refused_because, decided.draft_sha256 AS draft_sha256
FROM
(
    SELECT tenant, request_id, event_id,
        argMin(JSONExtract(body, 'Tuple(reviewer Tuple(subject String), decision String, reason String, claimed_at String, submitted_at String, draft_sha256 String)'),
            (epoch, offset, bitNot(seal))) AS decided
    FROM trace.events
    WHERE topic = 'reviews' AND type = 'io.answerable.review.submitted.v1'
    GROUP BY tenant, request_id, event_id
    HAVING argMin(erased_leaf, (epoch, offset, bitNot(seal))) = ''
) AS submissions
LEFT JOIN
(
    SELECT tenant, request_id,
        groupUniqArrayIf(cause, type = 'io.answerable.review.completed.v1') AS completed,
        CAST(groupUniqArrayIf((cause, JSONExtractString(body, 'reason')), type = 'io.answerable.review.refused.v1'), 'Map(String, String)') AS refused
    FROM
    (
        SELECT tenant, request_id, type, body, ancestors[-1].1::String AS cause
        FROM trace.events
        WHERE topic = 'verdicts' AND type IN ('io.answerable.review.completed.v1', 'io.answerable.review.refused.v1')
            AND erased_leaf = ''
    )
    GROUP BY tenant, request_id
) AS settled USING (tenant, request_id)
COMMENT 'One row for each decision of a reviewer';

CREATE OR REPLACE VIEW trace.audits
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    event_id UUID COMMENT 'Which judgement',
    auditor String COMMENT 'Who judged, without seeing confidence or checks',
    correct Bool COMMENT 'Whether the released answer was found right',
    reason String COMMENT 'Why, in the words of the auditor',
    confidence Float64 COMMENT 'Of the answer',
    certificate_id String COMMENT 'The certificate under which it was released; empty without one',
    share Float64 COMMENT 'Which share of released answers was drawn then',
    audited_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When'
)
AS SELECT
    tenant, request_id, event_id, judged.auditor AS auditor, judged.correct AS correct, judged.reason AS reason,
    judged.confidence AS confidence, judged.certificate_id AS certificate_id, judged.share AS share,
    parseDateTime64BestEffortOrNull(judged.audited_at, 6, 'UTC') AS audited_at
FROM
(
    SELECT tenant, request_id, event_id,
        argMin(JSONExtract(body, 'Tuple(auditor String, correct Bool, reason String, confidence Float64, certificate_id String, share Float64, audited_at String)'),
            (epoch, offset, bitNot(seal))) AS judged
    FROM trace.events
    WHERE topic = 'feedback' AND type = 'io.answerable.answer.audited.v1'
    GROUP BY tenant, request_id, event_id
    HAVING argMin(erased_leaf, (epoch, offset, bitNot(seal))) = ''
)
COMMENT 'One row for each blind judgement of a released answer; the answers were drawn at random';

CREATE OR REPLACE VIEW trace.feedback
(
    tenant LowCardinality(String) COMMENT 'Whose request',
    request_id UUID COMMENT 'Which request',
    event_id UUID COMMENT 'Which word',
    given_by String COMMENT 'Who said it',
    rating LowCardinality(String) COMMENT 'right, wrong, incomplete or not_helpful',
    comment String COMMENT 'In words; may be empty',
    given_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When'
)
AS SELECT
    tenant, request_id, event_id, said.by AS given_by, said.rating AS rating, said.comment AS comment,
    parseDateTime64BestEffortOrNull(said.given_at, 6, 'UTC') AS given_at
FROM
(
    SELECT tenant, request_id, event_id,
        argMin(JSONExtract(body, 'Tuple(by String, rating String, comment String, given_at String)'),
            (epoch, offset, bitNot(seal))) AS said
    FROM trace.events
    WHERE topic = 'feedback' AND type = 'io.answerable.feedback.given.v1'
    GROUP BY tenant, request_id, event_id
    HAVING argMin(erased_leaf, (epoch, offset, bitNot(seal))) = ''
)
COMMENT 'One row for each thing that somebody said of an answer; no random sample';

CREATE OR REPLACE VIEW trace.certificates
(
    tenant LowCardinality(String) COMMENT 'Whose answers',
    risk_class LowCardinality(String) COMMENT 'Of which questions',
    certificate_id String COMMENT 'Which certificate',
    alpha Float64 COMMENT 'Share of released answers that may be wrong',
    delta Float64 COMMENT 'Probability that this is said wrongly',
    labelled UInt32 COMMENT 'Labelled answers that prove it',
    threshold Float64 COMMENT 'Confidence from which answers are released',
    signed_by String COMMENT 'Who put it in force',
    reason String COMMENT 'Why',
    signed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When',
    expires_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Until when',
    revoked_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was revoked; NULL while it was not',
    revoked_because String COMMENT 'person, labels, confidences, abstentions or similarities'
)
AS SELECT
    tenant, one.certificate.risk_class AS risk_class, one.certificate.certificate_id AS certificate_id,
    one.certificate.alpha AS alpha, one.certificate.delta AS delta, one.certificate.labelled AS labelled,
    one.certificate.threshold AS threshold, one.by AS signed_by, one.reason AS reason,
    parseDateTime64BestEffortOrNull(one.signed_at, 6, 'UTC') AS signed_at,
    parseDateTime64BestEffortOrNull(one.certificate.expires_at, 6, 'UTC') AS expires_at,
    parseDateTime64BestEffortOrNull(ended.at, 6, 'UTC') AS revoked_at, ended.cause AS revoked_because
FROM
(
    SELECT tenant, event_id,
        argMin(JSONExtract(body, 'Tuple(by String, reason String, signed_at String, certificate Tuple(certificate_id String, risk_class String, alpha Float64, delta Float64, labelled UInt32, threshold Float64, expires_at String))'),
            (epoch, offset, bitNot(seal))) AS one
    FROM trace.events
    WHERE topic = 'governance' AND type = 'io.answerable.certificate.signed.v1' AND erased_leaf = ''
    GROUP BY tenant, event_id
) AS signed
LEFT JOIN
(
    SELECT tenant, JSONExtractString(body, 'certificate_id') AS certificate_id,
        argMin(JSONExtract(body, 'Tuple(cause String, revoked_at String)').1, (epoch, offset)) AS cause,
        min(JSONExtractString(body, 'revoked_at')) AS at
    FROM trace.events
    WHERE topic = 'governance' AND type = 'io.answerable.certificate.revoked.v1' AND erased_leaf = ''
    GROUP BY tenant, certificate_id
) AS ended ON ended.tenant = signed.tenant AND ended.certificate_id = signed.one.certificate.certificate_id
COMMENT 'One row for each certificate that was signed';

-- title: Confidence drift
-- answers: How sure were the verdicts about each model's drafts, week by week, and by how much did that change from its week before? A fall points at a changed model, or at other questions than before.
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT week, model, revision, drafts, round(mean, 4) AS confidence, round(mean - before, 4) AS change, round(released / drafts, 4) AS released_share
FROM (
    SELECT toMonday(asked_at) AS week, calls.model[1] AS model, calls.revision[1] AS revision, count() AS drafts,
           avg(confidence) AS mean, countIf(outcome = 'released') AS released,
           lagInFrame(toNullable(mean), 1, NULL) OVER (PARTITION BY model, revision ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
    FROM trace.requests_now
    WHERE action != '' AND notEmpty(calls.model) AND asked_at >= {since:DateTime} AND tenant LIKE {tenant:String}
    GROUP BY week, model, revision
)
ORDER BY week DESC, model, revision;

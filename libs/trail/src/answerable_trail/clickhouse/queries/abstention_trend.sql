-- title: Abstention trend
-- answers: What share of the requests of each day ended as "not known", and of the seven days up to it? A rise means that documents are missing, or that a model has changed.
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT day, requests, not_known, round(not_known / requests, 4) AS share,
       round(sum(not_known) OVER week / sum(requests) OVER week, 4) AS share_7_days
FROM (
    SELECT toDate(coalesce(asked_at, decided_at)) AS day, count() AS requests,
           countIf(outcome = 'withheld' AND reason = 'not_known') AS not_known
    FROM trace.answers
    WHERE outcome != '' AND coalesce(asked_at, decided_at) >= {since:DateTime} AND tenant LIKE {tenant:String}
    GROUP BY day
)
WINDOW week AS (ORDER BY toRelativeDayNum(day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)
ORDER BY day DESC;

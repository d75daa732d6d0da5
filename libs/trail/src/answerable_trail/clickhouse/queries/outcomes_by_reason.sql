-- title: Outcomes by reason
-- answers: How often was each outcome given, why, and after how many seconds? Requests without an outcome are `open`.
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT if(outcome = '', 'open', outcome) AS outcome, reason, count() AS requests,
       round(count() / sum(count()) OVER (), 4) AS share,
       round(quantileExact(0.5)(seconds), 3) AS seconds_p50, round(quantileExact(0.99)(seconds), 3) AS seconds_p99
FROM trace.answers
WHERE coalesce(asked_at, decided_at) >= {since:DateTime} AND tenant LIKE {tenant:String}
GROUP BY outcome, reason
ORDER BY requests DESC, outcome, reason;

-- title: Latency by stage
-- answers: Where does the time go between question and outcome, in seconds by the clocks of the services?
-- parameter since DateTime = 1970-01-01 00:00:00: only stages begun at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT stage, count() AS requests, round(avg(seconds), 4) AS mean, round(quantileExact(0.5)(seconds), 4) AS p50,
       round(quantileExact(0.95)(seconds), 4) AS p95, round(quantileExact(0.99)(seconds), 4) AS p99, round(max(seconds), 4) AS max
FROM trace.latencies
WHERE began_at >= {since:DateTime} AND tenant LIKE {tenant:String}
GROUP BY stage
ORDER BY indexOf(['retrieval', 'inference', 'validation', 'audit', 'total'], stage);

-- title: Slowest stage by hour
-- answers: Which stage took longest in each hour (at its 95th percentile), and what share of the time of all stages was that? Newest hour first.
-- parameter since DateTime = 1970-01-01 00:00:00: only stages begun at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
-- parameter limit UInt32 = 168: how many hours
SELECT hour, argMax(stage, (p95, stage)) AS slowest, round(max(p95), 4) AS seconds_p95, round(max(p95) / sum(p95), 4) AS share,
       max(requests) AS requests
FROM (
    SELECT toStartOfHour(began_at) AS hour, stage, quantileExact(0.95)(seconds) AS p95, count() AS requests
    FROM trace.latencies
    WHERE stage != 'total' AND began_at >= {since:DateTime} AND tenant LIKE {tenant:String}
    GROUP BY hour, stage
)
GROUP BY hour
ORDER BY hour DESC
LIMIT {limit:UInt32};

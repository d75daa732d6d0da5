-- title: Refusals by reason
-- answers: Why did the askers of each tenant get no answer, how often, and what share of the tenant's outcomes is that?
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT tenant, outcome, reason, requests, round(requests / total, 4) AS share, last
FROM (
    SELECT tenant, outcome, reason, count() AS requests, max(decided_at) AS last,
           sum(count()) OVER (PARTITION BY tenant) AS total
    FROM trace.answers
    WHERE outcome != '' AND coalesce(asked_at, decided_at) >= {since:DateTime} AND tenant LIKE {tenant:String}
    GROUP BY tenant, outcome, reason
)
WHERE outcome != 'released'
ORDER BY tenant, requests DESC, outcome, reason;

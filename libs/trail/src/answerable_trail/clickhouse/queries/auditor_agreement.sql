-- title: Auditor agreement
-- answers: Do auditors agree about the answers that two of them judged? Raw agreement, and Cohen's kappa, which takes chance away. Far below 0.6 labels are worth little.
-- parameter tenant String = %: only tenants whose name is like this
SELECT tenant, answers, round(agreement, 4) AS agreement, round(expected, 4) AS by_chance,
       if(expected = 1, NULL, round((agreement - expected) / (1 - expected), 4)) AS kappa
FROM (
    SELECT tenant, count() AS answers, avg(first = second) AS agreement,
           avg(first) * avg(second) + (1 - avg(first)) * (1 - avg(second)) AS expected
    FROM (
        SELECT tenant, request_id, arraySort(groupArray((audited_at, toUInt8(correct)))) AS judged,
               judged[1].2 AS first, judged[2].2 AS second
        FROM (SELECT * FROM trace.audits WHERE tenant LIKE {tenant:String} ORDER BY audited_at LIMIT 1 BY tenant, request_id, auditor)
        GROUP BY tenant, request_id
        HAVING count() >= 2
    )
    GROUP BY tenant
)
ORDER BY tenant;

-- title: Documents behind failed checks
-- answers: Which documents were among the passages when a draft failed a check, how often, and why? A high share points at a document that is unclear, out of date or contradicts others.
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
-- parameter limit UInt32 = 20: how many documents
SELECT p.tenant AS tenant, p.document_id AS document_id, max(p.version) AS latest_version, any(p.title) AS title,
       uniqExactIf(p.request_id, notEmpty(f.reasons)) AS failed, uniqExact(p.request_id) AS found,
       round(failed / found, 3) AS failed_share, arraySort(groupUniqArrayArray(f.reasons)) AS reasons
FROM trace.passages AS p
INNER JOIN (SELECT tenant, request_id FROM trace.answers WHERE coalesce(asked_at, decided_at) >= {since:DateTime}) AS a
    ON a.tenant = p.tenant AND a.request_id = p.request_id
LEFT JOIN (
    SELECT tenant, request_id, groupUniqArray(reason) AS reasons FROM trace.checks WHERE NOT passed GROUP BY tenant, request_id
) AS f ON f.tenant = p.tenant AND f.request_id = p.request_id
WHERE p.tenant LIKE {tenant:String}
GROUP BY tenant, document_id
HAVING failed > 0
ORDER BY failed DESC, failed_share DESC, tenant, document_id
LIMIT {limit:UInt32};

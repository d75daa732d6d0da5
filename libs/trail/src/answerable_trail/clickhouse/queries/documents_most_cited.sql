-- title: Documents most cited
-- answers: Which documents carry the released answers, and how often were they found but not cited?
-- parameter tenant String = %: only tenants whose name is like this
-- parameter limit UInt32 = 20: how many documents
SELECT tenant, document_id, max(version) AS latest_version, any(title) AS title,
       uniqExactIf(request_id, cited) AS answers, uniqExact(request_id) AS found, round(answers / found, 3) AS cited_share
FROM trace.passages
WHERE tenant LIKE {tenant:String}
GROUP BY tenant, document_id
ORDER BY answers DESC, found DESC, tenant, document_id
LIMIT {limit:UInt32};

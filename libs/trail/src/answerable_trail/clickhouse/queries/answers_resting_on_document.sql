-- title: Answers that rest on a document
-- answers: Who got a released answer whose context held the document, when, from which version, and does the answer cite it?
-- parameter document String = %: only documents whose id is like this
-- parameter version Int64 = 0: only this version of it; 0: every version
-- parameter tenant String = %: only tenants whose name is like this
SELECT p.tenant AS tenant, p.document_id AS document_id, p.version AS version, a.asker AS asker, p.request_id AS request_id,
       max(p.cited) AS cited, any(a.asked_at) AS asked_at, any(a.decided_at) AS decided_at
FROM trace.passages AS p
INNER JOIN (
    SELECT tenant, request_id, asker, asked_at, decided_at
    FROM trace.answers
    WHERE outcome = 'released' AND tenant LIKE {tenant:String}
) AS a ON a.tenant = p.tenant AND a.request_id = p.request_id
WHERE p.tenant LIKE {tenant:String} AND p.document_id LIKE {document:String} AND {version:Int64} IN (0, p.version)
GROUP BY tenant, document_id, version, asker, request_id
ORDER BY tenant, document_id, asked_at, request_id;

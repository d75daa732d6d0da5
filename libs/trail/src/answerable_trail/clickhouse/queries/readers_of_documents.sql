-- title: Readers of documents
-- answers: To whom were passages of a document given, because of which of its readers, and in how many answers was it cited?
-- parameter document String = %: only documents whose id is like this
-- parameter asker String = %: only askers whose name is like this
-- parameter tenant String = %: only tenants whose name is like this
SELECT p.tenant AS tenant, p.document_id AS document_id, a.asker AS asker,
       arraySort(groupUniqArrayArray(p.readers_matched)) AS allowed_as, uniqExact(p.request_id) AS requests,
       uniqExactIf(p.request_id, p.cited) AS cited, groupUniqArray(p.version) AS versions,
       min(a.asked_at) AS first, max(a.asked_at) AS last
FROM trace.passages AS p
INNER JOIN (SELECT tenant, request_id, asker, asked_at FROM trace.answers) AS a
    ON a.tenant = p.tenant AND a.request_id = p.request_id
WHERE p.document_id LIKE {document:String} AND a.asker LIKE {asker:String} AND p.tenant LIKE {tenant:String}
GROUP BY tenant, document_id, asker
ORDER BY tenant, document_id, requests DESC, asker;

-- title: Questions without answer
-- answers: Which questions are asked most and not answered? They are taken together when they differ in capitals, spaces and punctuation only; what comes first tells which document to write.
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
-- parameter limit UInt32 = 20: how many questions
SELECT tenant, any(question) AS example, count() AS requests, uniqExact(asker) AS askers, arraySort(groupUniqArray(reason)) AS reasons, max(asked_at) AS last
FROM trace.answers
WHERE outcome IN ('withheld', 'failed') AND question != '' AND asked_at >= {since:DateTime} AND tenant LIKE {tenant:String}
GROUP BY tenant, lowerUTF8(trimBoth(replaceRegexpAll(question, '[\\s\\pP]+', ' ')))
ORDER BY requests DESC, askers DESC, tenant, example
LIMIT {limit:UInt32};

-- title: Retries and dead letters
-- answers: What had to be tried again or was given up, at which stage, why, and how often? Retries have no reason: it is in the log of the service.
-- parameter since DateTime = 1970-01-01 00:00:00: only records recorded at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT kind, origin AS topic, stage, reason, count() AS records, uniqExact(tenant, request_id) AS requests, max(attempts) AS most_attempts,
       max(log_time) AS last
FROM (
    SELECT if(endsWith(topic, '-dlq'), 'dead letter', 'retry') AS kind, replaceRegexpOne(topic, '-(dlq|retry)$', '') AS origin,
           JSONExtractString(body, 'stage') AS stage, JSONExtractString(body, 'reason') AS reason, tenant, request_id, log_time,
           if(kind = 'retry', toUInt32OrZero(arrayLast(h -> h.1 = 'answerable_attempt', headers).2),
              JSONExtractUInt(body, 'attempts')) AS attempts
    FROM (
        SELECT * FROM trace.events
        WHERE match(topic, '-(dlq|retry)$') AND recorded_at >= {since:DateTime} AND tenant LIKE {tenant:String}
        LIMIT 1 BY epoch, topic, partition, offset
    )
)
GROUP BY kind, origin, stage, reason
ORDER BY records DESC, kind, origin, stage, reason;

-- title: Duplicate events
-- answers: Which events were written to the log more than once, by whom, and how many of them with another content? At-least-once delivery makes some after a crash; a steady stream is a fault of the writer.
-- parameter since DateTime = 1970-01-01 00:00:00: only records recorded at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT topic, type, source, count() AS events, sum(copies - 1) AS superfluous, max(copies) AS most_copies, countIf(contents > 1) AS differing
FROM (
    SELECT topic, event_id, any(type) AS type, any(source) AS source, uniqExact(epoch, partition, offset) AS copies,
           uniqExact(body_sha256) AS contents
    FROM trace.events
    WHERE event_id != toUUID('00000000-0000-0000-0000-000000000000') AND NOT match(topic, '-(dlq|retry)$')
        AND recorded_at >= {since:DateTime} AND tenant LIKE {tenant:String}
    GROUP BY tenant, topic, event_id
    HAVING copies > 1
)
GROUP BY topic, type, source
ORDER BY superfluous DESC, topic, type, source;

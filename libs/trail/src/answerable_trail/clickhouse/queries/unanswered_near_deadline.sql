-- title: Unanswered near deadline
-- answers: Which questions have no outcome although their deadline is near or over, and which stage has not come yet? The least time first.
-- parameter within_seconds UInt32 = 10: only questions with at most this much time left
-- parameter tenant String = %: only tenants whose name is like this
SELECT tenant, request_id, asked_at, answer_by, round(dateDiff('millisecond', now64(6, 'UTC'), answer_by) / 1000, 3) AS seconds_left,
       ['retrieval', 'inference', 'validation', 'audit'][length(stages.stage) + 1] AS waits_for
FROM trace.requests_now
WHERE listed AND outcome = '' AND answer_by <= now64(6, 'UTC') + toIntervalSecond({within_seconds:UInt32})
    AND tenant LIKE {tenant:String}
ORDER BY answer_by, tenant, request_id;

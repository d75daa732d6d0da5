-- title: Model cost
-- answers: What was each model asked, day by day, and what did it cost? `cost_usd` is empty for models without a price.
-- parameter since DateTime = 1970-01-01 00:00:00: only calls at or after this moment (UTC)
-- parameter tenant String = %: only tenants whose name is like this
SELECT toDate(called_at) AS day, tenant, model, revision, prompt, prompt_version, count() AS calls,
       countIf(NOT answered) AS abstained, sum(input_tokens) AS tokens_in, sum(output_tokens) AS tokens_out,
       round(sum(cost_usd), 6) AS cost_usd, round(quantileExact(0.5)(seconds), 4) AS seconds_p50
FROM trace.model_calls
WHERE called_at >= {since:DateTime} AND tenant LIKE {tenant:String}
GROUP BY day, tenant, model, revision, prompt, prompt_version
ORDER BY day DESC, tenant, model, revision, prompt, prompt_version;

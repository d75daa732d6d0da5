# ruff: noqa: INP001 - a script, not part of a package
"""Panels that ask the trace in ClickHouse."""

from panel import Panel, Row, Sql

# $__fromTime, $__toTime and $__timeInterval are macros of the ClickHouse plugin.
_ANSWERS = """(
    SELECT *, coalesce(asked_at, decided_at) AS moment, if(outcome = '', 'open', outcome) AS ended FROM trace.answers
)
WHERE moment >= $__fromTime AND moment <= $__toTime"""
_REQUESTS = f"SELECT tenant, request_id FROM {_ANSWERS}"  # noqa: S608 - two constants

TRACE = Row(
    "From the trace (ClickHouse)",
    (
        Panel(
            "Outcomes over time",
            "From trace.answers: what was recorded, not what was counted.",
            (
                Sql(
                    "SELECT $__timeInterval(moment) AS time, ended AS outcome, count() AS questions\n"
                    f"FROM {_ANSWERS}\nGROUP BY time, outcome ORDER BY time",
                    over_time=True,
                ),
            ),
            bars=True,
        ),
        Panel(
            "Latency by stage, p95",
            "From trace.latencies, by the clocks of the services.",
            (
                Sql(
                    "SELECT $__timeInterval(began_at) AS time, stage, quantile(0.95)(seconds) AS p95\n"
                    "FROM trace.latencies\nWHERE began_at >= $__fromTime AND began_at <= $__toTime\n"
                    "GROUP BY time, stage ORDER BY time",
                    over_time=True,
                ),
            ),
            unit="s",
        ),
        Panel(
            "Outcomes and reasons",
            "Requests in the time range.",
            (
                Sql(
                    "SELECT ended AS outcome, reason, count() AS questions, round(avg(seconds), 3) AS mean_seconds\n"
                    f"FROM {_ANSWERS}\nGROUP BY outcome, reason ORDER BY questions DESC"
                ),
            ),
            kind="table",
        ),
        Panel(
            "Slowest questions",
            "By request id: `answerable explain ID` tells the rest to those who may know it.",
            (
                Sql(
                    "SELECT request_id, tenant, ended AS outcome, reason, round(seconds, 3) AS seconds, moment\n"
                    f"FROM {_ANSWERS}\nORDER BY seconds DESC NULLS LAST LIMIT 20"
                ),
            ),
            kind="table",
            width=12,
        ),
        Panel(
            "Checks that did not pass",
            "Why validation withheld answers.",
            (
                Sql(
                    "SELECT check, reason, count() AS failures, uniqExact(tenant, request_id) AS requests\n"
                    f"FROM trace.checks\nWHERE NOT passed AND (tenant, request_id) IN ({_REQUESTS})\n"
                    "GROUP BY check, reason ORDER BY failures DESC"
                ),
            ),
            kind="table",
            width=12,
        ),
        Panel(
            "Models",
            "Calls, abstentions, tokens, cost and time.",
            (
                Sql(
                    "SELECT model, revision, count() AS calls, countIf(NOT answered) AS abstained,\n"
                    "    sum(input_tokens) AS tokens_in, sum(output_tokens) AS tokens_out,\n"
                    "    round(sum(cost_usd), 4) AS cost_usd, round(quantile(0.95)(seconds), 3) AS seconds_p95\n"
                    "FROM trace.model_calls\nWHERE called_at >= $__fromTime AND called_at <= $__toTime\n"
                    "GROUP BY model, revision ORDER BY calls DESC"
                ),
            ),
            kind="table",
            width=12,
        ),
        Panel(
            "Records by topic",
            "Distinct positions of the log that are recorded.",
            (
                Sql(
                    "SELECT topic, uniqExact(epoch, partition, offset) AS records, max(log_time) AS newest\n"
                    "FROM trace.events\nWHERE log_time >= $__fromTime AND log_time <= $__toTime\n"
                    "GROUP BY topic ORDER BY records DESC"
                ),
            ),
            kind="table",
            width=12,
        ),
    ),
)

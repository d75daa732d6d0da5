# ruff: noqa: INP001 - a script, not part of a package
"""What the dashboard shows, as a table: rows of panels with their queries. `build.py` makes Grafana's JSON of it."""

from panel import RATE, Panel, PromQl, Row, quantile, stat
from trace_panels import TRACE

NOW = Row(
    "Now",
    (
        stat("Services running", "count(service:answerable_up:sum > 0)", "Of six.", green=6),
        stat("Open questions", "answerable:open_requests:sum", "Accepted, no outcome yet."),
        stat(
            "Nearest deadline",
            "answerable:least_time_left_seconds:min",
            "Time left of the most urgent open question; nothing when none is open.",
            unit="s",
            orange=5,
            green=15,
        ),
        stat(
            "Failed",
            "answerable:outcomes_failed:ratio10m",
            "Share of the outcomes of the last ten minutes.",
            unit="percentunit",
            orange=0.01,
            red=0.05,
        ),
        stat("Largest lag", "max(service_topic:answerable_consumer_lag:sum)", "Messages.", orange=100, red=500),
        stat(
            "Dead letters",
            "sum(service_topic_reason:answerable_dead_letters:increase10m) or vector(0)",
            "In the last ten minutes.",
            orange=1,
        ),
        stat("Trace holes", "answerable:trace_holes:max", "Offsets that are not in ClickHouse.", red=1),
        stat(
            "Trace checked",
            "answerable:trace_check_age_seconds:min",
            "How long ago it was last searched for holes.",
            unit="s",
            orange=120,
            red=600,
        ),
    ),
)

QUESTIONS = Row(
    "Questions",
    (
        Panel(
            "Questions and outcomes",
            "Each question has exactly one outcome, so the lines follow one another.",
            (
                PromQl(f'sum(rate(answerable_recorded_total{{topic="questions"}}{RATE}))', "asked"),
                PromQl(f"sum by (outcome) (rate(answerable_outcomes_total{RATE}))", "{{outcome}}"),
            ),
            unit="reqps",
        ),
        Panel(
            "Outcomes by reason",
            "Last ten minutes. Released answers have no reason.",
            (PromQl("outcome_reason:answerable_outcomes:increase10m", "{{outcome}} {{reason}}"),),
            bars=True,
        ),
        Panel(
            "Time to outcome",
            "From the question to its outcome, all outcomes.",
            tuple(
                PromQl(quantile(level, "answerable_answer_seconds"), f"p{level * 100:.0f}")
                for level in (0.5, 0.95, 0.99)
            ),
            unit="s",
        ),
        Panel(
            "Time to outcome, by outcome",
            "95th percentile over five minutes. Failures usually come at the deadline.",
            (PromQl("outcome:answerable_answer_seconds:p95_5m", "{{outcome}}"),),
            unit="s",
        ),
        Panel(
            "Open questions",
            "Accepted, no outcome yet.",
            (PromQl("answerable:open_requests:sum", "open"),),
        ),
        Panel(
            "Time left",
            "To the nearest deadline among the open questions; a gap where none is open.",
            (PromQl("answerable:least_time_left_seconds:min", "nearest deadline"),),
            unit="s",
        ),
    ),
)

STAGES = Row(
    "Stages",
    (
        Panel(
            "Latency by stage, p95",
            "From the event before to the event of the stage, queueing included; as audit sees it.",
            (PromQl("stage:answerable_stage_seconds:p95_5m", "{{stage}}"),),
            unit="s",
        ),
        Panel(
            "Latency by stage, median",
            "From the event before to the event of the stage.",
            (PromQl(quantile(0.5, "answerable_stage_seconds", "stage"), "{{stage}}"),),
            unit="s",
        ),
        Panel(
            "Work on one message, p95",
            "From taking a message to its acknowledged output, without the wait before.",
            (PromQl(quantile(0.95, "answerable_handling_seconds", "service"), "{{service}}"),),
            unit="s",
        ),
    ),
)

DELIVERY = Row(
    "Delivery",
    (
        Panel(
            "Consumer lag",
            "Messages that a service has not finished.",
            (PromQl("service_topic:answerable_consumer_lag:sum", "{{service}} {{topic}}"),),
        ),
        Panel(
            "In flight and waiting",
            "Messages being worked on, and fetched ones that wait for a place.",
            (
                PromQl("sum by (service) (answerable_in_flight)", "{{service}} in flight"),
                PromQl("sum by (service) (answerable_waiting)", "{{service}} waiting"),
            ),
        ),
        Panel(
            "Messages by how they ended",
            "done, repeated from the effect store, retried later, or dead.",
            (
                PromQl(
                    f"sum by (service, disposition) (rate(answerable_messages_total{RATE}))",
                    "{{service}} {{disposition}}",
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Dead letters",
            "Last ten minutes, by service, topic and reason.",
            (PromQl("service_topic_reason:answerable_dead_letters:increase10m", "{{service}} {{topic}} {{reason}}"),),
            bars=True,
        ),
        Panel(
            "Effect store",
            "A hit is work that a redelivered message did not repeat.",
            (PromQl(f"sum by (service, result) (rate(answerable_effects_total{RATE}))", "{{service}} {{result}}"),),
            unit="ops",
        ),
        Panel(
            "Since last progress",
            "Seconds since a service finished a message or had nothing to do.",
            (PromQl("service:answerable_progress_age_seconds:max", "{{service}}"),),
            unit="s",
        ),
        Panel(
            "Partitions",
            "Partitions that the instances own. Gaps are rebalances.",
            (PromQl("sum by (service) (answerable_assigned_partitions)", "{{service}}"),),
        ),
        Panel(
            "Instances",
            "Running instances by service.",
            (PromQl("service:answerable_up:sum", "{{service}}"),),
        ),
        Panel(
            "Questions put again",
            "After the broker lost its log; in production this stays 0.",
            (PromQl("sum(increase(answerable_redriven_total[10m]))", "put again"),),
        ),
    ),
)

RECORD = Row(
    "Record",
    (
        Panel(
            "Records made durable",
            "By topic.",
            (PromQl(f"sum by (topic) (rate(answerable_recorded_total{RATE}))", "{{topic}}"),),
            unit="ops",
        ),
        Panel(
            "Audit delay",
            "From a record's place in the log to its durable row: the price of no record, no answer.",
            (
                PromQl(quantile(0.5, "answerable_audit_delay_seconds"), "p50"),
                PromQl("answerable:audit_delay_seconds:p99_5m", "p99, five minutes"),
            ),
            unit="s",
        ),
        Panel(
            "Completeness",
            "What the last checks found missing, or not as it was sealed.",
            (
                PromQl("answerable:trace_holes:max", "holes"),
                PromQl("kind:answerable_trace_problems:max", "{{kind}}"),
            ),
        ),
    ),
)

MODELS = Row(
    "Models and documents",
    (
        Panel(
            "Model calls",
            "By model and how they ended.",
            (PromQl(f"sum by (model, result) (rate(answerable_model_calls_total{RATE}))", "{{model}} {{result}}"),),
            unit="ops",
        ),
        Panel(
            "Model time, p95",
            "Duration of a call.",
            (PromQl(quantile(0.95, "answerable_model_seconds", "model"), "{{model}}"),),
            unit="s",
        ),
        Panel(
            "Tokens",
            "Read and written.",
            (
                PromQl(
                    f"sum by (model, direction) (rate(answerable_model_tokens_total{RATE}))", "{{model}} {{direction}}"
                ),
            ),
            unit="ops",
        ),
        Panel(
            "Documents",
            "By what became of them.",
            (PromQl(f"sum by (result) (rate(answerable_documents_total{RATE}))", "{{result}}"),),
            unit="ops",
        ),
        Panel(
            "Passages indexed",
            "Put into the index.",
            (PromQl(f"sum(rate(answerable_passages_total{RATE}))", "passages"),),
            unit="ops",
        ),
        Panel(
            "Change of rights, p99",
            "From the event to when every search keeps to it; the promise is a minute.",
            (PromQl(quantile(0.99, "answerable_revocation_seconds"), "p99"),),
            unit="s",
        ),
    ),
)

GATEWAY = Row(
    "Gateway",
    (
        Panel(
            "HTTP requests",
            "By route and status.",
            (
                PromQl(
                    f"sum by (method, route, status) (rate(answerable_http_requests_total{RATE}))",
                    "{{method}} {{route}} {{status}}",
                ),
            ),
            unit="reqps",
            width=12,
        ),
        Panel(
            "HTTP time, p95",
            "POST waits for the outcome, so it is as slow as the answer.",
            (PromQl(quantile(0.95, "answerable_http_seconds", "method", "route"), "{{method}} {{route}}"),),
            unit="s",
            width=12,
        ),
    ),
)

ROWS = (NOW, QUESTIONS, STAGES, DELIVERY, RECORD, MODELS, GATEWAY, TRACE)

"""Every metric of Answerable, declared once. A metric built anywhere else fails a test."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""Buckets up to 300 s: a slow model is slow, not off the scale."""


class Metrics:
    """The metrics of one process; `service` is a label because `answerable up` runs all services in one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        consumed = ("service", "topic")

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"answerable_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"answerable_{name}", text, labels, registry=registry)

        def seconds(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(f"answerable_{name}_seconds", text, labels, buckets=SECONDS, registry=registry)

        # delivery
        self.up = gauge("up", "1 while the service runs.", "service")
        self.messages = counter("messages", "Messages finished, by how they ended.", *consumed, "disposition")
        self.handling_seconds = seconds("handling", "From taking a message to its acknowledged output.", *consumed)
        self.in_flight = gauge("in_flight", "Messages being worked on.", *consumed)
        self.waiting = gauge("waiting", "Messages fetched and waiting for a place.", *consumed)
        self.consumer_lag = gauge("consumer_lag", "Messages after the watermark.", *consumed, "partition")
        self.dead_letters = counter("dead_letters", "Messages given up.", *consumed, "reason")
        self.effects = counter("effects", "Look-ups of recorded results.", "service", "result")
        self.last_progress = gauge("last_progress_timestamp_seconds", "When a message was last finished.", "service")
        self.assigned = gauge("assigned_partitions", "Partitions that this instance owns.", "service")
        # requests
        self.stage_seconds = seconds("stage", "From the event before to the event of this stage.", "stage")
        self.outcomes = counter("outcomes", "Outcomes released, withheld, failed.", "outcome", "reason")
        self.answer_seconds = seconds("answer", "From the question to its outcome.", "outcome")
        self.open_requests = gauge("open_requests", "Accepted questions without an outcome.")
        self.least_time_left = gauge("least_time_left_seconds", "Time to the nearest deadline among open requests.")
        # record
        self.recorded = counter("recorded", "Records made durable.", "topic")
        self.audit_delay_seconds = seconds("audit_delay", "From a record's place in the log to its durable row.")
        self.trace_holes = gauge("trace_holes", "Offsets missing in the trace at the last check.")
        self.witness_offers = counter("witness_offers", "Checkpoints offered to witnesses.", "witness", "result")
        self.trace_problems = gauge("trace_problems", "What the last checks found wrong with the trace.", "kind")
        self.trace_checked = gauge("trace_checked_timestamp_seconds", "When the trace was last checked for holes.")
        self.retention_runs = counter("retention_runs", "Runs of retention, by how they ended.", "result")
        self.retention_removed = counter("retention_removed", "Rows that retention removed.", "table")
        self.redriven = counter("redriven", "Questions put again after the broker lost its log.")
        # trust
        self.certificates_revoked = counter("certificates_revoked", "Certificates that drift revoked.", "cause")
        self.audited_errors = gauge(
            "audited_errors", "Share of wrong answers among audited ones, with its 95 % interval.", "tenant", "bound"
        )
        # models and documents
        self.model_calls = counter("model_calls", "Calls of a model.", "model", "result")
        self.model_tokens = counter("model_tokens", "Tokens read and written.", "model", "direction")
        self.model_seconds = seconds("model", "Duration of model calls.", "model")
        self.documents = counter("documents", "Documents by what became of them.", "result")
        self.passages = counter("passages", "Passages put into the index.")
        self.revocation_seconds = seconds("revocation", "From a change of rights to when every search keeps to it.")
        # HTTP
        self.http_requests = counter("http_requests", "Requests to the gateway.", "method", "route", "status")
        self.http_seconds = seconds("http", "Duration of requests to the gateway.", "method", "route")

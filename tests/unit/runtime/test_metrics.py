"""Metrics are declared once, in one place."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from answerable_runtime.metrics import Metrics

ROOT = Path(__file__).parents[3]


def test_no_metric_is_built_outside_the_registry_module() -> None:
    built = re.compile(
        r"\b(Counter|Gauge|Histogram|Summary|Enum)\(\s*f?\"|prometheus_client import [^\n]*(Counter|Gauge|Histogram)"
    )
    sources = [path for kind in ("libs", "services") for path in (ROOT / kind).glob("*/src/**/*.py")]
    offenders = [
        str(path.relative_to(ROOT)) for path in sources if path.name != "metrics.py" and built.search(path.read_text())
    ]
    assert len(sources) > 50
    assert offenders == []


def test_every_metric_has_its_prefix_and_a_sentence() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    families = list(registry.collect())
    assert families
    assert all(family.name.startswith("answerable_") and family.documentation.endswith(".") for family in families)


def test_durations_reach_five_minutes() -> None:
    registry = CollectorRegistry()
    Metrics(registry).answer_seconds.labels("released").observe(1)
    bounds = {
        sample.labels["le"] for family in registry.collect() for sample in family.samples if "le" in sample.labels
    }
    assert "300.0" in bounds

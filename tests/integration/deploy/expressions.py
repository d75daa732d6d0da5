"""Every PromQL and SQL expression under deploy/, and the series that they name."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from answerable_runtime.metrics import Metrics

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
RULES_TEST = DEPLOY / "prometheus" / "rules_test.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "answerable.json"

_TOKEN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_STRING = re.compile(r'"[^"]*"')
_COMPARISON = re.compile(r"(==|!=|>=|<=|>|<)(?!\s*bool\b)")
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@dataclass(frozen=True)
class Expression:
    """Where it stands, and what it says."""

    place: str
    text: str

    def __str__(self) -> str:
        return self.place


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def targets() -> Iterator[tuple[str, dict[str, Any]]]:
    """Title of the panel and query, for all of the dashboard."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target


def promql() -> list[Expression]:
    """Recordings and panels as they are; alerts with limits that give 0 where they would give nothing."""
    found = [Expression(f"recording {rule['record']}", rule["expr"]) for rule in rules() if "record" in rule]
    found += [Expression(f"alert {rule['alert']}", _without_limits(rule["expr"])) for rule in alerts()]
    return found + [Expression(f"panel {place}", query["expr"]) for place, query in targets() if "expr" in query]


def sql() -> list[Expression]:
    return [Expression(f"panel {place}", query["rawSql"]) for place, query in targets() if "rawSql" in query]


def series_named(text: str) -> set[str]:
    """Metrics and recordings in an expression."""
    return {name for name in _TOKEN.findall(_STRING.sub("", text)) if name.startswith("answerable_") or ":" in name}


def series_known() -> set[str]:
    """What the services export, by the names that Prometheus stores, and what the rules record."""
    exported = {
        family.name + suffix
        for family in Metrics(CollectorRegistry()).registry.collect()
        for suffix in _SUFFIXES[family.type]
    }
    return exported | {rule["record"] for rule in rules() if "record" in rule}


def _without_limits(text: str) -> str:
    return _COMPARISON.sub(r"\1 bool", text)

"""Prometheus rules: valid, tested, explained, and about metrics that exist."""

import shutil
import subprocess

import pytest
import yaml

from tests.integration.deploy.expressions import DEPLOY, RULES_TEST, alerts, promql, series_known, series_named

FOLDER = DEPLOY / "prometheus"
REQUIRED = {
    "ServiceDown",
    "ConsumerLagHigh",
    "RequestNearDeadline",
    "DeadLetters",
    "AuditDelay",
    "TraceIncomplete",
    "NoProgress",
    "OutcomeFailures",
}


@pytest.mark.parametrize(
    "arguments",
    [("check", "rules", "rules.yml"), ("check", "config", "prometheus.yml"), ("test", "rules", "rules_test.yml")],
    ids=" ".join,
)
def test_promtool_accepts(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: install Prometheus (Debian: apt-get install prometheus)")
    done = subprocess.run([promtool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_has_to_page_somebody_does() -> None:
    assert {rule["alert"] for rule in alerts()} >= REQUIRED


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_what_and_what_to_do(rule) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"deploy/runbooks/{rule['alert']}.md"
    page = (DEPLOY.parent / rule["annotations"]["runbook_url"]).read_text()
    for heading in (f"# {rule['alert']}", "## Impact", "## First", "## Causes and what to do", "## Escalate when"):
        assert heading in page


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(rule) -> None:
    tests = yaml.safe_load(RULES_TEST.read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"] if case["alertname"] == rule["alert"]]
    assert {bool(case.get("exp_alerts")) for case in cases} == {True, False}


@pytest.mark.parametrize("expression", promql(), ids=str)
def test_an_expression_names_only_series_that_exist(expression) -> None:
    assert series_named(expression.text) <= series_known()

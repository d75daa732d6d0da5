"""How sure each tenant wants to be."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from answerable_trust.values import Policy
from answerable_validation.rules import Rules
from answerable_validation.settings import ValidationSettings

EVERYONE = Rules(Policy(None, 0.4), timedelta(hours=24), 0.1)


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> ValidationSettings:
    for name, value in environment.items():
        monkeypatch.setenv(f"ANSWERABLE_{name.upper()}", value)
    return ValidationSettings()


def test_a_tenant_without_a_policy_of_its_own_gets_that_of_everyone(monkeypatch):
    chosen = settings(monkeypatch, review_below="0.4")
    assert chosen.rules_for("acme") == chosen.rules_for(None) == EVERYONE


@pytest.mark.parametrize(
    ("own", "rules"),
    [
        ('{"review_below": 0.6}', Rules(Policy(None, 0.6), timedelta(hours=24), 0.1)),
        ('{"largest_alpha": 0.02}', Rules(Policy(None, 0.4), timedelta(hours=24), 0.02)),
        ('{"uncertified": "review"}', Rules(Policy(None, 0.4, 0.0, "review"), timedelta(hours=24), 0.1)),
        ('{"review_within": 3600, "review_below": 0.0}', Rules(Policy(None, 0.0), timedelta(hours=1), 0.1)),
        ('{"source_quality": 0.6}', Rules(Policy(None, 0.4, 0.6), timedelta(hours=24), 0.1)),
    ],
)
def test_a_tenant_changes_what_it_names(monkeypatch, own, rules):
    chosen = settings(monkeypatch, review_below="0.4", policies=f'{{"acme": {own}}}')
    assert chosen.rules_for("acme") == rules
    assert chosen.rules_for("norvik") == EVERYONE


@pytest.mark.parametrize("url", ["http://answerable@127.0.0.1:8123", "http://localhost:8123"])
def test_a_threshold_set_by_hand_is_for_ones_own_machine(monkeypatch, url):
    chosen = settings(monkeypatch, clickhouse_url=url, validation_development_threshold="0.7")
    assert chosen.rules_for("norvik").policy.threshold == 0.7


@pytest.mark.parametrize(
    "environment",
    [
        {"validation_development_threshold": "1.1"},
        {"validation_development_threshold": "nan"},
        {"validation_development_threshold": "0.7", "clickhouse_url": "http://answerable@clickhouse:8123"},
        {"review_below": "1.2"},
        {"policies": '{"acme": {"release_threshold": 0.2}}'},
        {"policies": '{"acme": {"review_below": 1.9}}'},
        {"uncertified": "release"},
        {"largest_alpha": "0"},
        {"review_within": "200000"},
        {"source_quality": "1.2"},
        {"policies": '{"acme": {"source_quality": -0.1}}'},
        {"policies": '{"acme": {"treshold": 0.9}}'},
        {"policies": '{"Not A Tenant": {}}'},
    ],
    ids=str,
)
def test_a_policy_that_cannot_gate_anything_stops_the_start(monkeypatch, environment):
    with pytest.raises(ValidationError):
        settings(monkeypatch, **environment)

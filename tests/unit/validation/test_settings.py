"""How sure each tenant wants to be."""

import pytest
from pydantic import ValidationError

from answerable_trust.values import Policy
from answerable_validation.settings import ValidationSettings


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> ValidationSettings:
    for name, value in environment.items():
        monkeypatch.setenv(f"ANSWERABLE_{name.upper()}", value)
    return ValidationSettings()


def test_a_tenant_without_a_policy_of_its_own_gets_that_of_everyone(monkeypatch):
    chosen = settings(monkeypatch, release_threshold="0.9", review_below="0.4")
    assert chosen.policy_for("acme") == chosen.policy_for(None) == Policy(0.9, 0.4)


@pytest.mark.parametrize(
    ("own", "policy"),
    [
        ('{"release_threshold": 0.95}', Policy(0.95, 0.4)),
        ('{"review_below": 0.6}', Policy(0.9, 0.6)),
        ('{"release_threshold": 0.8, "review_below": 0.5}', Policy(0.8, 0.5)),
        ('{"release_threshold": 0.0, "review_below": 0.0}', Policy(0.0, 0.0)),
        ('{"source_quality": 0.6}', Policy(0.9, 0.4, 0.6)),
    ],
)
def test_a_tenant_changes_what_it_names(monkeypatch, own, policy):
    chosen = settings(monkeypatch, release_threshold="0.9", review_below="0.4", policies=f'{{"acme": {own}}}')
    assert chosen.policy_for("acme") == policy
    assert chosen.policy_for("norvik") == Policy(0.9, 0.4)


@pytest.mark.parametrize(
    "environment",
    [
        {"release_threshold": "1.1"},
        {"release_threshold": "nan"},
        {"review_below": "0.99"},
        {"policies": '{"acme": {"release_threshold": 2}}'},
        {"policies": '{"acme": {"review_below": 0.9}}'},
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

"""Settings come from the environment, and a wrong one is refused."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from answerable_runtime.errors import StartUpRefused
from answerable_runtime.settings import RuntimeSettings, refuse_unknown


@pytest.mark.parametrize(("text", "expected"), [("0.01", 0.01), ("10", 10), ("PT0.5S", 0.5)])
def test_durations_are_seconds_or_iso_8601(monkeypatch: pytest.MonkeyPatch, text: str, expected: float) -> None:
    monkeypatch.setenv("ANSWERABLE_KAFKA_FETCH_WAIT", text)
    assert RuntimeSettings().kafka_fetch_wait == timedelta(seconds=expected)


def test_several_brokers_become_a_list() -> None:
    assert RuntimeSettings(kafka_brokers="a:1, b:2,").bootstrap_servers == ["a:1", "b:2"]


def test_half_a_credential_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs kafka_username"):
        RuntimeSettings(kafka_security="SASL_SSL", kafka_username="alice")


def test_a_secret_is_not_shown() -> None:
    settings = RuntimeSettings(kafka_security="SASL_SSL", kafka_username="alice", kafka_password="hunter2")
    assert "hunter2" not in repr(settings)


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(StartUpRefused, match=r"ANSWERABLE_KAFKA_BROKER$"):
        refuse_unknown({"ANSWERABLE_KAFKA_BROKER": "x", "ANSWERABLE_REDIS_URL": "y", "HOME": "z"}, [RuntimeSettings])

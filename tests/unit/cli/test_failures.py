"""Errors as a user meets them."""

import pytest

from answerable_cli.errors import AlreadyRunning, CliError, UsageRefused
from answerable_cli.failures import explain_failure
from answerable_cli.servers.errors import PortInUseError
from answerable_runtime.errors import BrokerUnavailable, StartUpRefused
from answerable_trail.errors import QueryInvalid, TrailUnavailable


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (UsageRefused("no"), 2, None),
        (AlreadyRunning("no", "stop it"), 1, "stop it"),
        (QueryInvalid("syntax error"), 2, None),
        (TrailUnavailable("no answer"), 1, "doctor"),
        (BrokerUnavailable("no answer"), 1, "doctor"),
        (StartUpRefused("unknown settings"), 1, "answerable settings"),
        (PortInUseError(8080), 1, None),
    ],
)
def test_an_error_has_a_line_a_code_and_a_hint(error: Exception, code: int, hint: str | None) -> None:
    failure = explain_failure(error)
    assert isinstance(failure, CliError)
    assert failure.code == code
    assert str(failure) == str(error)
    assert hint is None or (failure.hint is not None and hint in failure.hint)

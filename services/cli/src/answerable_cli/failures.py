"""What the libraries below raise on purpose, as one line and a hint."""

from pydantic import ValidationError

from answerable_cli.errors import CliError, NotReachable, UsageRefused
from answerable_cli.servers.errors import ServerError
from answerable_runtime.errors import BrokerUnavailable, RuntimeFault, StartUpRefused
from answerable_trail.errors import QueryInvalid, QueryUnknown, RetentionRefused, TrailError, TrailUnavailable

_IS_IT_UP = "is `answerable up` running? `answerable doctor` tells what answers"


KNOWN = (CliError, ValidationError, ServerError, RuntimeFault, TrailError)
"""What is raised on purpose; anything else is a bug, whose traceback is wanted."""


def explain_failure(error: Exception) -> CliError:
    """One of KNOWN in words."""
    match error:
        case CliError():
            failure = error
        case ValidationError():
            failure = _settings_refused(error)
        case QueryInvalid() | QueryUnknown() | RetentionRefused():
            failure = UsageRefused(str(error))
        case TrailUnavailable() | BrokerUnavailable():
            failure = NotReachable(str(error), _IS_IT_UP)
        case StartUpRefused():
            failure = CliError(str(error), "`answerable settings` lists every setting")
        case _:
            failure = CliError(str(error) or type(error).__name__)
    return failure


def _settings_refused(error: ValidationError) -> CliError:
    problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
    return CliError(f"settings refused: {'; '.join(problems[:5])}", "`answerable settings` lists every setting")

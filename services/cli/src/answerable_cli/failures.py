"""What the libraries below raise on purpose, as one line and a hint."""

from pydantic import ValidationError

from answerable_cli.errors import CliError, NotReachable, UsageRefused
from answerable_cli.servers.errors import ServerError
from answerable_runtime.errors import BrokerUnavailable, RuntimeFault, StartUpRefused
from answerable_trail.errors import QueryInvalid, QueryUnknown, TrailError, TrailUnavailable

_IS_IT_UP = "is `answerable up` running? `answerable doctor` tells what answers"


def explain_failure(error: Exception) -> CliError | None:
    """The failure in words; None for a bug, whose traceback is wanted."""
    match error:
        case CliError():
            return error
        case ValidationError():
            return _settings_refused(error)
        case QueryInvalid() | QueryUnknown():
            return UsageRefused(str(error))
        case TrailUnavailable() | BrokerUnavailable():
            return NotReachable(str(error), _IS_IT_UP)
        case StartUpRefused():
            return CliError(str(error), "`answerable settings` lists every setting")
        case ServerError() | RuntimeFault() | TrailError():
            return CliError(str(error))
        case _:
            return None


def _settings_refused(error: ValidationError) -> CliError:
    problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
    return CliError(f"settings refused: {'; '.join(problems[:5])}", "`answerable settings` lists every setting")

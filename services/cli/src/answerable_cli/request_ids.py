"""Request ids as people type them, and what a command says of those that lead nowhere."""

from uuid import UUID

from answerable_cli.errors import CliError, UsageRefused


def parse_request_id(text: str) -> UUID:
    """Raises UsageRefused."""
    try:
        return UUID(text)
    except ValueError:
        raise no_request_id(text) from None


def no_request_id(text: str) -> UsageRefused:
    return UsageRefused(f"{text} is not a request id", "`answerable ask` prints it")


def nothing_recorded(request_id: UUID) -> CliError:
    return CliError(f"nothing is recorded of {request_id}", "a question is on record as soon as it is accepted")

"""How a command ends when it does not succeed.

CliError                exit 1   what went wrong, in one line, and what to do about it
├── UsageRefused        exit 2   what was asked for makes no sense
├── NotReachable        exit 1   nothing answers where the command looked
├── AlreadyRunning      exit 1   another `answerable up` holds the data folder
└── PartFailed          exit 1   a server or a service of `answerable up` ended by itself
"""

from typing import ClassVar

RELEASED = 0
FAILURE = 1
USAGE = 2
WITHHELD = 3
ANSWER_FAILED = 4
IN_REVIEW = 5
INTERRUPTED = 130


class CliError(Exception):
    """Text and hint are for people; neither quotes documents, questions or secrets."""

    code: ClassVar[int] = FAILURE

    def __init__(self, text: str, hint: str | None = None) -> None:
        super().__init__(text)
        self.hint = hint


class UsageRefused(CliError):
    code = USAGE


class NotReachable(CliError):
    pass


class AlreadyRunning(CliError):
    pass


class PartFailed(CliError):
    pass

"""Everything that can go wrong with a model, by what the caller can do about it.

    ModelError
    ├── ModelUnavailable     transient: try again later, or the next model of the chain
    ├── ModelRejected        permanent for this request: trying again changes nothing
    ├── ModelOutputInvalid   the model answered, but not in the agreed form
    ├── InvalidEntry         a registry entry that cannot be read
    ├── UnknownModel         no such registry entry
    └── UnknownPrompt        no such prompt file

Messages carry no question, no document text and no secret: they are safe to log.
"""


class ModelError(Exception):
    """Root of the tree: catch this to catch whatever a model may raise."""


class ModelUnavailable(ModelError):
    """Transient: timeout, connection, overload (429) or server fault (5xx)."""


class ModelRejected(ModelError):
    """Permanent: bad key, unknown model name, context too long, content filter, refusal."""


class ModelOutputInvalid(ModelError):
    """The output is not the agreed JSON. `raw` holds it for the record and stays out of the message."""

    def __init__(self, message: str, *, raw: str = "") -> None:
        super().__init__(message)
        self.raw = raw


class InvalidEntry(ModelError):
    """A registry entry has an unknown key, a missing one, or a value of the wrong kind."""


class UnknownModel(ModelError):
    """The registry has no entry of that id."""


class UnknownPrompt(ModelError):
    """There is no prompt file of that name and version."""

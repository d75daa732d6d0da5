"""Everything this package raises on purpose.

KnowledgeError
├── Unreadable      the bytes of a document cannot become text (reason code)
├── SnapshotGone    the index version asked for does not exist here
├── WriteFailed     the change was not committed; it may be repeated
└── IndexCorrupt    the index on disk cannot be read or does not have our layout
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a document could not be read; these codes go into events and are never renamed."""

    UNSUPPORTED_FORMAT = "unsupported_format"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NO_TEXT = "no_text"
    TIMEOUT = "timeout"


class KnowledgeError(Exception):
    """Base of this package's errors. Texts carry no document text and no personal data."""


class Unreadable(KnowledgeError):
    """The bytes cannot become text; `reason` is the code of a `Reason`."""

    def __init__(self, reason: Reason | str) -> None:
        self.reason = str(Reason(reason))
        super().__init__(self.reason)


class SnapshotGone(KnowledgeError):
    """The snapshot is not one of this tenant's, or its version is no longer kept."""


class WriteFailed(KnowledgeError):
    """The change was not committed: another writer kept winning, or the storage failed. It may be repeated."""


class IndexCorrupt(KnowledgeError):
    """The stored table cannot be read or does not have the expected columns."""

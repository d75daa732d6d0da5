"""Everything this package raises on purpose.

KnowledgeError
├── Unreadable      the bytes of a document cannot become text (reason code)
├── SnapshotGone    the index version asked for does not exist here
├── ParserUnavailable  no process to read documents could be started; it may be tried again
├── WriteFailed     the change was not committed; it may be repeated
└── IndexCorrupt    the index on disk cannot be read or does not have our layout
    └── EmbedderDiffers   its vectors are of another embedder than ours
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
    TOO_DEEP = "too_deep"
    """Archives in archives, mails in mails, or structures in structures beyond measure."""
    CRASHED = "crashed"
    """The program that reads this format failed on it."""


class KnowledgeError(Exception):
    """Base of this package's errors. Texts carry no document text and no personal data."""


class Unreadable(KnowledgeError):
    """The bytes cannot become text; `reason` is the code of a `Reason`, `detail` is for developers."""

    def __init__(self, reason: Reason | str, detail: str | None = None) -> None:
        self.reason = str(Reason(reason))
        self.detail = detail
        super().__init__(self.reason)


class ParserUnavailable(KnowledgeError):
    """No process that reads documents could be started: memory or a limit of the machine. It may be tried again."""


class SnapshotGone(KnowledgeError):
    """The snapshot is not one of this tenant's, or its version is no longer kept."""


class WriteFailed(KnowledgeError):
    """The change was not committed: another writer kept winning, or the storage failed. It may be repeated."""


class IndexCorrupt(KnowledgeError):
    """The stored table cannot be read or does not have the expected columns."""


class EmbedderDiffers(IndexCorrupt):
    """Vectors of two embedders mean nothing to each other: neither search nor write would be right."""

    def __init__(self, made_with: str, used: str) -> None:
        super().__init__(
            f"the index was made with the embedder {made_with}, not with {used}: "
            "use that one again, or an index in a new folder, and submit the documents again"
        )

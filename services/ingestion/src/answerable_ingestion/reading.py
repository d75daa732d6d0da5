"""From the submitted bytes to passages, within limits. Blocking: the bytes are read in a process of their own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from answerable_events.documents import DocumentSubmitted
from answerable_knowledge.access import is_reader, validate_readers
from answerable_knowledge.blocks import ParsedDocument
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import DocumentRow, IndexedDocument
from answerable_knowledge.isolation import File, Parsers


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that was read and cut."""

    parsed: ParsedDocument
    passages: tuple[Passage, ...]
    sha256: str


class Refused(Exception):
    """The submission cannot become a source for a reason that is not in its bytes; `reason` goes into the event."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def read(submitted: DocumentSubmitted, parsers: Parsers) -> Reading:
    """Parse and cut. A title that the owner gave takes the place of the document's own.

    Raises:
        Unreadable: too large, or not a document that can be read.
        ParserUnavailable: try again.
    """
    content, title = submitted.content, submitted.title
    parsed, passages = parsers.read(
        File(content, submitted.filename, submitted.media_type, submitted.encoding_hint, title)
    )
    return Reading(parsed, passages, hashlib.sha256(content).hexdigest())


def entry_of(submitted: DocumentSubmitted, reading: Reading, now: datetime) -> IndexedDocument:
    """The document as the index is to know it.

    Raises:
        Refused: `invalid_readers`: a name that could be nobody's, such as a wildcard. The owner meant something else.
    """
    try:
        readers = validate_readers(submitted.readers)
        denied = validate_readers(submitted.denied)
    except ValueError:
        raise Refused("invalid_readers") from None
    return IndexedDocument(
        tenant=submitted.tenant,
        document_id=submitted.document_id,
        version=submitted.version,
        title=reading.parsed.title,
        source=source_of(submitted.document_id, submitted.filename),
        media_type=reading.parsed.media_type,
        readers=readers,
        denied=denied,
        content_sha256=reading.sha256,
        indexed_at=now,
        submitted_at=submitted.submitted_at,
        owner=submitted.owner,
        valid_from=submitted.valid_from,
        valid_until=submitted.valid_until,
        review_by=submitted.review_by,
        supersedes=submitted.supersedes,
        collection=submitted.collection,
        language=reading.parsed.language,
    )


def source_of(document_id: str, filename: str) -> str:
    """What people see as the source: the id where it is a path to the file, the file's name otherwise."""
    is_path = document_id == filename or document_id.endswith(f"/{filename}")
    return document_id if is_path else filename


def refusal(submitted: DocumentSubmitted, sha256: str, held: DocumentRow | None) -> str | None:
    """Why the index did not take a submission; None where it holds the same version with the same bytes already."""
    if held is None:
        return "withdrawn"
    if held.version > submitted.version:
        return "outdated"
    return None if held.content_sha256 == sha256 else "version_taken"


def usable(readers: Sequence[str]) -> tuple[str, ...]:
    """The readers that can be somebody. The others match nobody: leaving them out changes no one's rights."""
    return tuple(filter(is_reader, readers))


def usable_access(readers: Sequence[str], denied: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Readers and those denied that can be somebody; nobody reads where one denied cannot: whom is then not known."""
    return usable(readers) if all(map(is_reader, denied)) else (), usable(denied)

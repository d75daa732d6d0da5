"""Events about documents: what upstream submits, and what became of it."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints

from answerable_events.body import Base64, Code, EventBody, Instant, Name, Sha256, Text
from answerable_events.identity import document_correlation

Reader = Annotated[str, StringConstraints(pattern=r"^(user|group):[^\x00-\x1f]{1,200}$")]


class DocumentBody(EventBody):
    """An event about one document; `document_id` is the owner's own stable name for it."""

    document_id: Name

    @property
    def correlation_id(self) -> UUID:
        return document_correlation(self.tenant, self.document_id)

    @property
    def subject(self) -> str:
        return self.document_id


class DocumentSubmitted(DocumentBody):
    """A document, or a newer version of one, was handed over. No readers means that nobody may read it."""

    TYPE: ClassVar[str] = "io.answerable.document.submitted.v1"

    version: int = Field(ge=1, description="Higher replaces lower; the same version again changes nothing.")
    filename: Name
    content: Base64 = Field(description="The file, base64, at most 10 MiB decoded.")
    media_type: Name | None = None
    title: Text | None = None
    readers: tuple[Reader, ...] = ()
    owner: Name | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    supersedes: Name | None = Field(default=None, description="document_id of the document that this one replaces.")
    encoding_hint: Name | None = Field(default=None, description="Encoding to try for text that is not UTF-8.")
    submitted_at: Instant


class DocumentWithdrawn(DocumentBody):
    """The owner takes the document back: it is no longer a source."""

    TYPE: ClassVar[str] = "io.answerable.document.withdrawn.v1"

    withdrawn_at: Instant


class AccessChanged(DocumentBody):
    """From now on exactly these readers may read the document."""

    TYPE: ClassVar[str] = "io.answerable.access.changed.v1"

    readers: tuple[Reader, ...]
    changed_at: Instant


class DocumentIndexed(DocumentBody):
    """The passages of a document version can be found, from this snapshot on."""

    TYPE: ClassVar[str] = "io.answerable.document.indexed.v1"

    version: int
    title: Text
    passages: int = Field(ge=0)
    snapshot: Name
    content_sha256: Sha256
    media_type: Name
    encoding: Name | None = None
    notes: tuple[Text, ...] = ()


class DocumentRejected(DocumentBody):
    """The document cannot be a source; its bytes stay in the record."""

    TYPE: ClassVar[str] = "io.answerable.document.rejected.v1"

    version: int
    reason: Code
    filename: Name


class DocumentRemoved(DocumentBody):
    """A withdrawn document is out of the index, from this snapshot on."""

    TYPE: ClassVar[str] = "io.answerable.document.removed.v1"

    snapshot: Name


class AccessApplied(DocumentBody):
    """A change of readers is in force, from this snapshot on."""

    TYPE: ClassVar[str] = "io.answerable.access.applied.v1"

    readers: tuple[Reader, ...]
    snapshot: Name

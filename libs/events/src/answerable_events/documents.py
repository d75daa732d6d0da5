"""Events about documents: what upstream submits, and what became of it."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints

from answerable_events.body import Base64, Code, EventBody, Instant, Name, Sha256, Text
from answerable_events.identity import document_correlation

Reader = Annotated[str, StringConstraints(pattern=r"^(user|group):[^\x00-\x1f]{1,200}$")]


class DocumentBody(EventBody):
    """An event about one document; `document_id` is the owner's own stable name for it."""

    KEY: ClassVar[str] = "document_id"

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
    denied: tuple[Reader, ...] = Field(default=(), description="May not read it, whatever `readers` says.")
    owner: Name | None = None
    collection: Name | None = Field(default=None, description="The source that it is a part of, for quality by source.")
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    review_by: Instant | None = Field(
        default=None, description="By when the owner promises to look at it again; afterwards it is stale."
    )
    supersedes: Name | None = Field(default=None, description="document_id of the document that this one replaces.")
    encoding_hint: Name | None = Field(default=None, description="Encoding to try for text that is not UTF-8.")
    submitted_at: Instant


class DocumentWithdrawn(DocumentBody):
    """The owner takes the document back: it is no longer a source."""

    TYPE: ClassVar[str] = "io.answerable.document.withdrawn.v1"

    withdrawn_at: Instant


class AccessChanged(DocumentBody):
    """From now on exactly these readers may read the document, but for those denied."""

    TYPE: ClassVar[str] = "io.answerable.access.changed.v1"

    readers: tuple[Reader, ...]
    denied: tuple[Reader, ...] = ()
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
    language: Code | None = Field(default=None, description="ISO 639-1 code of the language of most of the text.")
    quality: float | None = Field(default=None, ge=0, le=1, description="1: nothing was found against it.")
    findings: tuple[Code, ...] = Field(default=(), description="What was found against it, for example `mojibake`.")
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
    denied: tuple[Reader, ...] = ()
    snapshot: Name


class GroupBody(EventBody):
    """An event about one group of people."""

    KEY: ClassVar[str] = "group"

    group: Name = Field(description="The name, without `group:` in front.")

    @property
    def correlation_id(self) -> UUID:
        return document_correlation(self.tenant, self.subject)

    @property
    def subject(self) -> str:
        return f"group:{self.group}"


class GroupChanged(GroupBody):
    """From now on exactly these are members of the group, besides those of whom a verified token says so.

    A member that is a group makes every member of that group one of this, to any depth.
    """

    TYPE: ClassVar[str] = "io.answerable.group.changed.v1"

    members: tuple[Reader, ...]
    changed_at: Instant


class GroupApplied(GroupBody):
    """A change of members is in force, from this snapshot on."""

    TYPE: ClassVar[str] = "io.answerable.group.applied.v1"

    members: tuple[Reader, ...]
    snapshot: Name

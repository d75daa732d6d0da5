"""Events about the record itself: what was signed, what was checked."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from answerable_events.body import Code, EventBody, Instant, Name, Sha256, Text, Value
from answerable_events.identity import governance_correlation
from answerable_events.requests import STANDARD_RISK, RiskBound, RiskClass

OPERATOR = "answerable"
"""The tenant of events about the whole deployment; no upstream may use it."""


class GovernanceBody(EventBody):
    """An event about the record; keyed by what it is about."""

    KEY: ClassVar[str] = "subject"

    @property
    def about(self) -> str:
        raise NotImplementedError

    @property
    def correlation_id(self) -> UUID:
        return governance_correlation(self.tenant, self.about)

    @property
    def subject(self) -> str:
        return f"{self.tenant}/{self.about}"


class CheckpointSigned(GovernanceBody):
    """The state of a tree, signed: from now on nothing in it can change without being seen by whoever holds this."""

    TYPE: ClassVar[str] = "io.answerable.checkpoint.signed.v1"

    shard: int = Field(ge=0, description="Which of the tenant's trees: the partition number of the records in it.")
    size: int = Field(ge=0, description="Leaves in the tree.")
    root: Sha256 = Field(description="RFC 6962 root hash, hexadecimal.")
    note: Text = Field(description="C2SP signed note of the checkpoint.")
    signed_at: Instant

    @property
    def about(self) -> str:
        return f"tree/{self.shard}"


class TraceProblem(Value):
    """Something that the record lacks, or that nobody can have put there."""

    kind: Name = Field(description="offsets, conflict, sequence, manifest, leaf, row.")
    place: Name = Field(description="Topic, partition and offset, or producer and number, or request.")
    count: int = Field(ge=1, description="How many of the same kind in a row begin there.")


class TraceChecked(GovernanceBody):
    """The record was compared with itself and with the log."""

    TYPE: ClassVar[str] = "io.answerable.trace.checked.v1"

    complete: bool
    records: int = Field(ge=0)
    problems: tuple[TraceProblem, ...] = Field(default=(), description="The first hundred.")
    checked_at: Instant

    @property
    def about(self) -> str:
        return "completeness"


class TopicRetention(Value):
    """How long the log itself still holds what was erased everywhere else."""

    topic: Name
    days: float = Field(gt=0, description="Retention of the topic.")
    gone_by: Instant = Field(description="When the last erased record of it has outlived that.")


class SinkScanned(Value):
    """A place that was searched for the erased texts after the deletion."""

    sink: Code
    searched: int = Field(ge=0, description="Rows, values or files looked through.")
    residues: int = Field(ge=0, description="How many of them still hold one of the texts.")


class Ordered(Value):
    """On whose word something is done, and why."""

    reason: Text = Field(min_length=1, max_length=1_000)
    by: Name = Field(description="Who ordered it.")


class RecordErased(Ordered, GovernanceBody):
    """The certificate of an erasure: what was deleted where, and what a search found afterwards. Names no one."""

    TYPE: ClassVar[str] = "io.answerable.record.erased.v1"

    erasure_id: UUID
    kind: Literal["subject", "request", "document"]
    target_sha256: Sha256 = Field(description="Of `<tenant>\\n<subject, request id or document id>`, UTF-8.")
    positions: int = Field(ge=0, description="Records of the log whose text is gone; their leaves stand.")
    refused: int = Field(
        default=0, ge=0, description="Records left alone because they are not what was sealed: evidence of an edit."
    )
    deleted: dict[Code, int] = Field(default_factory=dict, description="What was deleted, by sink.")
    quoted_in: tuple[UUID, ...] = Field(
        default=(), description="Requests whose records still quote the document, the first thousand."
    )
    retention: tuple[TopicRetention, ...] = ()
    scanned: tuple[SinkScanned, ...] = ()
    residues: int = Field(ge=0, description="0, or the erasure is not complete.")
    texts_sought: int = Field(ge=0)
    texts_shared: int = Field(
        default=0, ge=0, description="Of those, how many other requests or documents rightly hold as well."
    )
    erased_at: Instant

    @property
    def about(self) -> str:
        return f"erasure/{self.erasure_id}"


class Certificate(RiskBound):
    """A risk bound with all that it was proved for; a change of any of it ends it."""

    risk_class: RiskClass = STANDARD_RISK
    released: int = Field(ge=0, description="Labelled answers at or above the threshold.")
    wrong: int = Field(ge=0, description="Of those, the wrong ones.")
    configuration: dict[Code, Name] = Field(
        description="What made the answers: model, prompt, embedder, checks, confidence; each must be as it was."
    )
    confidences: tuple[int, ...] = Field(
        default=(), description="Labelled answers by tenth of confidence: what drift is measured against."
    )
    similarities: tuple[int, ...] = Field(
        default=(), description="Questions of the calibration set by tenth of the similarity of their best passage."
    )
    abstained: int = Field(default=0, ge=0, description="Questions of the calibration set that were not answered.")


class CertificateSigned(Ordered, GovernanceBody):
    """A person put a certificate in force. Of one tenant and risk class the newest one counts."""

    TYPE: ClassVar[str] = "io.answerable.certificate.signed.v1"

    certificate: Certificate
    signed_at: Instant

    @property
    def about(self) -> str:
        return f"certificate/{self.certificate.risk_class}"


class CertificateRevoked(Ordered, GovernanceBody):
    """A certificate is not in force any more: by a person, or because what it says does not hold of the traffic."""

    TYPE: ClassVar[str] = "io.answerable.certificate.revoked.v1"

    certificate_id: UUID
    risk_class: RiskClass = STANDARD_RISK
    cause: Code = Field(description="`person`, `labels`, `confidences`, `abstentions`.")
    revoked_at: Instant

    @property
    def about(self) -> str:
        return f"certificate/{self.risk_class}"

"""Settings of validation."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from answerable_events.body import Tenant
from answerable_runtime.settings import IndexSettings
from answerable_trust.values import Policy


class PolicySetting(BaseModel):
    """How sure one tenant wants to be; what it leaves out is as for everyone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release_threshold: float | None = None
    review_below: float | None = None
    source_quality: float | None = None


class ValidationSettings(IndexSettings):
    """How sure an answer must be before it may be released, and where to see who may read its sources."""

    validation_threads: int = Field(default=4, ge=1, le=64, description="Look-ups of access at once.")

    release_threshold: float = Field(
        default=0.75, ge=0, le=1, description="Confidence from which an answer is released. Not calibrated."
    )
    review_below: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Confidence from which, up to the threshold, a person decides; unset: such answers are withheld.",
    )
    source_quality: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Quality of sources below which an answer must not rest on them alone; 0: any will do.",
    )
    policies: dict[Tenant, PolicySetting] = Field(
        default_factory=dict,
        description='Other values for some tenants, JSON: {"acme": {"release_threshold": 0.9, "review_below": 0.6}}.',
    )

    @model_validator(mode="after")
    def _policies_are_sound(self) -> Self:
        for tenant in (None, *self.policies):
            self.policy_for(tenant)
        return self

    def policy_for(self, tenant: str | None) -> Policy:
        """The policy of a tenant; None: of those without one of their own."""
        own = self.policies.get(tenant) if tenant is not None else None
        said = {} if own is None else own.model_dump(exclude_none=True)
        everyone = {"release_threshold": self.release_threshold, "review_below": self.review_below}
        values = {**everyone, "source_quality": self.source_quality, **said}
        return Policy(values["release_threshold"], values["review_below"], values["source_quality"])

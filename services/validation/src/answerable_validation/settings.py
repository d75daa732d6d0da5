"""Settings of validation."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from answerable_events.body import Tenant
from answerable_runtime.settings import Duration, IndexSettings
from answerable_trust.values import Handling, Policy
from answerable_validation.rules import Rules


class PolicySetting(BaseModel):
    """How sure one tenant wants to be; what it leaves out is as for everyone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    largest_alpha: float | None = None
    review_below: float | None = None
    source_quality: float | None = None
    uncertified: Literal["review", "withhold"] | None = None
    personal_data: Handling | None = None
    secrets: Handling | None = None
    review_within: timedelta | None = None


class ValidationSettings(IndexSettings):
    """How sure an answer must be before it may be released, and where to see who may read its sources."""

    validation_threads: int = Field(default=4, ge=1, le=64, description="Look-ups of access at once.")
    clickhouse_url: SecretStr | None = Field(
        default=None,
        description="ClickHouse, http[s]://user:password@host:port; validation only reads certificates there. "
        "Unset: none is ever in force.",
    )
    support_scorer: str = Field(
        default="trees",
        description='What judges whether sources support a sentence: "trees" is built in, others are in `models_file`.',
    )
    models_file: Path | None = Field(
        default=None,
        description="TOML or JSON file of model entries. Keys stay in the environment variables that the entries name.",
    )
    largest_alpha: float = Field(
        default=0.1, gt=0, lt=1, description="Share of wrong answers above which a certificate is not accepted."
    )
    uncertified: Literal["review", "withhold"] = Field(
        default="withhold", description="What happens with answers while no certificate is in force."
    )
    review_below: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Confidence from which, up to the threshold, a person decides; unset: such answers are withheld.",
    )
    review_within: Duration = Field(
        default=timedelta(hours=24),
        gt=timedelta(0),
        le=timedelta(hours=40),
        description="How long a person may take to decide about a question that names no deadline, seconds.",
    )
    source_quality: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Quality of sources below which an answer must not rest on them alone; 0: any will do.",
    )
    personal_data: Handling = Field(
        default="allow",
        description="Cards, IBANs, e-mail, phone, US social security, IP numbers in an answer: allow, mask, withhold.",
    )
    secrets: Handling = Field(
        default="withhold",
        description="Keys, tokens and passwords in an answer: allow, mask or withhold.",
    )
    validation_development_threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Confidence from which answers are released while no certificate is in force. It proves nothing: "
        "for one's own machine, where the record is on a loopback address.",
    )
    policies: dict[Tenant, PolicySetting] = Field(
        default_factory=dict,
        description='Other values for some tenants, JSON: {"acme": {"largest_alpha": 0.05, "review_below": 0.6}}.',
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for tenant in (None, *self.policies):
            self.rules_for(tenant)
        if self.validation_development_threshold is not None and not self._record_is_here:
            raise ValueError("validation_development_threshold is for a record on a loopback address only")
        return self

    @property
    def _record_is_here(self) -> bool:
        url = self.clickhouse_url
        return url is None or urlsplit(url.get_secret_value()).hostname in {"127.0.0.1", "localhost", "::1"}

    def rules_for(self, tenant: str | None) -> Rules:
        """The rules of a tenant; None: of those without their own."""
        own = self.policies.get(tenant) if tenant is not None else None
        said = {} if own is None else own.model_dump(exclude_none=True)
        chosen = {name: said.get(name, getattr(self, name)) for name in PolicySetting.model_fields}
        policy = Policy(
            self.validation_development_threshold,
            chosen["review_below"],
            chosen["source_quality"],
            chosen["uncertified"],
            chosen["personal_data"],
            chosen["secrets"],
        )
        return Rules(policy, chosen["review_within"], chosen["largest_alpha"])

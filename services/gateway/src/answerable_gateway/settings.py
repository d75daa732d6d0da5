"""Settings of the gateway."""

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, model_validator

from answerable_events.body import Tenant
from answerable_runtime.settings import Duration, RuntimeSettings


class GatewaySettings(RuntimeSettings):
    """Where the gateway listens, whom it believes, and how long it waits."""

    gateway_host: str = Field(default="127.0.0.1", description="Address of the HTTP door.")
    gateway_port: int = Field(default=8080, ge=0, le=65535, description="Port of the HTTP door; 0: any free one.")
    clickhouse_url: SecretStr = Field(
        default=SecretStr("http://answerable@127.0.0.1:8123"),
        description="ClickHouse, http[s]://user:password@host:port; the gateway only reads.",
    )
    oidc_issuer: str | None = Field(default=None, description="OpenID Connect issuer; exactly as in the claim `iss`.")
    oidc_audience: str | None = Field(default=None, description="What the claim `aud` of a token has to contain.")
    oidc_jwks: str | None = Field(
        default=None,
        description="Where the issuer's public keys are: https URL (http on loopback only) or a JSON file.",
    )
    oidc_subject_claim: str = Field(default="sub", description="Claim that names the person.")
    oidc_groups_claim: str = Field(
        default="groups", description="Claim with the person's groups, a list; `realm_access.roles` looks inside."
    )
    oidc_tenant_claim: str = Field(default="tenant", description="Claim that names the tenant.")
    oidc_leeway: Duration = Field(
        default=timedelta(seconds=30), description="By how much clocks may differ, seconds.", ge=timedelta(0)
    )
    oidc_keys_refreshed: Duration = Field(
        default=timedelta(minutes=10), description="Age at which the issuer's keys are fetched again, seconds."
    )
    gateway_development_identity: bool = Field(
        default=False,
        description="Believe whoever callers say they are. For one's own machine: loopback only, never beside OIDC.",
    )
    gateway_development_tenant: Tenant = Field(
        default="norvik", description="Tenant of a development identity that names none."
    )
    gateway_max_body_bytes: int = Field(
        default=128 * 1024,
        ge=1024,
        le=240 * 1024,
        description="Largest body of a request, bytes. The longest question, every character escaped, fits.",
    )
    gateway_default_wait: Duration = Field(
        default=timedelta(seconds=15), description="How long POST waits for the outcome when not told, seconds."
    )
    gateway_max_wait: Duration = Field(
        default=timedelta(seconds=60), description="Longest wait that a caller can ask for, seconds."
    )
    gateway_max_time_allowed: Duration = Field(
        default=timedelta(hours=1), description="Largest deadline_seconds that a caller can give, seconds."
    )
    gateway_max_stream: Duration = Field(
        default=timedelta(minutes=10), description="An event stream without an outcome ends after this long, seconds."
    )
    gateway_heartbeat: Duration = Field(
        default=timedelta(seconds=15), description="Pause between the comments that keep an event stream open, seconds."
    )
    gateway_places: int = Field(
        default=10_000,
        ge=1,
        description="Callers that may wait at once; then a question gets 202, streams and decisions are refused.",
    )

    gateway_reviewer_groups: tuple[str, ...] = Field(
        default=("reviewers",),
        description="Groups whose members review drafts and audit answers of their tenant, JSON list. They see what "
        "the askers could see.",
    )
    gateway_review_lease: Duration = Field(
        default=timedelta(minutes=15),
        gt=timedelta(0),
        description="How long a claimed review is kept, seconds.",
    )
    gateway_review_claims: int = Field(default=3, ge=1, le=100, description="Reviews that one person may have claimed.")
    gateway_audit_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Share of released answers that people judge blindly; 0: none.",
    )
    gateway_audit_double_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of those that two people judge."
    )

    @model_validator(mode="after")
    def _waits_fit(self) -> Self:
        if self.gateway_default_wait > self.gateway_max_wait:
            raise ValueError("gateway_default_wait is longer than gateway_max_wait")
        return self

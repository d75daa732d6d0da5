"""What a tenant wants of its gate, and whether anything is proved of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from answerable_events.governance import Certificate
from answerable_trust.values import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """The certificate in force, or why there is none."""

    certificate: Certificate | None
    reason: str | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    """What made the answer."""


NO_CERTIFICATE = Standing(None, "absent")
UNREADABLE = Standing(None, "record_unavailable")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a tenant wants. The threshold of the policy is one set by hand, for where no certificate is in force."""

    policy: Policy
    review_within: timedelta = timedelta(hours=24)
    largest_alpha: float = 0.1

    def under(self, standing: Standing) -> Policy:
        """The policy with the threshold that the certificate in force proves."""
        certificate = standing.certificate
        return self.policy if certificate is None else replace(self.policy, threshold=certificate.threshold)

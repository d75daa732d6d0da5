"""What the offline verifier says of a bundle, for tests."""

import io
from typing import Any
from uuid import UUID

from answerable_trail.verify import COSIGNATURE_V1, ED25519, Key, Trust, examine, report
from tests.support.bundles import Parts, SealedLog, Signer
from tests.support.sealed import RELEASED, answered, asked

ONE = (("norvik", UUID(int=RELEASED)),)
TREE = ("norvik", 0)


def examined(bundle: Parts | bytes, **trust: Any) -> dict[str, Any]:
    return report(examine(io.BytesIO(bundle if isinstance(bundle, bytes) else bundle.zip()), Trust(**trust)))


def found_of(bundle: Parts, number: int = RELEASED, **trust: Any) -> tuple[str, list[str]]:
    """Verdict and reasons of one request."""
    (one,) = [each for each in examined(bundle, **trust)["requests"] if each["request_id"] == str(UUID(int=number))]
    return one["verdict"], one["reasons"]


def written(**receipt: Any) -> SealedLog:
    """A log of one released request."""
    log = SealedLog()
    for message in asked(RELEASED)[:3]:
        log.write(message)
    answered(log, log.write(asked(RELEASED)[3]), **receipt)
    return log


def log_key(signer: Signer) -> tuple[Key, ...]:
    return (Key.parse(signer.verifier, ED25519),)


def witness_key(signer: Signer) -> tuple[Key, ...]:
    return (Key.parse(signer.verifier, COSIGNATURE_V1),)

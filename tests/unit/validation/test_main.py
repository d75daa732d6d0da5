"""Validation as it is put together, on the in-memory broker."""

from prometheus_client import CollectorRegistry

from answerable_events.codec import decode
from answerable_events.requests import VerdictDecided
from answerable_events.topics import VERDICTS
from answerable_runtime import testing
from answerable_runtime.metrics import Metrics
from answerable_runtime.service import require_declared
from answerable_validation.main import build
from answerable_validation.settings import ValidationSettings
from tests.support.requests import flow


async def verdict_of(settings: ValidationSettings) -> VerdictDecided:
    async with build(settings, Metrics(CollectorRegistry())) as service:
        require_declared(service)
        broker = await testing.run([service], [flow().draft])
    [record] = broker.records("verdicts")
    body = decode(record, VERDICTS).body
    assert isinstance(body, VerdictDecided)
    return body


async def test_a_draft_becomes_a_verdict_that_names_its_ancestors():
    verdict = await verdict_of(ValidationSettings())
    assert verdict.action == "release"
    assert [ancestor.type.split(".")[2] for ancestor in verdict.ancestors] == ["question", "context", "draft"]


async def test_the_threshold_of_the_tenant_applies():
    policies = {"norvik": {"release_threshold": 1.0}}
    verdict = await verdict_of(ValidationSettings.model_validate({"policies": policies}))
    assert (verdict.action, verdict.reason, verdict.threshold) == ("withhold", "low_confidence", 1.0)

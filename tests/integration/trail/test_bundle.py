"""What is exported from a record verifies, with everything that its receipts and witnesses speak of."""

import io
import zipfile
from collections.abc import AsyncIterator

import pytest

from answerable_trail import verify
from answerable_trail.errors import NotSealedYet
from tests.support.live import LiveRecord, live_record, trusting_the_log

pytestmark = pytest.mark.integration


@pytest.fixture
async def live() -> AsyncIterator[LiveRecord]:
    async with live_record(4) as opened:
        yield opened


def verdict(bundle: bytes) -> dict[str, object]:
    return verify.report(verify.examine(io.BytesIO(bundle), trusting_the_log()))


async def test_a_bundle_of_some_requests_is_complete(live: LiveRecord) -> None:
    report = verdict(await live.export(3))
    assert (report["verdict"], report["records"], report["checkpoints"]) == ("complete", 15, 1)


async def test_a_checkpoint_that_a_receipt_quotes_goes_along(live: LiveRecord) -> None:
    await live.ask(signed_before_the_outcome=True)
    await live.sign()
    report = verdict(await live.export())
    assert report["verdict"] == "complete", report
    assert report["checkpoints"] == 2


async def test_what_no_checkpoint_covers_is_not_exported_yet(live: LiveRecord) -> None:
    await live.ask()
    with pytest.raises(NotSealedYet):
        await live.export()


async def test_the_verifier_in_the_bundle_is_ours(live: LiveRecord) -> None:
    with zipfile.ZipFile(io.BytesIO(await live.export(1))) as archive:
        assert b"Checks a bundle of sealed requests, offline" in archive.read("verify.py")

"""Whose record it is, whatever its bytes are."""

import pytest

from answerable_events.claims import UNKNOWN_TENANT, claimed_request_id, claimed_tenant
from answerable_events.message import Record


@pytest.mark.parametrize(
    ("headers", "key", "expected"),
    [
        ((), None, None),
        ((), b"not a uuid", None),
        ((("ce_correlationid", b"\xff"),), b"\xff", None),
        ((), b"018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000001"),
        ((), b"{018f0000-0000-7000-8000-000000000001}", None),
        (
            (("CE_CorrelationId", b"018F0000-0000-7000-8000-00000000000A"),),
            b"x",
            "018f0000-0000-7000-8000-00000000000a",
        ),
    ],
)
def test_a_request_id_is_believed_only_when_it_is_one(headers, key, expected) -> None:
    found = claimed_request_id(Record("questions", 0, 0, 0, key, b"", headers))
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize("tenant", [b"", b"NORVIK", b"a/../b", b"\xff", b"x" * 200])
def test_an_impossible_tenant_is_unknown(tenant: bytes) -> None:
    assert claimed_tenant(Record("questions", 0, 0, 0, None, b"", (("ce_tenant", tenant),))) == UNKNOWN_TENANT

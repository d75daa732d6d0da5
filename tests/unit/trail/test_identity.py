import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_events.message import Record
from answerable_trail.identity import Identity, identify, numbered

ID = "0193a1b2-0000-7000-8000-00000000000f"
OTHER = "0193a1b2-0000-7000-8000-0000000000aa"
NIL = "00000000-0000-0000-0000-000000000000"
NOBODY = Identity("unknown", NIL, NIL, "")


def identity(*headers: tuple[str, bytes], key: bytes | None = None, body: bytes = b"") -> Identity:
    return identify(Record("questions", 0, 0, 0, key, body, headers))


def test_headers_say_whose_a_record_is() -> None:
    found = identity(
        ("ce_tenant", b"acme"),
        ("ce_correlationid", ID.upper().encode()),
        ("ce_id", OTHER.encode()),
        ("ce_type", b"io.answerable.question.asked.v1"),
    )
    assert found == Identity("acme", ID, OTHER, "io.answerable.question.asked.v1")


def test_a_record_that_says_nothing_has_an_identity_all_the_same() -> None:
    assert identity() == NOBODY


def test_of_equal_names_the_last_one_counts_whatever_its_case() -> None:
    assert identity(("ce_tenant", b"first"), ("CE_Tenant", b"last"), ("tenant", b"none")).tenant == "last"
    assert identity(("ce_tenant", b"first"), ("ce_tenant", b"")).tenant == "unknown"


@pytest.mark.parametrize("tenant", ["a", "0", "a-b_c", "a" * 63, "unknown"])
def test_a_lawful_tenant_is_named(tenant: str) -> None:
    assert identity(("ce_tenant", tenant.encode())).tenant == tenant


@pytest.mark.parametrize("tenant", ["", "Acme", "acme\n", "a/0", "-a", "_a", "a" * 64, "a b", "äcme", "a\nb", "\ufffd"])
def test_any_other_tenant_is_unknown(tenant: str) -> None:
    assert identity(("ce_tenant", tenant.encode())).tenant == "unknown"


def test_the_key_tells_the_request_only_where_no_header_does() -> None:
    key = ID.upper().encode()
    assert identity(key=key).request_id == ID
    assert identity(("ce_correlationid", b"illegible"), key=key).request_id == ID
    assert identity(("ce_correlationid", OTHER.encode()), key=key).request_id == OTHER
    assert identity(("ce_correlationid", NIL.encode()), key=key).request_id == NIL


def test_a_body_tells_nothing() -> None:
    assert identity(body=f'{{"request_id":"{ID}","tenant":"acme"}}'.encode()) == NOBODY


ILLEGIBLE = {
    "no hyphens": ID.replace("-", "").encode(),
    "one hyphen less": ID.replace("-", "", 1).encode(),
    "other hyphens": ID.replace("-", "_").encode(),
    "a letter beyond f": b"g" + ID[1:].encode(),
    "braces": f"{{{ID}}}".encode(),
    "a URN": f"urn:uuid:{ID}".encode(),
    "a space before it": f" {ID}".encode(),
    "a newline after it": f"{ID}\n".encode(),
    "a zero byte after it": f"{ID}\x00".encode(),
    "too short": ID[:-1].encode(),
    "other digits": ID.replace("0", "\u0660").encode(),
    "not text": b"\xff" * 36,
}


@pytest.mark.parametrize("value", ILLEGIBLE.values(), ids=ILLEGIBLE.keys())
def test_an_id_in_any_other_form_is_nil(value: bytes) -> None:
    assert identity(("ce_id", value), ("ce_correlationid", value), key=value) == NOBODY


TYPES = {
    "": b"",
    "d\u00f6\u2603\U0001f600": "d\u00f6\u2603\U0001f600".encode(),
    'a\x00b"\\\n\x7f': b'a\x00b"\\\n\x7f',
    "\ufeffa": b"\xef\xbb\xbfa",
    "\ufffd\ufffda\ufffd": b"\xff\xfea\x80",
    "a\ufffd\ufffd\ufffdb": b"a\xed\xa0\x80b",
    "a\ufffdb": b"a\xe2\x82b",
}


@pytest.mark.parametrize(("expected", "value"), TYPES.items())
def test_bad_bytes_in_a_type_are_replaced_as_python_does(expected: str, value: bytes) -> None:
    assert identity(("ce_type", value)).type == expected


@given(
    st.lists(st.tuples(st.sampled_from(["ce_tenant", "ce_correlationid", "ce_id", "ce_type", "x"]), st.binary())),
    st.none() | st.binary(max_size=40),
)
def test_whatever_a_record_holds_it_has_an_identity(headers: list[tuple[str, bytes]], key: bytes | None) -> None:
    found = identity(*headers, key=key)
    assert all(part.encode("utf-8").decode("utf-8") == part for part in found)
    assert len(found.request_id) == len(found.event_id) == 36


def number_of(source: bytes, producer: bytes, number: bytes) -> tuple[str, int]:
    headers = (("ce_source", source), ("ce_producerid", producer), ("ce_producerseq", number))
    return numbered(Record("questions", 0, 0, 0, None, b"", headers))


def test_a_message_of_our_own_services_is_numbered() -> None:
    assert number_of(b"/answerable/audit", b"audit-1", b"12") == ("audit-1", 12)


@pytest.mark.parametrize(
    ("source", "producer", "number"),
    [
        (b"/norvik/intranet", b"p", b"1"),
        (b"/answerable/audit", b"", b"1"),
        (b"/answerable/audit", b"p", b"0"),
        (b"/answerable/audit", b"p", b"-1"),
        (b"/answerable/audit", b"p", b"\xd9\xa1"),
        (b"/answerable/audit", b"p", str(2**64).encode()),
        (b"/answerable/audit", b"p", b"9" * 30),
    ],
)
def test_what_is_no_number_of_ours_counts_as_none(source: bytes, producer: bytes, number: bytes) -> None:
    assert number_of(source, producer, number) == ("", 0)

"""What personal data is found in a text, and what is let be."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trust.personal import find_personal_data


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Charge my card 4111 1111 1111 1111 please", "credit_card", "4111 1111 1111 1111"),
        ("The account is DE89 3704 0044 0532 0130 00 at present", "iban", "DE89 3704 0044 0532 0130 00"),
        ("the account is gb82west12345698765432 now", "iban", "gb82west12345698765432"),
        ("Write to ann.lee@mail.example.org.", "email", "ann.lee@mail.example.org"),
        ("Call +44 20 7946 0958 today", "phone", "+44 20 7946 0958"),
        ("My phone: 5550100123", "phone", "5550100123"),
        ("SSN 536-90-4399", "us_ssn", "536-90-4399"),
        ("It came from 203.0.113.77 again", "ip_address", "203.0.113.77"),
        ("It came from 2001:db8:0:1:1:1:1:1 again", "ip_address", "2001:db8:0:1:1:1:1:1"),
        ("Look at https://shop.example.com/a?b=1, it is there", "url", "https://shop.example.com/a?b=1"),
        ("My zip code is 90210", "zip_code", "90210"),
        ("They met on 3 March 2021 there", "date", "3 March 2021"),
        ("I am 47 years old", "age", "47"),
        ("My name is Ottilie Brandvold, hello", "person", "Ottilie Brandvold"),
        ("my name is ottilie brandvold.", "person", "ottilie brandvold"),
        ("We asked Mrs. White about it", "person", "White"),
        ("We asked Mrs. White about it", "title", "Mrs."),
        ("Ottilie Brandvold, the chief accountant, said so", "title", "chief accountant"),
        ("She works for Quellmark Ltd since then", "organization", "Quellmark Ltd"),
        ("They moved to Portugal", "location", "Portugal"),
        ("The Danish team won", "nationality", "Danish"),
        ("He lives at 12 Hollis Street, Brackwater 90210", "street_address", "12 Hollis Street, Brackwater 90210"),
        ("Send it to Lindenstrasse 12, Musterstadt", "street_address", "Lindenstrasse 12, Musterstadt"),
    ],
)
def test_each_kind_is_found_with_its_place(text, kind, value):
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The order number is 4111 1111 1111 1112",
        "DE88 3704 0044 0532 0130 00",
        "000-12-3456",
        "See section 1.2.3.4 for more",
        "It costs 1,250,000 and grew by 12.5 % to 3 400",
        "999.1.1.1",
        "Employees may carry over five days of leave.",
        "The Company Shall Pay All Fees When Due Under This Agreement",
        "3... 2... 1... go",
        "Note 5 Income Taxes",
    ],
)
def test_what_fails_its_checksum_or_is_ordinary_is_let_be(text):
    assert found(text) == []


def test_places_are_in_order_and_do_not_overlap_across_pieces():
    text = "Write to ann@mail.example.org or call +44 20 7946 0958 today.\n" * 1_000
    spans = find_personal_data(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert found(text) == [("email", "ann@mail.example.org"), ("phone", "+44 20 7946 0958")] * 1_000


@given(st.text(max_size=300) | st.text(alphabet="Aa1 .,-@:+()\n'\u2019", max_size=300))
def test_no_text_raises_and_every_span_lies_in_it(text):
    spans = find_personal_data(text)
    assert spans == find_personal_data(text)
    assert all(0 <= each.start < each.end <= len(text) for each in spans)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("unit", "length"),
    [("1", 1_000_000), ("1 ", 50_000), ("a@", 50_000), ("Ab ", 50_000), ("ab:", 50_000), ("(1) ", 50_000)],
)
def test_hostile_repetition_takes_linear_time(unit, length):
    find_personal_data(unit * (length // len(unit)))


@pytest.mark.parametrize("text", ["\U0001f170", "Mr \U0001f170 Smith", "\u24b6\u24b7, Norway"])
def test_signs_that_have_case_but_are_no_letters_raise_nothing(text: str) -> None:
    find_personal_data(text)

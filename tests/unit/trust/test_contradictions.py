"""Which sentences of two sources contradict each other, and which only look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trust.contradictions import Claims, are_comparable, contradictions, read_claims
from answerable_trust.values import Passage


def claims(text: str, title: str = "") -> Claims:
    return read_claims(Passage(1, "p", "d", title, text, stale=False, score=0.0))


def found(ours: str, theirs: str, titles: tuple[str, str] = ("", "")) -> list[tuple[str, str]]:
    """The sentences of each pair, as they stand in the texts."""
    pairs = contradictions(claims(ours, titles[0]), claims(theirs, titles[1]))
    return [(ours[one.start : one.end], theirs[other.start : other.end]) for one, other in pairs]


CONTRADICT = [
    ("Laptops are replaced every four years.", "Laptops are replaced every five years."),
    (
        "For the Tern 200 the recalibration interval is 18 months.",
        "The recalibration interval of the Tern 200 is 24 months.",
    ),
    ("Employees receive 25 days of paid leave per year.", "Per year, employees receive 27 days of paid leave."),
    ("The deadline for expense claims is 5 May 2026.", "The deadline for expense claims is 9 May 2026."),
    ("The lift costs EUR 90 per visit.", "The lift costs EUR 95 per visit."),
    ("Product: Tern buoy; Price, EUR: 900", "Product: Tern buoy; Price, EUR: 950"),
    ("Dogs are allowed in the office.", "Dogs are not allowed in the office."),
    ("Remote work from abroad is permitted.", "Remote work from abroad is forbidden."),
    ("The kitchen on floor 3 is open at weekends.", "The kitchen on floor 3 is closed at weekends."),
    ("Share your password with the help desk.", "Never share your password with the help desk."),
    ("Visitors must wear a badge in the laboratory.", "Visitors must not wear a badge in the laboratory."),
]
AGREE = [
    ("Laptops are replaced every four years.", "Laptops are replaced every 4 years."),
    ("Laptops are replaced every four years.", "Phones are replaced every three years."),
    ("Employees in Norway receive 25 days of leave.", "Employees in Denmark receive 27 days of leave."),
    ("Full-time employees receive 25 days of leave.", "Part-time employees receive 20 days of leave."),
    (
        "Senior staff of the field office receive 25 days of paid leave in every calendar year.",
        "Junior staff of the field office receive 20 days of paid leave in every calendar year.",
    ),
    ("Claims of at least 50 EUR need a receipt.", "Claims of at most 20 EUR need a receipt."),
    ("In 2024 the fund paid 5 % to its members.", "In 2025 the fund paid 6 % to its members."),
    ("Dogs are allowed in the office.", "Dogs are not allowed in the office kitchen."),
    ("Dogs are allowed in the office.", "Dogs are not allowed in the office unless they are trained."),
    ("Dogs are allowed in the office if leashed.", "Dogs are not allowed in the office until leashed."),
    ("Are dogs allowed in the office?", "Dogs are not allowed in the office."),
    ("Remote work is not forbidden for staff.", "Remote work is allowed for staff."),
    ("As of 30 April 2026 the plan had no members.", "As of 30 July 2026 the plan had no members."),
    ("This page was last changed on 3 May 2026.", "This page was last changed on 9 May 2026."),
    ("It takes 30 days to process the claim.", "It takes 40 days to process the claim."),
    ("Version 2 of the policy is in force.", "Version 3 of the policy is in force."),
    ("Mine safety disclosures 44", "Mine safety disclosures 22"),
    ("Dogs are allowed.", "Dogs are not allowed."),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), CONTRADICT)
def test_two_sources_that_say_otherwise_of_one_thing_contradict_each_other(ours: str, theirs: str) -> None:
    assert found(ours, theirs) == [(ours.rstrip("."), theirs.rstrip("."))]
    assert found(theirs, ours) == [(theirs.rstrip("."), ours.rstrip("."))]


@pytest.mark.parametrize(("ours", "theirs"), AGREE)
def test_sources_that_agree_or_speak_of_two_things_do_not(ours: str, theirs: str) -> None:
    assert found(ours, theirs) == []


@pytest.mark.parametrize(("ours", "theirs"), CONTRADICT)
def test_what_contradicts_shares_a_key(ours: str, theirs: str) -> None:
    assert set(claims(ours).keys) & set(claims(theirs).keys)


def test_the_sentences_are_named_by_their_place_in_longer_texts() -> None:
    ours = "The help desk is in room 12. Laptops are replaced every four years. Ask for a bag."
    theirs = "Bags are grey. Phones last long. Laptops are replaced every five years."
    assert found(ours, theirs) == [("Laptops are replaced every four years", "Laptops are replaced every five years")]


@pytest.mark.parametrize(
    ("title", "other", "comparable"),
    [
        ("Quarterly report, first quarter of 2025", "Quarterly report, second quarter of 2025", False),
        ("Contract with Alder", "Contract with Birch", False),
        ("Bicycle scheme", "Bicycle scheme (intranet)", True),
        ("Bicycle scheme", "Bicycle scheme", True),
        ("Employee handbook", "Leave and absence", True),
        ("", "Leave and absence", True),
    ],
)
def test_documents_of_a_series_are_about_two_things(title: str, other: str, *, comparable: bool) -> None:
    assert are_comparable(title, other) is comparable
    ours, theirs = "Orders received were worth EUR 8 million.", "Orders received were worth EUR 9 million."
    assert bool(found(ours, theirs, (title, other))) is comparable


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_two_texts_hold_nothing_is_raised_and_both_sides_see_the_same(ours: str, theirs: str) -> None:
    there, back = found(ours, theirs), found(theirs, ours)
    assert sorted(there) == sorted((theirs_, ours_) for ours_, theirs_ in back)


def test_a_text_agrees_with_itself_however_often_it_says_it() -> None:
    text = (
        "Laptops are replaced every four years. Dogs are not allowed in the office. Laptops are replaced every 4 years."
    )
    assert found(text, text) == []

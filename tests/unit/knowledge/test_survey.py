"""The ledger over a whole tenant: every document beside every other, and what the index is to hold afterwards."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from answerable_knowledge.index import Index
from answerable_knowledge.marks import Marks
from answerable_knowledge.quality import Ledger
from answerable_knowledge.similarity import sketch_of
from answerable_knowledge.survey import survey
from tests.support import passages as made

DAY = timedelta(days=1)
TEXT = "Requests go to the line manager, who answers within the week; closing days are named before the year ends."
HOSTILE = "o'clock\"; DROP TABLE documents; --"


@pytest.fixture
def index(tmp_path):
    return Index.open(tmp_path / "index", dimensions=made.DIMENSIONS)


def put(index, document_id, *texts, keys=(), ledger=None, **changes):
    """A document with an owner and a title; `keys` are those of each passage."""
    texts = texts or (f"{TEXT} {document_id}",)
    card: dict[str, Any] = {"title": f"About {document_id}", "owner": "people", "quality": 1.0}
    card["content_sha256"] = sha256(document_id.encode()).hexdigest()
    passages = made.passages(*texts)
    marks = Marks(ledger or Ledger(), sketch_of([]), tuple(keys))
    index.put(made.document(document_id, **card | changes), passages, made.vectors(passages), marks)


def whole(one, other):
    """For a test: two passages that share a key always contradict each other, from end to end."""
    return (((0, len(one.text)), (0, len(other.text))),)


def looked_at(index, then, conflicting=whole):
    with survey(index.inventory("acme"), made.NOW, conflicting) as report:
        return then(report)


def findings(index, conflicting=whole):
    """Codes by document, of those that have any."""
    return looked_at(
        index, lambda report: {one.document_id: sorted(one.findings) for one in report.worst(1000, 0)}, conflicting
    )


def test_a_sound_collection_has_quality_one_and_no_findings(index):
    put(index, "a")
    put(index, "b")
    assert findings(index) == {}
    assert looked_at(index, lambda report: (report.counts(), list(report.renewed()))) == ({}, [])
    assert [one.quality for one in looked_at(index, lambda report: report.collections())] == [1.0]


def test_chains_that_are_broken_closed_or_done_with_are_found(index):
    put(index, "new", supersedes="old")
    put(index, "old", supersedes="older")
    put(index, "lost", supersedes="nowhere")
    put(index, "round", supersedes="about")
    put(index, "about", supersedes="round")
    put(index, "soon", supersedes="today", valid_from=made.NOW + DAY)
    put(index, "today")
    put(index, "itself", supersedes="itself")
    assert findings(index) == {
        "about": ["superseded", "supersedes_cycle"],
        "itself": ["supersedes_cycle"],
        "lost": ["supersedes_missing"],
        "old": ["superseded", "supersedes_missing"],
        "round": ["superseded", "supersedes_cycle"],
    }


def test_what_has_run_out_since_indexing_is_found_by_the_clock(index):
    put(index, "a", review_by=made.NOW - DAY)
    put(index, "b", valid_until=made.NOW - DAY)
    put(index, "c", findings=("stale",))
    assert findings(index) == {"a": ["stale"], "b": ["expired"]}


@pytest.mark.parametrize("count", [2, 12, 13, 40])
def test_of_any_number_of_documents_with_the_same_bytes_all_are_found(index, count):
    for number in range(count):
        put(index, f"copy{number}", content_sha256="a" * 64)
    put(index, "other")
    assert findings(index) == {f"copy{number}": ["duplicate"] for number in range(count)}


@pytest.mark.parametrize("count", [2, 12, 13, 40])
def test_one_that_says_otherwise_than_any_number_of_others_is_found(index, count):
    for number in range(count):
        text = "Laptops last five years." if number == count // 2 else "Laptops last four years."
        put(index, f"d{number:02}", text, keys=((7,),))
    found = findings(index, lambda one, other: whole(one, other) if one.text != other.text else ())
    assert found[f"d{count // 2:02}"] == ["conflict"]


def test_a_conflict_names_both_places_and_only_passages_in_force_have_one(index):
    put(index, "a", "Laptops last five years.", keys=((7,),))
    put(index, "b", TEXT, "Laptops last four years.", keys=((), (7,)))
    put(index, "past", "Laptops last two years.", keys=((7,),), valid_until=made.NOW - DAY)
    put(index, "soon", "Laptops last six years.", keys=((7,),), valid_from=made.NOW + DAY)
    put(index, "old", "Laptops last one year.", keys=((7,),))
    put(index, "new", supersedes="old")
    worst = looked_at(index, lambda report: {one.document_id: one for one in report.worst(10, 10)})
    assert {name for name, one in worst.items() if "conflict" in one.findings} == {"a", "b"}
    [evidence] = worst["b"].evidence
    assert (evidence.place, evidence.said) == ("page 2", "Laptops last four years.")
    assert (evidence.other_id, evidence.other_place, evidence.other_said) == ("a", "page 1", "Laptops last five years.")
    assert (worst["b"].findings, worst["b"].quality) == ({"conflict": 1}, 0.8)


def test_scores_are_told_by_source_worst_first(index):
    put(index, "a", collection="wiki", owner=None)
    put(index, "b", collection="wiki")
    put(index, "c", collection="hr")
    put(index, "d", owner=None)
    found = looked_at(index, lambda report: report.collections())
    assert [(one.name, one.documents, one.with_findings, one.quality, one.worst) for one in found] == [
        (None, 1, 1, 0.9, 0.9),
        ("wiki", 2, 1, 0.95, 0.9),
        ("hr", 1, 0, 1.0, 1.0),
    ]


def test_the_index_holds_what_was_found_once_it_is_renewed_and_then_nothing_is_left_to_renew(index):
    put(index, "a", "Laptops last five years.", keys=((7,),), owner=None)
    put(index, "b", "Boats rise with the tide.", "Laptops last four years.", keys=((), (7,)))
    put(index, "was", findings=("conflict",), ledger=Ledger((), {0: ("conflict",)}))
    changes = looked_at(index, lambda report: list(report.renewed()))
    assert len(changes) == 3
    for change in changes:
        index.mark("acme", change)
    held = {row.document_id: (row.findings, row.quality) for row in index.documents("acme")}
    assert held == {"a": (("conflict", "no_owner"), 0.54), "b": (("conflict",), 0.8), "was": ((), 1.0)}
    hits = index.search(made.query("laptops", index.snapshot("acme"))).hits
    assert {(hit.document_id, hit.locator): hit.findings for hit in hits}[("b", "page 1")] == ()
    assert {(hit.document_id, hit.locator): hit.findings for hit in hits}[("b", "page 2")] == ("conflict",)
    assert looked_at(index, lambda report: list(report.renewed())) == []


def test_a_finding_about_the_text_alone_stays_as_indexing_found_it(index):
    put(index, "a", findings=("mojibake",), ledger=Ledger((), {0: ("mojibake",)}))
    put(index, "b", findings=("very_short",), ledger=Ledger(("very_short",)))
    assert findings(index) == {"a": ["mojibake"], "b": ["very_short"]}


def test_names_that_look_like_statements_are_names(index):
    put(index, HOSTILE, collection=HOSTILE, supersedes=HOSTILE, owner=None)
    put(index, "b")
    assert findings(index) == {HOSTILE: ["no_owner", "supersedes_cycle"]}
    assert looked_at(index, lambda report: report.counts(HOSTILE)) == {"no_owner": 1, "supersedes_cycle": 1}


def test_only_marked_rows_change_and_a_newer_version_is_left_alone(index):
    put(index, "a", "Laptops last five years.", keys=((7,),))
    put(index, "b", "Laptops last four years.", keys=((7,),))
    [of_a, of_b] = looked_at(index, lambda report: list(report.renewed()))
    put(index, "a", "Tablets last two years.", version=2)
    before = np.array([hit.scores["dense"] for hit in index.search(made.query("x", index.snapshot("acme"))).hits])
    for change in (of_a, of_b):
        index.mark("acme", change)
    after = index.search(made.query("x", index.snapshot("acme"))).hits
    assert {hit.document_id: hit.findings for hit in after} == {"a": (), "b": ("conflict",)}
    assert {row.document_id: row.findings for row in index.documents("acme")} == {"a": (), "b": ("conflict",)}
    assert np.allclose(before, [hit.scores["dense"] for hit in after])

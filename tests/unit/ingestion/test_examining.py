"""What the ledger holds against a document that comes in, alone and beside others."""

from datetime import timedelta
from hashlib import sha256

import numpy as np
import pytest

from answerable_ingestion.adding import put_together
from answerable_ingestion.examining import Comparison, Incoming
from answerable_knowledge.index import Index
from answerable_knowledge.survey import survey
from tests.support import passages as made
from tests.support.planted_sources import Planted, plant

DAY = timedelta(days=1)
BOATS = "Boats have oars and sails, rise with the tide, and are painted in spring before the ice is gone."
LONG = "Requests go to the line manager, who answers within the week; closing days are named before the year ends."


@pytest.fixture
def index(tmp_path):
    return Index.open(tmp_path / "index", dimensions=made.DIMENSIONS)


def incoming(document_id, *texts, **changes):
    card = {
        "title": f"About {document_id}",
        "owner": "people",
        "content_sha256": sha256(repr(texts).encode()).hexdigest(),
    }
    return Incoming(made.document(document_id, **card | changes), made.passages(*texts))


def add(index, document_id, *texts, **changes):
    """As ingestion does it; the findings of the document."""
    return add_all(index, incoming(document_id, *texts, **changes))[document_id]


def add_all(index, *documents):
    """As ingestion does it with documents that wait together; the findings of each."""
    vector = np.linspace(0.1, 1.0, made.DIMENSIONS, dtype=np.float32)
    added = put_together(index, [(one, np.tile(vector, (len(one.passages), 1))) for one in documents])
    return {one.entry.document_id: one.entry.findings for one in added}


def held(index, document_id):
    document = index.document("acme", document_id)
    return document.findings, document.quality


def hits(index, text):
    """What a search says is held against each passage, by document and place."""
    found = index.search(made.query(text, index.snapshot("acme")))
    return {(hit.document_id, hit.locator): hit.findings for hit in found.hits}


def test_a_sound_document_has_no_findings_and_quality_one(index):
    assert add(index, "a", LONG) == ()
    assert held(index, "a") == ((), 1.0)


def test_a_garbled_page_is_held_against_that_page_only(index):
    garbled = "Die BeschÃ¤ftigten erhalten fÃ¼nf Tage. GrÃ¶ÃŸere Ã„nderungen bedÃ¼rfen der Schriftform."
    assert add(index, "a", LONG, garbled) == ("mojibake",)
    assert held(index, "a") == (("mojibake",), 0.75)
    assert hits(index, LONG) == {("a", "page 1"): (), ("a", "page 2"): ("mojibake",)}


def test_two_documents_that_contradict_each_other_both_carry_it_at_the_place_of_the_statement(index):
    add(index, "old", LONG, "Laptops are replaced every five years.")
    assert add(index, "new", "Laptops are replaced every four years.", BOATS) == ("conflict",)
    assert held(index, "old") == (("conflict",), 0.8)
    assert hits(index, "laptops") == {
        ("new", "page 1"): ("conflict",),
        ("new", "page 2"): (),
        ("old", "page 1"): (),
        ("old", "page 2"): ("conflict",),
    }


@pytest.mark.parametrize(
    "standing",
    [{"supersedes": "old"}, {"valid_until": made.NOW - DAY}],
    ids=["the new one replaces the old", "the old one has expired"],
)
def test_a_document_that_does_not_hold_any_more_contradicts_nobody(index, standing):
    old = {} if "supersedes" in standing else standing
    new = standing if "supersedes" in standing else {}
    add(index, "old", LONG, "Laptops are replaced every five years.", **old)
    assert "conflict" not in add(index, "new", LONG, "Laptops are replaced every four years.", **new)


def test_a_document_that_a_third_one_replaced_contradicts_nobody(index):
    add(index, "old", LONG, "Laptops are replaced every five years.")
    add(index, "successor", BOATS, supersedes="old")
    assert add(index, "new", "Laptops are replaced every four years.", LONG.upper()) == ("near_duplicate",)


def test_a_new_version_does_not_contradict_the_one_that_it_takes_the_place_of(index):
    add(index, "a", LONG, "Laptops are replaced every five years.")
    assert add(index, "a", LONG, "Laptops are replaced every four years.", version=2) == ()


def test_the_same_bytes_the_same_text_and_nearly_the_same_text_are_told_apart(index):
    text = f"{LONG} {LONG.replace('manager', 'director')}"
    add(index, "a", text, content_sha256="a" * 64)
    assert add(index, "bytes", "Other.", content_sha256="a" * 64) == ("duplicate", "very_short")
    assert add(index, "text", text.upper(), content_sha256="b" * 64) == ("duplicate",)
    near = text.replace("closing days", "bank holidays")
    assert add(index, "near", near, content_sha256="c" * 64) == ("near_duplicate",)
    assert add(index, "next", near, content_sha256="d" * 64, supersedes="near") == ("near_duplicate",)


def test_a_document_that_another_one_in_force_replaces_is_found_whichever_comes_first(index):
    add(index, "new", LONG, supersedes="old")
    assert add(index, "old", BOATS) == ("superseded",)


def test_documents_that_replace_each_other_in_a_circle_are_found_when_it_closes(index):
    add(index, "a", LONG, supersedes="b")
    add(index, "b", BOATS, supersedes="c")
    last = add(index, "c", "Tea is served at four in the small room, with milk and sugar.", supersedes="a")
    assert last == ("superseded", "supersedes_cycle")


def test_a_redelivered_document_leaves_everything_as_it_is(index):
    add(index, "old", LONG, "Laptops are replaced every five years.")
    add(index, "new", LONG, "Laptops are replaced every four years.")
    before, snapshot = (held(index, "old"), held(index, "new")), index.snapshot("acme")
    add(index, "new", LONG, "Laptops are replaced every four years.")
    assert (held(index, "old"), held(index, "new")) == before
    assert index.snapshot("acme") == snapshot


def found_by_survey(index, code):
    with survey(index.inventory("acme"), made.NOW, Comparison()) as report:
        return {
            frozenset({one.document_id, other.other_id})
            for one in report.worst(10_000, 100)
            for other in one.evidence
            if other.code == code
        }


def load(index, planted: Planted, at_once=1):
    documents = [
        # A number in a title would say that it is about something else than every other.
        incoming(document_id, *texts, title=document_id.translate(str.maketrans("0123456789", "abcefghijk")))
        for document_id, texts in planted.texts.items()
    ]
    for start in range(0, len(documents), at_once):
        add_all(index, *documents[start : start + at_once])


def test_of_planted_faults_nearly_all_are_found_and_nothing_else(index):
    planted = plant(1, conflicts=30, copies=12, lookalikes=40, others=20)
    load(index, planted)
    conflicts, copies = found_by_survey(index, "conflict"), found_by_survey(index, "near_duplicate")
    assert conflicts - planted.conflicts == set()
    assert len(conflicts & planted.conflicts) >= 27
    assert copies - planted.copies == set()
    assert len(copies) >= 11


def ledger(index):
    return {row.document_id: (row.findings, row.quality) for row in index.documents("acme")}


@pytest.mark.parametrize("at_once", [7, 1000])
def test_documents_that_come_in_together_are_judged_as_if_one_came_after_the_other(tmp_path, at_once):
    planted = plant(2, conflicts=10, copies=6, lookalikes=10, others=6)
    together, single = (Index.open(tmp_path / name, dimensions=made.DIMENSIONS) for name in ("together", "single"))
    load(together, planted, at_once)
    load(single, planted)
    assert ledger(together) == ledger(single)
    assert sum("conflict" in findings for findings, _ in ledger(single).values()) >= 16


def test_a_new_version_counts_in_the_place_of_the_one_before_for_those_that_come_in_with_it(index):
    add(index, "a", LONG, "Laptops are replaced every five years.")
    add(index, "b", BOATS, supersedes="c")
    found = add_all(
        index,
        incoming("early", LONG.upper(), "Laptops are replaced every three years."),
        incoming("a", BOATS.replace("oars", "rudders"), "Laptops are replaced every four years.", version=2),
        incoming("late", "The lift stands still in June, says the porter.", "Laptops are replaced every four years."),
        incoming("b", "Tea is served at four in the small room, with milk and sugar.", version=2),
        incoming("c", "Coffee is served at three in the large hall, with cream and cake."),
    )
    near = ("conflict", "near_duplicate")  # of the first version of "a"
    assert found == {"early": near, "a": ("conflict",), "late": ("conflict",), "b": (), "c": ()}
    assert held(index, "a")[0] == ("conflict",)


def test_an_outdated_version_is_not_looked_at_by_those_that_come_in_with_it(index):
    add(index, "a", LONG, "Laptops are replaced every five years.", version=2)
    outdated = incoming("a", BOATS, "Laptops are replaced every four years.")
    late = incoming("late", BOATS.replace("oars", "rudders"), "Laptops are replaced every five years.")
    assert add_all(index, outdated, late)["late"] == ()

"""Wrong answers made of a right one are really wrong, of every kind, and the same each time."""

from collections import Counter

from answerable_events.requests import DraftSentence, Passage
from tests.eval.mutations import condensed, mutants
from tests.support.drafts import draft
from tests.support.requests import PASSAGE


def passage(label: int, text: str) -> Passage:
    names = {"label": label, "text": text, "title": f"T{label}", "passage_id": f"p{label}", "document_id": f"d{label}"}
    return PASSAGE.model_copy(update=names)


SAID = "Staff in Skarvhamn must wear a helmet within 20 metres of the crane."
PASSAGES = (
    passage(1, f"1. Safety\n\n{SAID} Visitors keep 35 metres away."),
    passage(2, "The canteen opens at noon."),
    passage(3, f"Once more: {SAID}"),
    passage(4, "Within 20 metres of the crane, staff in Skarvhamn must all wear a helmet."),
)
STRANGER = passage(5, "The board meets four times a year in the towing tank hall.")
SAME_DOCUMENT = passage(6, "Gates to the quay are locked at eight every evening.").model_copy(
    update={"document_id": "d1"}
)
DRAFT = draft((DraftSentence(text=SAID, citations=(1,)),), PASSAGES)
MADE = list(mutants(DRAFT, (*PASSAGES, STRANGER, SAME_DOCUMENT)))


def test_every_kind_is_made_and_none_twice() -> None:
    kinds = Counter(one.kind for one in MADE)
    assert set(kinds) == {"number", "name", "negation", "citation dropped", "foreign citation", "unsupported"}
    assert len({one.sentence for one in MADE}) == len(MADE)
    assert list(mutants(DRAFT, (*PASSAGES, STRANGER, SAME_DOCUMENT))) == MADE


def test_a_passage_that_says_the_same_is_no_foreign_citation() -> None:
    assert [one.sentence.citations for one in MADE if one.kind == "foreign citation"] == [(2,)]


def test_a_number_is_changed_to_others_of_the_passage_and_to_some_that_it_lacks() -> None:
    said = {one.sentence.text for one in MADE if one.kind == "number"}
    assert SAID.replace("20", "35") in said
    assert SAID.replace("20", "200") in said


def test_what_the_cited_passage_holds_word_for_word_is_no_mutant() -> None:
    text = PASSAGES[0].text
    assert all(condensed(one.sentence.text) not in condensed(text) for one in MADE if one.sentence.citations == (1,))


def test_foreign_sentences_come_from_other_documents() -> None:
    said = {one.sentence.text for one in MADE if one.kind == "unsupported"}
    assert STRANGER.text in said
    assert SAME_DOCUMENT.text not in said


def test_the_number_of_a_list_item_is_left_alone() -> None:
    listed = draft((DraftSentence(text="4. Keep the helmet on.", citations=(1,)),), PASSAGES)
    assert [one for one in mutants(listed, ()) if one.kind == "number"] == []

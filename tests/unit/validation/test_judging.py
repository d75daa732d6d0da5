"""A draft becomes a verdict, whatever a model wrote."""

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answerable_events.requests import DraftGenerated, DraftSentence, VerdictDecided
from answerable_trust.checks import CHECKS
from answerable_trust.values import Policy
from answerable_validation.judging import case_of, citations_of, judge
from answerable_validation.rules import Rules
from tests.support.drafts import NOW, draft, question
from tests.support.examples import examples_for
from tests.support.requests import PASSAGE, SENTENCE

RULES = Rules(Policy(0.75))
NOTHING: frozenset[int] = frozenset()
"""What was revoked."""
SECOND = PASSAGE.model_copy(
    update={"label": 2, "passage_id": "leave#2", "locator": "line 9", "text": "Ask Anna about annual leave."}
)
UNHOLDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
TEXTS = st.text(max_size=300).map(lambda text: UNHOLDABLE.sub("", text))
LABELS = st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(-1, 3), max_size=5).map(tuple)
SENTENCES = st.builds(DraftSentence, text=TEXTS | st.just(SENTENCE.text), citations=LABELS)
PASSAGES = st.builds(
    lambda text, label: PASSAGE.model_copy(update={"text": text, "label": label}),
    TEXTS | st.just(PASSAGE.text),
    st.integers(1, 3),
)


def said(text: str, *citations: int) -> DraftSentence:
    return DraftSentence(text=text, citations=citations)


@pytest.mark.parametrize(
    ("quality", "asked_for", "reason"),
    [(0.54, 0.6, "source_quality"), (0.6, 0.6, None), (None, 1.0, None), (0.1, 0.0, None)],
)
def test_an_answer_that_rests_on_sources_of_less_quality_than_asked_for_is_withheld(quality, asked_for, reason):
    scores = PASSAGE.scores | ({} if quality is None else {"quality": quality})
    poor = draft(passages=(PASSAGE.model_copy(update={"scores": scores}),))
    assert judge(poor, Rules(Policy(0.75, source_quality=asked_for)), NOW, NOTHING).reason == reason


def test_a_supported_answer_is_released_with_its_source():
    verdict = judge(draft(), RULES, NOW, NOTHING)
    assert (verdict.action, verdict.reason) == ("release", None)
    assert (verdict.sentences, verdict.threshold) == ((SENTENCE,), 0.75)
    assert verdict.confidence >= 0.75
    [citation] = verdict.citations
    assert citation.model_dump() == PASSAGE.model_dump(include=set(type(citation).model_fields))


@pytest.mark.parametrize(
    ("changed", "action", "reason"),
    [
        ({"sentences": ()}, "withhold", "not_known"),
        ({"sentences": (SENTENCE,), "answered": False}, "withhold", "not_known"),
        ({"sentences": (), "unavailable": "as_of_unavailable"}, "withhold", "as_of_unavailable"),
        ({"unavailable": "as_of_unavailable"}, "withhold", "as_of_unavailable"),
        ({"sentences": (), "answered": True}, "withhold", "malformed_answer"),
        ({"sentences": (said(SENTENCE.text),)}, "withhold", "citation_missing"),
        ({"sentences": (said(SENTENCE.text, 9),)}, "withhold", "citation_unknown"),
        ({"sentences": (said("Everyone has 28 days of annual leave.", 1),)}, "withhold", "number_mismatch"),
        ({"sentences": (said("Everyone has 27 days\ufffd of annual leave.", 1),)}, "withhold", "malformed_answer"),
        ({"passages": (PASSAGE.model_copy(update={"stale": True}),)}, "withhold", "source_stale"),
        ({"question": question(consequential=True)}, "review", "consequential"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_draft_is_the_reason_of_its_verdict(changed, action, reason):
    verdict = judge(draft(**changed), RULES, NOW, NOTHING)
    assert (verdict.action, verdict.reason) == (action, reason)


def test_an_answer_that_was_made_from_what_the_asker_may_not_read_any_more_is_withheld():
    verdict = judge(draft(passages=(PASSAGE, SECOND)), RULES, NOW, frozenset({2}))
    assert (verdict.action, verdict.reason) == ("withhold", "access_changed")
    [check] = [check for check in verdict.checks if not check.passed]
    assert (check.name, check.reason, [one.label for one in check.evidence]) == ("access", "access_changed", [2])


def test_the_policy_of_the_tenant_draws_the_line():
    assert judge(draft(), Rules(Policy(1.0)), NOW, NOTHING).reason == "low_confidence"
    assert judge(draft(), Rules(Policy(1.0, 0.5)), NOW, NOTHING).action == "review"


def test_every_check_is_reported_with_its_evidence_in_the_passage():
    verdict = judge(draft(), RULES, NOW, NOTHING)
    assert [check.name for check in verdict.checks] == [check.name for check in CHECKS]
    spans = {PASSAGE.text[span.start : span.end] for check in verdict.checks for span in check.evidence}
    assert any("27 days" in span for span in spans)


def test_each_cited_label_is_one_citation_in_the_order_of_the_answer():
    sentences = (said("Ask Anna.", 2, 2), said("27 days.", 1, 2, 7))
    found = citations_of(draft(sentences, (PASSAGE, SECOND)))
    assert [(citation.label, citation.locator) for citation in found] == [(2, "line 9"), (1, "lines 3-5")]


def test_of_two_passages_under_one_label_the_first_counts():
    twin = SECOND.model_copy(update={"label": 1})
    assert [citation.passage_id for citation in citations_of(draft(passages=(PASSAGE, twin)))] == ["leave#1"]


def test_the_ranking_and_the_answer_probability_go_into_the_case():
    passage = PASSAGE.model_copy(update={"scores": {"bm25": 9.0, "fused": 0.8}})
    case = case_of(draft(passages=(passage,)), NOW)
    assert (case.model_probability, case.passages[0].score, case.now) == (0.9, 0.8, NOW)
    silent = case_of(draft(scores={}), NOW)
    assert (silent.model_probability, silent.passages[0].score) == (None, 0.0)


@settings(max_examples=150, deadline=None)
@given(
    sentences=st.lists(SENTENCES, max_size=6),
    passages=st.lists(PASSAGES, max_size=4),
    answered=st.booleans(),
    probability=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_no_draft_is_too_odd_for_a_verdict(sentences, passages, answered, probability):
    scores = {} if probability is None else {"answer_probability": probability}
    hostile = draft(sentences, passages, answered=answered, scores=scores)
    verdict = judge(hostile, RULES, NOW, NOTHING)
    assert VerdictDecided.model_validate_json(verdict.model_dump_json(), strict=True) == verdict
    labels = {passage.label for passage in passages}
    cited = {label for sentence in sentences for label in sentence.citations}
    assert {citation.label for citation in verdict.citations} == labels & cited
    if verdict.action == "release":
        assert all(sentence.citations and set(sentence.citations) <= labels for sentence in sentences)


@pytest.mark.parametrize(
    "text",
    ["27 days " * 8_000, "a" * 64_000, "1" * 64_000, "1,1.1" * 12_000, "\u00e9\u202e " * 20_000, "no not " * 9_000],
    ids=["figures", "a word", "a number", "separators", "marks", "negations"],
)
def test_a_huge_sentence_is_withheld_in_time(text):
    started = time.perf_counter()
    verdict = judge(draft((said(text, 1),)), RULES, NOW, NOTHING)
    assert (verdict.action, verdict.reason) == ("withhold", "malformed_answer")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("example", examples_for("drafts"), ids=str)
def test_every_example_draft_gets_a_verdict(example):
    body = DraftGenerated.model_validate_json(json.dumps(example.body), strict=True)
    verdict = judge(body, RULES, NOW, NOTHING)
    assert (verdict.request_id, verdict.tenant, verdict.snapshot) == (body.request_id, body.tenant, body.snapshot)
    assert verdict.checks


MAIL = "Ask Anna about annual leave: anna@norvik.example."
SAYS_MAIL = PASSAGE.model_copy(update={"text": MAIL})


@pytest.mark.parametrize(
    ("handling", "action", "text"),
    [
        ("allow", "release", MAIL),
        ("mask", "release", "Ask Anna about annual leave: [email]."),
        ("withhold", "withhold", MAIL),
    ],
)
def test_personal_data_in_an_answer_go_the_way_of_the_tenant(handling, action, text):
    asked = draft((said(MAIL, 1),), (SAYS_MAIL,), question=question("Who do I ask about annual leave?"))
    verdict = judge(asked, Rules(Policy(0.0, personal_data=handling)), NOW, NOTHING)
    assert (verdict.action, verdict.sentences[0].text) == (action, text)
    assert verdict.reason == ("personal_data" if action == "withhold" else None)
    [check] = [one for one in verdict.checks if one.name == "personal_data"]
    assert check.note == "answer: 1 email; sources: 1 email"

"""What happened, in the order in which a reader wants to know it. Pure.

A section that has nothing to tell is None, or says why.
"""

from collections.abc import Iterable, Iterator

from answerable_cli.explanation import Explanation
from answerable_cli.report.markup import (
    Child,
    Html,
    badge,
    code,
    element,
    facts,
    foreign,
    joined,
    listed,
    moment,
    quote,
    table,
)
from answerable_cli.report.timeline import bars
from answerable_cli.wording import (
    absence,
    held_against,
    in_words,
    proved,
    receipt_line,
    receipt_verdict,
    said,
    why_left_out,
)
from answerable_events.answers import AnswerReleased
from answerable_events.requests import CheckResult, DraftSentence, Evidence, Passage


def section(title: str, *children: Child) -> Html:
    """A part of the page under a heading that names it."""
    name = title.lower().replace(" ", "-")
    return element("section", element("h2", title, id=name), *children, aria_labelledby=name)


def question(explanation: Explanation) -> Html:
    """What was asked, and by whom."""
    asked = explanation.question
    if asked is None:
        return section("Question", element("p", f"The question is {absence(explanation)}."))
    return section(
        "Question",
        quote(asked.text, class_="question"),
        facts(
            ("Asked by", foreign(asked.asker.subject)),
            ("Groups", _names(asked.asker.groups) if asked.asker.groups else "none"),
            ("Asked", moment(asked.asked_at)),
            ("Answer due", moment(asked.question.answer_by)),
            ("Consequential", "yes: a person decides" if asked.consequential else "no"),
            *((("As of", moment(asked.as_of)),) if asked.as_of else ()),
        ),
    )


def outcome(explanation: Explanation) -> Html:
    """What the asker was told, and where that can be read."""
    told = explanation.outcome
    if explanation.outcome_type is None:
        return section("Outcome", element("p", "There is none yet."))
    if told is None:
        gone = element("p", f"The request was {explanation.status}. What the asker was told is {absence(explanation)}.")
        return section("Outcome", gone)
    if isinstance(told, AnswerReleased):
        cited = [
            (
                f"[{one.label}]",
                foreign(one.title),
                foreign(one.document_id),
                foreign(one.locator),
                f"{one.document_version}",
            )
            for one in told.citations
        ]
        where = table("Where to read it", ("Source", "Title", "Document", "Place", "Version"), cited)
        parts: list[Child] = [_recalls(explanation), _sentences(explanation, told.sentences), where if cited else None]
    else:
        parts = [quote(told.explanation), facts(("Reason", code(told.reason)), ("Meaning", in_words(told.reason)))]
    return section("Outcome", *parts, facts(("Decided", moment(told.decided_at)), ("Receipt", _receipt(explanation))))


def _recalls(explanation: Explanation) -> Html | None:
    """What became known about a source after the answer was given."""
    rows = [
        (
            moment(one.recalled_at),
            foreign(one.document_id),
            f"{one.document_version}",
            foreign(one.reason),
            foreign(one.by),
        )
        for one in explanation.recalls
    ]
    return table("Recalled", ("When", "Document", "Version", "Why", "By"), rows) if rows else None


def passages(explanation: Explanation) -> Html | None:
    """What the model was given, and why the asker may read it."""
    context = explanation.context
    if context is None:
        return None
    outcome_, verdict = explanation.outcome, explanation.verdict
    cited = {one.label for one in outcome_.citations} if isinstance(outcome_, AnswerReleased) else set()
    evidence = [span for check in (verdict.checks if verdict else ()) for span in check.evidence]
    intro = (
        "What retrieval found among the documents that the asker may read, best first. Nothing else reached the model. "
        "What a check refers to is marked."
    )
    return section(
        "Passages",
        element("p", intro if context.passages else "Retrieval found nothing that the asker may read."),
        *(_passage(one, evidence, cited=one.label in cited) for one in context.passages),
        facts(("Index snapshot", code(context.snapshot)), ("Embedding model", code(context.embedder))),
    )


def left_out(explanation: Explanation) -> Html | None:
    """Negative evidence."""
    if explanation.context is None:
        return None
    counted = explanation.context.left_out
    if not counted:
        return section("Left out", element("p", "Nothing that was near the question in meaning was left out."))
    rows = [(code(reason), str(count), why_left_out(reason)) for reason, count in counted.items()]
    kept = element("p", "This is for those who look into the record. The asker is never told of it.")
    return section(
        "Left out", table("Passages near the question in meaning", ("Reason", "Passages", "Meaning"), rows), kept
    )


def model(explanation: Explanation) -> Html | None:
    """Which model wrote what, from which prompt, and at what cost."""
    draft, cost = explanation.draft, explanation.cost
    if draft is None:
        return None
    used, prompt = draft.model, draft.prompt
    nothing = element("p", "It found no answer in the passages.")
    return section(
        "Model and prompt",
        _sentences(explanation, draft.sentences) if draft.answered else nothing,
        facts(
            ("Model", joined(code(used.id), f" ({used.adapter}: ", foreign(used.name), f", revision {used.revision})")),
            ("Temperature", f"{used.temperature:g}"),
            ("Seed", None if used.seed is None else str(used.seed)),
            ("Took", f"{used.duration_ms:,.1f} ms"),
            ("Own scores", _scores(draft.scores)),
            ("Prompt", joined(code(prompt.name), f" version {prompt.version}")),
            ("Prompt SHA-256", code(prompt.sha256)),
            ("Model calls", str(cost.calls)),
            ("Tokens", f"{cost.input_tokens:,} in, {cost.output_tokens:,} out"),
            ("Cost", "not stated" if cost.usd is None else f"{cost.usd:.6f} USD"),
        ),
    )


def checks(explanation: Explanation) -> Html | None:
    """What was checked of the draft, and on what evidence."""
    verdict = explanation.verdict
    if verdict is None or not verdict.checks:
        return None
    source = explanation.draft or explanation.context
    texts = {one.label: one.text for one in source.passages} if source else {}
    rows = [
        (
            joined(code(one.name), f" v{one.version}"),
            _result(one),
            f"{one.score:.3f}",
            joined(foreign(one.note or ""), _evidence(one, texts) or ""),
        )
        for one in verdict.checks
    ]
    return section("Checks", table("Of the draft against its sources", ("Check", "Result", "Score", "Evidence"), rows))


def decision(explanation: Explanation) -> Html | None:
    """How the checks became a decision."""
    verdict = explanation.verdict
    if verdict is None:
        return None
    beside = "at or above" if verdict.confidence >= verdict.threshold else "below"
    return section(
        "Decision",
        facts(
            ("Confidence", f"{verdict.confidence:.3f}"),
            ("Threshold", f"{verdict.threshold:.3f}; the confidence is {beside} it"),
            ("Certificate", proved(verdict)),
            ("Decision", joined(badge(verdict.action, "good" if verdict.action == "release" else "open"))),
            (
                "Reason",
                None if verdict.reason is None else joined(code(verdict.reason), f" {in_words(verdict.reason)}"),
            ),
        ),
    )


def people(explanation: Explanation) -> Html | None:
    """What reviewers, auditors and the asker said."""
    lines = [foreign(said(one)) for one in explanation.people]
    return section("People", listed("ul", lines)) if lines else None


def dead_letters(explanation: Explanation) -> Html | None:
    """What could not be processed."""
    if not explanation.dead_letters:
        return None
    rows = [
        (
            foreign(one.stage),
            code(one.reason),
            foreign(one.exception_type or ""),
            str(one.attempts),
            moment(one.dead_at),
        )
        for one in explanation.dead_letters
    ]
    return section("Dead letters", table("Set aside", ("Stage", "Reason", "Exception", "Attempts", "When"), rows))


def timings(explanation: Explanation) -> Html | None:
    """How long it took."""
    return section("Timings", bars(explanation.timings)) if explanation.timings else None


def _sentences(explanation: Explanation, sentences: Iterable[DraftSentence]) -> Html:
    known = {one.label for one in explanation.context.passages} if explanation.context else set()
    items = (joined(foreign(one.text), *_references(one.citations, known)) for one in sentences)
    return listed("ol", items, class_="answer")


def _references(labels: Iterable[int], known: set[int]) -> Iterator[Child]:
    for label in labels:
        text = f"[{label}]"
        yield " "
        yield element("a", text, href=f"#passage-{label}") if label in known else text


def _passage(passage: Passage, evidence: Iterable[Evidence], *, cited: bool) -> Html:
    spans = [(one.start, one.end) for one in evidence if one.label == passage.label]
    name = f"passage-{passage.label}"
    return element(
        "article",
        element(
            "h3", f"[{passage.label}] ", foreign(passage.title or passage.document_id), " (cited)" if cited else None
        ),
        quote(joined(*_marked(passage.text, spans))),
        facts(
            ("Document", joined(foreign(passage.document_id), f", version {passage.document_version}")),
            ("Source", foreign(passage.source) if passage.source != passage.document_id else None),
            ("Place", foreign(passage.locator)),
            (
                "Heading",
                foreign(passage.heading) if passage.heading and passage.heading not in passage.locator else None,
            ),
            (
                "Access",
                joined("granted: the asker is ", _names(passage.readers_matched), ", who may read the document"),
            ),
            ("Scores", _scores(passage.scores)),
            (
                "Out of date",
                "yes: its owner was to look at it before the question was asked" if passage.stale else None,
            ),
            ("Held against it", held_against(passage.caveats)),
            ("Valid until", moment(passage.valid_until) if passage.valid_until else None),
        ),
        id=name,
        class_="cited" if cited else None,
    )


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Child]:
    """The text, with what lies in any of the spans marked; not by a span that is the whole of it."""
    done = 0
    for start, end in sorted(span for span in spans if span != (0, len(text))):
        if max(start, done) < min(end, len(text)):
            yield text[done : max(start, done)]
            yield element("mark", text[max(start, done) : end])
            done = min(end, len(text))
    yield text[done:]


def _result(check: CheckResult) -> Html:
    if check.passed:
        return badge("passed", "good")
    reason = joined(" ", code(check.reason), f" {in_words(check.reason)}") if check.reason else None
    return joined(badge("failed", "bad"), reason)


def _evidence(check: CheckResult, texts: dict[int, str]) -> Html | None:
    quoted = [
        joined(f"[{one.label}] ", foreign(texts.get(one.label, "")[one.start : one.end] or "not on record"))
        for one in check.evidence
    ]
    return joined(*(element("span", each, element("br")) for each in quoted)) if quoted else None


def _receipt(explanation: Explanation) -> Html | None:
    checked = explanation.receipt
    if checked is None:
        return None
    return joined(f"{receipt_line(checked)} ", badge(receipt_verdict(checked), "good" if checked.agrees else "bad"))


def _names(names: Iterable[str]) -> Html:
    parts: list[Child] = []
    for name in names:
        parts += [", ", foreign(name)] if parts else [foreign(name)]
    return joined(*parts)


def _scores(scores: dict[str, float]) -> Html | None:
    parts = [f"{name} {value:.3f}" for name, value in scores.items()]
    return foreign(", ".join(parts)) if parts else None

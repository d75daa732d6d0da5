"""The quality of an organisation's documents as one page: scores, what to do, the worst documents. Pure.

Titles and texts are other people's, so the frame is that of an explanation: nothing runs, nothing is fetched.
"""

from answerable_cli.assessment import Assessment
from answerable_cli.report.frame import framed
from answerable_cli.report.markup import (
    Html,
    badge,
    code,
    element,
    facts,
    foreign,
    joined,
    moment,
    quote,
    table,
)
from answerable_cli.report.sections import section
from answerable_knowledge.quality import RULES
from answerable_knowledge.report import Assessed, Evidence

_COMMAND = "answerable knowledge quality --html"
_KINDS = {"high": "bad", "medium": "open", "low": "open"}


def as_page(found: Assessment) -> str:
    """The whole assessment as one HTML file."""
    title = f"Quality of the documents of {found.tenant}"
    header = element(
        "header",
        element("p", "Answerable: what answers rest on"),
        element("h1", title),
        facts(
            ("Documents", f"{found.documents:,}"),
            ("Quality", joined(element("strong", f"{found.quality:.3f}"), " of 1")),
            ("Snapshot", code(found.snapshot)),
            ("Looked at", moment(found.made_at)),
        ),
    )
    made = element("footer", element("p", "Made ", moment(found.made_at), " by ", code(_COMMAND), "."))
    return framed(title, header, [_sources(found), _findings(found), _worst(found)], made)


def _sources(found: Assessment) -> Html:
    rows = [
        (
            foreign(one.name) if one.name else "none named",
            f"{one.documents:,}",
            f"{one.with_findings:,}",
            f"{one.quality:.3f}",
            f"{one.worst:.3f}",
        )
        for one in found.collections
    ]
    columns = ("Source", "Documents", "With findings", "Quality", "Worst")
    return section("Sources", table("Worst first; 1 is a document against which nothing was found", columns, rows))


def _findings(found: Assessment) -> Html:
    if not found.counts:
        return section("Findings", element("p", "Nothing was found against any document."))
    rows = [
        (
            code(name),
            badge(RULES[name].severity, _KINDS[RULES[name].severity]),
            f"{count:,}",
            RULES[name].meaning,
            RULES[name].advice,
        )
        for name, count in found.counts.items()
    ]
    return section(
        "Findings", table("Most frequent first", ("Finding", "Severity", "Documents", "Meaning", "What to do"), rows)
    )


def _worst(found: Assessment) -> Html | None:
    if not found.worst:
        return None
    return section("Worst documents", *map(_document, found.worst))


def _document(document: Assessed) -> Html:
    parts = [element("h3", foreign(document.title or document.document_id))]
    parts.append(
        facts(
            ("Document", foreign(document.document_id)),
            ("Version", f"{document.version}"),
            ("Source", foreign(document.collection) if document.collection else None),
            ("Owner", foreign(document.owner) if document.owner else None),
            ("Quality", f"{document.quality:.3f}"),
        )
    )
    for name, passages in document.findings.items():
        rule = RULES[name]
        where = f" In {passages} of {document.passages} passages." if passages else ""
        parts.append(
            element("p", badge(name, _KINDS[rule.severity]), f" {rule.meaning}{where} ", element("em", rule.advice))
        )
        parts += [_evidence(one) for one in document.evidence if one.code == name]
    return element("article", *parts)


def _evidence(one: Evidence) -> Html:
    if not one.other_said:
        return element("p", foreign(one.other_id), f": {one.said}")
    here, there = (
        element("p", f"Here, {one.place}:"),
        element("p", "In ", foreign(one.other_id), f", {one.other_place}:"),
    )
    return joined(here, quote(one.said), there, quote(one.other_said))

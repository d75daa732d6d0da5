"""The page of an explanation: sections in reading order, within the frame of every page. Pure."""

from datetime import datetime

from answerable_cli.explanation import Explanation
from answerable_cli.report import proof_sections, sections
from answerable_cli.report.frame import framed
from answerable_cli.report.markup import Html, badge, code, element, facts, foreign, joined, moment
from answerable_cli.report.timeline import bar_rules
from answerable_cli.wording import STATES, proof_meaning

_TITLES = {
    "released": "Why this answer",
    "withheld": "Why no answer was released",
    "failed": "Why no answer came about",
    "open": "A request without an outcome yet",
}
_STATUS_KINDS = {"released": "good", "failed": "bad"}
_PROOF_KINDS = {"cosigned": "good", "signed": "good", "edited": "bad"}


def as_page(explanation: Explanation, made_at: datetime) -> str:
    """The whole explanation as one HTML file."""
    title = f"{_title(explanation)}: request {explanation.request_id}"
    return framed(title, _header(explanation), _main(explanation), _footer(made_at), bar_rules(explanation))


def _title(explanation: Explanation) -> str:
    return "An erased request" if explanation.proof == "erased" else _TITLES.get(explanation.status, _TITLES["open"])


def _header(explanation: Explanation) -> Html:
    status, proof = explanation.status, explanation.proof
    return element(
        "header",
        element("p", "Answerable: one request, told from its record"),
        element("h1", _title(explanation)),
        facts(
            ("Request", code(str(explanation.request_id))),
            ("Organisation", foreign(explanation.tenant)),
            ("Outcome", badge(status, _STATUS_KINDS.get(status, "open"))),
            ("Record", joined(badge(STATES[proof], _PROOF_KINDS.get(proof, "open")), f" {proof_meaning(explanation)}")),
        ),
    )


def _main(explanation: Explanation) -> list[Html]:
    parts = [
        sections.question(explanation),
        sections.outcome(explanation),
        sections.passages(explanation),
        sections.left_out(explanation),
        sections.model(explanation),
        sections.checks(explanation),
        sections.decision(explanation),
        sections.people(explanation),
        sections.dead_letters(explanation),
        sections.timings(explanation),
        proof_sections.rests_on(explanation),
        proof_sections.log(explanation),
        proof_sections.verification(explanation),
    ]
    return [part for part in parts if part is not None]


def _footer(made_at: datetime) -> Html:
    return element("footer", element("p", "Made ", moment(made_at), " by ", code("answerable explain --html"), "."))

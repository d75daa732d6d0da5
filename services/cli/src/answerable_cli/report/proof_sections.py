"""What speaks for the record, and how anybody can check it. Pure."""

from shlex import quote

from answerable_cli.explanation import Explanation, LogEntry
from answerable_cli.report.markup import Child, Html, badge, code, element, foreign, joined, moment, table
from answerable_cli.report.sections import section
from answerable_cli.wording import ANCESTORS, DIGEST, content_line, leaf_line, seal_line, short_type

_ANCESTOR_KINDS = {"recorded": "good", "erased": "open"}
_CAPTION = "Oldest first. Proof: by how many witnesses, size of the checkpoint, and when the log signed it (UTC)"
_COLUMNS = ("Event", "Written", "Place in the log", "Content", "Place in the tree", "Proof")


def rests_on(explanation: Explanation) -> Html | None:
    """The events that the outcome names, each with whether it is there."""
    newest = explanation.rests_on
    if newest is None or not newest.ancestors:
        return None
    rows = [
        (
            foreign(short_type(each.type)),
            code(str(each.event_id)),
            code(each.sha256[:DIGEST]),
            badge(ANCESTORS[each.state], _ANCESTOR_KINDS.get(each.state, "bad")),
        )
        for each in newest.ancestors
    ]
    caption = f"Events that {short_type(newest.type)} names, with the SHA-256 that it saw"
    return section("Rests on", table(caption, ("Event", "Id", "SHA-256", "In the record"), rows))


def log(explanation: Explanation) -> Html:
    """Every row of the record."""
    intro = (
        "Every row of the record is a leaf of an append-only tree of its organisation and partition. Checkpoints that "
        "the log signs, and witnesses after it, make it evident when a row is changed, removed or put in later."
    )
    rows = [_row(entry) for entry in explanation.log]
    return section("Log and proof", element("p", intro), table(_CAPTION, _COLUMNS, rows))


def verification(explanation: Explanation) -> Html:
    """What to type."""
    request, tenant = str(explanation.request_id), quote(explanation.tenant)
    commands = (
        f"answerable export {request} --tenant {tenant} -o bundle.zip\n"
        "answerable verify bundle.zip --log-key 'KEY'\n"
        "python verify.py bundle.zip --log-key 'KEY'"
    )
    return section(
        "How to verify this offline",
        element(
            "p", "This page shows what the record says. It proves nothing by itself; the bundle of the request does:"
        ),
        element("pre", code(commands)),
        element(
            "p",
            "The second and the third command do the same: ",
            code("verify.py"),
            " needs no Answerable. Take the key from whoever runs the log, who has it from ",
            code("answerable keys"),
            ", and the verifier from elsewhere than the bundle, or trust both.",
        ),
    )


def _row(entry: LogEntry) -> tuple[Child, ...]:
    seal = entry.proof
    copy = None if entry.counts else " (a copy)"
    return (
        joined(foreign(short_type(entry.type)), copy),
        moment(entry.log_time),
        code(f"{entry.topic}/{entry.partition}/{entry.offset}, epoch {entry.epoch}"),
        badge(content_line(entry), "open") if seal.erased else code(content_line(entry)),
        code(leaf_line(seal)) if seal.sealed else "none",
        joined(seal_line(seal)) if seal.holds else badge(seal_line(seal), "bad"),
    )

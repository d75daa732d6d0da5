"""How the evidence for a request looks on the screen."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from answerable_cli.explanation import Explanation, LogEntry, RestsOn
from answerable_cli.wording import (
    ANCESTORS,
    DIGEST,
    STATES,
    content_line,
    leaf_line,
    proof_meaning,
    receipt_line,
    receipt_verdict,
    seal_line,
    short_type,
)

_BAD = frozenset({"missing", "other_bytes"})
_STYLES = {"edited": "bold red", "cosigned": "green", "signed": "green"}


def rests_on(newest: RestsOn) -> RenderableType:
    """What the newest event names as its ancestors, and whether they are there."""
    table = Table.grid(padding=(0, 2))
    for each in newest.ancestors:
        state = Text(ANCESTORS[each.state], "red" if each.state in _BAD else "")
        table.add_row(Text(f"  {short_type(each.type)}"), f"sha256 {each.sha256[:DIGEST]}", state)
    return table


def receipt(explanation: Explanation) -> list[Text]:
    """What the asker was given as a receipt, beside the record."""
    checked = explanation.receipt
    if checked is None:
        return []
    told = f"  receipt: {receipt_line(checked)}; {receipt_verdict(checked)}"
    return [Text(told, "" if checked.agrees else "red")]


def proof(explanation: Explanation) -> RenderableType:
    """Every record, its place in the log and in its tree; and how well all of it is proven."""
    table = Table.grid(padding=(0, 2))
    for entry in explanation.log:
        table.add_row(*_row(entry))
    state = explanation.proof
    return Group(table, Text(f"  {STATES[state]}: {proof_meaning(explanation)}", _STYLES.get(state, "yellow")))


def _row(entry: LogEntry) -> tuple[str | Text, ...]:
    seal = entry.proof
    return (
        f"  {entry.log_time:%H:%M:%S.%f}"[:-3],
        Text(short_type(entry.type)),
        f"{entry.topic}/{entry.partition}/{entry.offset}, epoch {entry.epoch}",
        content_line(entry),
        leaf_line(seal),
        Text(seal_line(seal), "" if seal.holds else "red"),
        "" if entry.counts else "a copy",
    )

"""`answerable knowledge quality`: what the ledger holds against the documents of an organisation, out of its index."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from answerable_cli.accessing import open_index
from answerable_cli.assessment import Assessment, Scope, as_value, assess
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.output import console, note, notes, print_json, print_table
from answerable_cli.report.quality_page import as_page
from answerable_cli.wording import printable
from answerable_ingestion.examining import Comparison
from answerable_knowledge.errors import WriteFailed
from answerable_knowledge.index import Index
from answerable_knowledge.quality import RULES
from answerable_knowledge.report import Assessed, Report
from answerable_knowledge.survey import survey

_BELOW = 1
_QUOTED = 160


@dataclass(frozen=True, slots=True)
class Wanted:
    """How it is to be shown; `fail_under` is the quality below which the command fails."""

    fail_under: float | None = None
    as_json: bool = False
    html: Path | None = None
    renew: bool = False


def show_quality(scope: Scope, wanted: Wanted, data: Path) -> int:
    """Look through the documents and print what was found; 1 when their quality is below what was asked for.

    Raises:
        UsageRefused: there is no index here, nothing in it of this organisation, or the page cannot be written.
        CliError: the findings could not be written.
    """
    index, now = open_index(data), datetime.now(UTC)
    inventory = index.inventory(scope.tenant)
    if inventory is None:
        raise UsageRefused(f"no documents of {scope.tenant} here", "--tenant names the organisation")
    with _progress() as progress, survey(inventory, now, Comparison(), progress) as report:
        found = assess(report, scope, f"{scope.tenant}@{inventory.version}", now)
        renewed = renew(index, scope.tenant, report) if wanted.renew else None
    if wanted.html is not None:
        write_page(wanted.html, as_page(found))
    if wanted.as_json:
        print_json(as_value(found) | ({} if renewed is None else {"renewed": renewed}))
    elif wanted.html is not None:
        console().print(f"{wanted.html}: {wanted.html.stat().st_size:,} bytes", highlight=False, markup=False)
    else:
        _print(found)
    if renewed is not None:
        note(f"{renewed} documents of the index hold other findings than before")
    return _BELOW if wanted.fail_under is not None and found.quality < wanted.fail_under else 0


def renew(index: Index, tenant: str, report: Report) -> int:
    """Make the index hold what was found; of how many documents that is something else.

    Raises:
        CliError: the findings could not be written.
    """
    count = 0
    try:
        for amendment in report.renewed():
            index.mark(tenant, amendment)
            count += 1
    except WriteFailed:
        raise CliError("the index could not be written", "the same command again goes on where it ended") from None
    return count


def write_page(path: Path, page: str) -> None:
    """Write the page, or nothing.

    Raises:
        UsageRefused: the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(page, "utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written: {error.strerror}") from None


@contextmanager
def _progress() -> Iterator[Any]:
    done: dict[str, int] = {}
    with notes().status("looking through the documents") as status:

        def told(what: str, count: int) -> None:
            before, done[what] = done.get(what, 0), done.get(what, 0) + count
            if before // 500 != done[what] // 500 or not before:
                status.update(", ".join(f"{number:,} {name}" for name, number in done.items()))

        yield told


def _print(found: Assessment) -> None:
    console().print(
        printable(f"{found.documents} documents of {found.tenant}, quality {found.quality:.3f} ({found.snapshot})"),
        highlight=False,
        markup=False,
    )
    print_table(
        ("source", "documents", "with findings", "quality", "worst"),
        [(one.name or "-", one.documents, one.with_findings, one.quality, one.worst) for one in found.collections],
    )
    print_table(
        ("finding", "severity", "documents", "what to do"),
        [(code, RULES[code].severity, count, RULES[code].advice) for code, count in found.counts.items()],
    )
    for document in found.worst:
        console().print()
        for line in lines_of(document):
            console().print(printable(line), highlight=False, markup=False)


def lines_of(document: Assessed) -> Iterator[str]:
    """A document with its findings, for people."""
    yield f"{document.quality:.3f}  {document.document_id}, version {document.version}: {document.title}"
    for code, passages in document.findings.items():
        where = f" ({passages} of {document.passages} passages)" if passages else ""
        yield f"       {code}{where}: {RULES[code].meaning}"
        for one in document.evidence:
            if one.code == code and one.other_said:
                yield f"         {one.place}: {_short(one.said)}"
                yield f"         {one.other_id}, {one.other_place}: {_short(one.other_said)}"
            elif one.code == code:
                yield f"         {one.other_id}: {one.said}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _QUOTED else f"{flat[: _QUOTED - 1]}…"

"""How the demo looks on the screen, and in JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from answerable_cli.asking import told
from answerable_cli.bounds import bound_in_words
from answerable_cli.completeness import Completeness
from answerable_cli.demo_trust import WhatIf
from answerable_cli.expectations import Judged
from answerable_cli.explaining import rendered
from answerable_cli.explanation import Explanation
from answerable_cli.output import console, print_table
from answerable_cli.people import people
from answerable_cli.proving import Proven
from answerable_cli.results import Figure, passed
from answerable_events.governance import Certificate


def show_question(one: Judged, number: int) -> None:
    """A question, its outcome with sources, and what can be seen in it."""
    question = one.question
    person = people().get(question.asker)
    name = f"{person.name}, {person.role}" if person else question.asker
    careful = ", consequential" if question.consequential else ""
    verdict = "[green]as expected[/green]" if not one.problems else f"[red]{escape('; '.join(one.problems))}[/red]"
    if one.unsure:
        verdict = "[yellow]answered, but not surely enough for the certificate[/yellow]"
    console().print(
        f"\n[cyan]{number}. {escape(name)} ({', '.join(question.groups)}){careful}:[/cyan] {escape(question.text)}\n"
        f"{told(one.outcome)}\n"
        f"[dim]shows:[/dim] {escape(question.shows)} — {verdict}",
        highlight=False,
    )


def show_explanation(explanation: Explanation | None) -> None:
    if explanation is not None:
        console().rule("One of them explained, from the record: answerable explain REQUEST")
        console().print(rendered(explanation))


def show_completeness(found: Completeness) -> None:
    console().rule("Is the record complete? answerable audit check")
    console().print(
        f"{found.records} records in the log, {found.rows} rows in the trace, {found.missing} missing, "
        f"{len(found.conflicts)} with two contents: {'complete' if found.complete else 'NOT complete'}",
        highlight=False,
    )


def show_proof(found: Proven) -> None:
    console().rule("Can it be proved? answerable export REQUEST -o bundle.zip, answerable verify bundle.zip")
    size = f"{found.untouched['records']} records with their proofs, {found.bundle_bytes:,} bytes"
    console().print(f"{size}, signed by {found.untouched['trusted_keys']['log'][0]}", highlight=False, markup=False)
    for what, report in (
        ("as it is recorded", found.untouched),
        ("with one byte of the answer changed in ClickHouse by somebody who may write there", found.edited),
    ):
        console().print(f"{what}: [bold]{report['verdict'].upper()}[/bold]", highlight=False)
        for reason in report["requests"][0]["reasons"][:3]:
            console().print(f"  {reason}", highlight=False, markup=False)


def show_certificate(certificate: Certificate) -> None:
    told = bound_in_words(certificate.alpha, certificate.delta, certificate.labelled)
    console().rule("What is proved of released answers: answerable calibrate, answerable gate sign")
    console().print(
        f"Of the answers from confidence {certificate.threshold:.2f} on {told}: {certificate.wrong} of "
        f"{certificate.released} were wrong, and {certificate.abstained} questions got none. In force until "
        f"{certificate.expires_at:%Y-%m-%d}, and only for this model, prompt, embedder and these checks.",
        highlight=False,
        markup=False,
    )


def show_trust(conflicts: Sequence[str], what_ifs: Sequence[WhatIf], reviewed: Sequence[str]) -> None:
    console().rule("What checks stop, and what a person decides")
    lines = [f"sources contradict one another: {conflict}" for conflict in conflicts]
    for one in what_ifs:
        found = "" if one.check is None else f" ({one.check.note or one.check.reason})"
        verdict = "released" if one.released else "stopped"
        lines.append(f"if a model had written “{one.said}” — {one.shows}: {verdict}{found}")
    lines += [f"a reviewer approved the draft that was left to a person: {status}" for status in reviewed]
    console().print("\n".join(lines), highlight=False, markup=False)


def what_if_as_document(one: WhatIf) -> dict[str, Any]:
    check = one.check
    return {
        "shows": one.shows,
        "said": one.said,
        "released": one.released,
        "check": check.name if check else None,
        "reason": check.reason if check else None,
        "note": check.note if check else None,
    }


def show_summary(judged: Sequence[Judged], figures: Mapping[str, Figure]) -> None:
    console().rule("Summary")
    rows = [
        (name.replace("_", " "), figure.value, figure.unit, figure.aim or "", "" if figure.met else "MISSED")
        for name, figure in figures.items()
    ]
    print_table(("figure", "value", "unit", "aim", ""), rows)
    for one in judged:
        if one.problems:
            console().print(
                f"not as expected: {one.question.id}: {'; '.join(one.problems)}", markup=False, highlight=False
            )
    console().print(f"demo: {'passed' if passed(figures) else 'FAILED'} - build/demo.json", highlight=False)


def as_document(one: Judged) -> dict[str, Any]:
    question, outcome = one.question, one.outcome
    return {
        "id": question.id,
        "asker": question.asker,
        "groups": question.groups,
        "question": question.text,
        "consequential": question.consequential,
        "shows": question.shows,
        "request_id": str(outcome.request_id),
        "outcome": outcome.status,
        "reason": outcome.reason,
        "answer": outcome.answer.text if outcome.answer else None,
        "citations": [citation.model_dump() for citation in outcome.answer.citations] if outcome.answer else [],
        "expected": question.expect,
        "as_expected": not one.problems,
        "problems": one.problems,
    }

"""What commands that bring documents in say in the end."""

from collections import Counter
from dataclasses import asdict

from answerable_cli.output import console, note, print_json, print_table
from answerable_cli.rules import RULES_FILE
from answerable_cli.syncing import Report

_NAMED = 5
"""Documents that a note names; `--json` has all."""
_DONE = {"indexed": "indexed", "access_changed": "with other readers", "withdrawn": "withdrawn"}


def show(report: Report, *, as_json: bool) -> None:
    """The report, for programs or for people."""
    if as_json:
        print_json(as_document(report))
    else:
        _show_troubles(report)
        _show_notes(report)
        console().print(_planned(report) if report.dry_run else _done(report), highlight=False)


def as_document(report: Report) -> dict[str, object]:
    """Everything, for programs."""
    return {
        "dry_run": report.dry_run,
        "documents": [asdict(fate) for fate in sorted(report.fates, key=lambda fate: fate.document_id)],
        "planned": [
            {"document_id": name, "action": action, "version": version, "reason": reason}
            for name, action, version, reason in report.planned
        ]
        if report.dry_run
        else [],
        "unchanged": report.unchanged,
        "kept_out": [asdict(one) for one in report.kept_out],
        "not_taken": [asdict(one) for one in report.troubles],
        "readable_by_nobody": report.nobody,
        "refused": report.refused,
    }


def _show_troubles(report: Report) -> None:
    rows: list[tuple[str, str, str | None, str]] = [
        (fate.document_id, fate.outcome, fate.reason, "") for fate in report.fates if fate.outcome not in _DONE
    ]
    rows += [(one.document_id, "not sent", one.reason, one.hint) for one in report.troubles]
    rows += [(one.document_id, "kept out", one.reason, one.hint) for one in report.kept_out]
    if rows:
        print_table(("document", "outcome", "reason", "what to do"), sorted(rows))


def _show_notes(report: Report) -> None:
    for fate in report.fates:
        for line in fate.notes:
            note(f"{fate.document_id}: {line}")
    if report.nobody:
        named = ", ".join(report.nobody[:_NAMED]) + (", ..." if len(report.nobody) > _NAMED else "")
        note(f"nobody may read {len(report.nobody)} of them: {named}; say who may with --readers or in {RULES_FILE}")
    if report.refused:
        note(f"nothing is withdrawn: {report.refused}. Is the source whole? --force withdraws them all the same")


def _done(report: Report) -> str:
    outcomes = Counter(fate.outcome for fate in report.fates)
    passages = sum(fate.passages for fate in report.fates)
    parts = [f"{outcomes['indexed']} indexed ({passages} passages)"]
    parts += [f"{outcomes[name]} {words}" for name, words in _DONE.items() if name != "indexed" and outcomes[name]]  # type: ignore[index]
    not_taken = outcomes["rejected"] + outcomes["failed"] + len(report.troubles) + len(report.kept_out)
    return ", ".join([*parts, f"{len(report.unchanged)} unchanged", f"{not_taken} not taken"])


def _planned(report: Report) -> str:
    actions = Counter(reason if action == "submit" else action for _, action, _, reason in report.planned)
    words = {
        "new": "new",
        "changed": "changed",
        "again": "once more",
        "change_access": "other readers",
        "wait": "under way",
        "withdraw": "to withdraw",
    }
    counted = [f"{actions[name]} {text}" for name, text in words.items() if actions[name]]
    not_taken = len(report.troubles) + len(report.kept_out)
    return "would do: " + ", ".join([*counted, f"{len(report.unchanged)} unchanged", f"{not_taken} not taken"])

"""What is to be done with a document of a source, given what the record knows of it. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from answerable_cli.rules import Details
from answerable_cli.sources.items import Item

_FEW = 10

Outcome = Literal["open", "indexed", "rejected", "failed"]
"""What became of a version; open: nothing yet."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the record says of a document: its highest version, and what became of that."""

    version: int
    sha256: str
    details: Details
    outcome: Outcome = "indexed"
    reason: str | None = None
    """Of a rejection."""
    withdrawn: bool = False
    erased: bool = False
    event_id: UUID | None = None
    """Of the submission."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with a document."""

    item: Item
    action: Literal["submit", "change_access", "wait", "keep", "keep_out"]
    version: int
    reason: str = ""
    """Of `keep_out`; of `submit`: new, changed, or again."""
    access_first: bool = False
    """Of `submit`: others may read it now. That must hold even if the new version is rejected and the old one stays."""


def decide(item: Item, sha256: str, known: Known | None, *, again: bool) -> Step:
    """A new version is above every one that was ever submitted, withdrawn ones included.

    `again`: what was rejected or withdrawn as it is now is worth another try.
    """
    if known is None:
        return Step(item, "submit", item.version, "new")
    others = known.details.access != item.details.access
    same = known.sha256 == sha256 and known.details.besides_access == item.details.besides_access
    against = _against(known, same_content=known.sha256 == sha256, same=same and not others)
    if against and (known.erased or not again):
        return Step(item, "keep_out", known.version, against)
    if same and not against and known.outcome in {"open", "indexed"}:
        if others:
            return Step(item, "change_access", known.version)
        return Step(item, "wait" if known.outcome == "open" else "keep", known.version)
    reason = "again" if same and not others else "changed"
    return Step(item, "submit", max(item.version, known.version + 1), reason, others and not known.withdrawn)


def gone_from(known: Collection[str], present: Collection[str]) -> list[str]:
    """Documents that the source has no more. A name that ends with a slash stands for all that begin with it."""
    folders = tuple(name for name in present if name.endswith("/"))
    return [name for name in known if name not in present and not name.startswith(folders)]


def looks_like_an_accident(gone: int, known: int) -> bool:
    """Whether so much is gone that the source is more likely to be broken: all of it, or most and not just a few."""
    return gone > 0 and (gone == known or (gone > _FEW and 2 * gone > known))


def _against(known: Known, *, same_content: bool, same: bool) -> str | None:
    """Why it is out as it is, and would be again."""
    if known.erased:
        return "erased"
    if same_content and known.withdrawn:
        return "withdrawn"
    return known.reason or "rejected" if same and known.outcome == "rejected" else None

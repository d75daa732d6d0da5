"""Defects planted on purpose: if a trial finds nothing wrong with them, it is worth nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import structlog

from answerable_events.requests import ContextRetrieved
from answerable_knowledge import ranking, rows
from answerable_knowledge.access import Groups, permits
from answerable_knowledge.entries import Query
from answerable_knowledge.index import Index
from answerable_knowledge.permissions import Permission
from answerable_knowledge.searching import Snapshot
from answerable_retrieval.contexts import context_of

Patch = AbstractContextManager[Any]


def deny_forgotten() -> Patch:
    """The filter of the search knows readers only."""

    def readable(principals: Iterable[str]) -> str:
        return f"array_has_any(readers, [{rows.listed(sorted(principals))}])"

    return patch.object(rows, "readable", readable)


def flat_groups() -> Patch:
    """A group in a group is nobody."""

    def closure(_: Groups, principals: Iterable[str]) -> frozenset[str]:
        return frozenset(principals)

    return patch.object(Groups, "closure", closure)


@contextmanager
def filtered_afterwards() -> Iterator[None]:
    """Rights are applied to what the search found, not in the search."""
    search = Snapshot._candidates

    def candidates(self: Snapshot, query: Query, condition: str, threads: Executor) -> list[ranking.Candidate]:
        rest = condition.replace(rows.readable(query.principals), "true")
        found = search(self, query, rest, threads)
        return [one for one in found if permits(one.row["readers"], one.row["denied"], query.principals)]

    columns = [*rows.HIT_COLUMNS, "denied"]
    with patch.object(rows, "HIT_COLUMNS", columns), patch.object(Snapshot, "_candidates", candidates):
        yield


def groups_cached() -> Patch:
    """The groups of the first snapshot serve for ever."""
    groups_of: Callable[[Iterable[Mapping[str, Any]]], Groups] = rows.groups_of
    kept: list[Groups] = []

    def first(cells: Iterable[Mapping[str, Any]]) -> Groups:
        kept.append(groups_of(cells))
        return kept[0]

    return patch.object(rows, "groups_of", first)


def snapshot_cached() -> Patch:
    """A tenant's first snapshot with documents serves for ever."""
    return patch.object(Index, "snapshot", cache(Index.snapshot))


def one_table() -> Patch:
    """Tenants share a table."""
    return patch.object(rows, "table_name", lambda _: "tenants")


def past_open() -> Patch:
    """A question about the past is answered by the rights of the past alone."""
    return patch.object(Index, "_revoked", lambda *_: frozenset())


def checked_once() -> Patch:
    """Validation does not look again."""
    return patch("answerable_validation.handlers.revoked_labels", lambda *_: frozenset())


def talkative() -> Patch:
    """Retrieval writes into its log what it found."""

    def logged(*arguments: Any, **named: Any) -> ContextRetrieved:
        context = context_of(*arguments, **named)
        structlog.get_logger("planted").info("found", titles=[one.title for one in context.passages])
        return context

    return patch("answerable_retrieval.handlers.context_of", logged)


def explained_by_readers() -> Patch:
    """Who explains rights forgets denials."""
    return patch.object(Permission, "granted", property(lambda self: bool(self.granted_by)))


DEFECTS: Mapping[str, Callable[[], Patch]] = {
    "deny-forgotten": deny_forgotten,
    "flat-groups": flat_groups,
    "filtered-afterwards": filtered_afterwards,
    "groups-cached": groups_cached,
    "snapshot-cached": snapshot_cached,
    "one-table": one_table,
    "past-open": past_open,
    "checked-once": checked_once,
    "talkative": talkative,
    "explained-by-readers": explained_by_readers,
}


def plant(name: str | None) -> ExitStack:
    """The defect, while the block runs; without a name none."""
    stack = ExitStack()
    if name is not None:
        stack.enter_context(DEFECTS[name]())
    return stack

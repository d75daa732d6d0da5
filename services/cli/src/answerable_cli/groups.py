"""Who is in which group, besides what verified tokens say: read from a file, published where it differs."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from answerable_cli.addresses import Addresses, locate
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.known_documents import await_record, read_groups
from answerable_cli.output import console, note, print_json, print_table
from answerable_cli.rules import parse_toml, validated
from answerable_cli.submission import Fate, courier, group_change
from answerable_events.topics import DOCUMENTS
from answerable_knowledge.access import is_reader

Groups = dict[str, tuple[str, ...]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: dict[str, tuple[str, ...]]


def read_groups_file(file: Path) -> Groups:
    """Groups and their members; in CSV a line with an empty member names a group that has none.

    Raises:
        UsageRefused: it cannot be read, or names something that can be nobody.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageRefused(f"{file} cannot be read ({type(error).__name__})") from None
    told: Mapping[str, Iterable[str]]
    if file.suffix.lower() == ".csv":
        told = _from_csv(content, file)
    else:
        told = validated(parse_toml(content, str(file)), _File, str(file)).groups
    groups = {group_name(group): as_members(members) for group, members in told.items()}
    if len(groups) < len(told):
        raise UsageRefused(f"{file} names a group twice")
    return groups


def as_members(names: Iterable[str]) -> tuple[str, ...]:
    """Members in order, each once. A plain name is refused: it could be a person or a group."""
    members = tuple(sorted({name.strip() for name in names}))
    for member in members:
        if not is_reader(member):
            raise UsageRefused(f"{member!r} is no member", "a member is user:NAME or group:NAME; there is no wildcard")
    return members


def group_name(text: str) -> str:
    """The name of a group, with or without `group:` in front."""
    name = text.strip().removeprefix("group:")
    if not is_reader(f"group:{name}"):
        raise UsageRefused(f"{text!r} is no group")
    return name


def changes(wanted: Groups, known: Mapping[str, tuple[str, ...]], *, delete: bool) -> Groups:
    """Groups whose members differ from what the record says; `delete` empties those that are not named."""
    emptied: Groups = (
        {group: () for group, members in known.items() if members and group not in wanted} if delete else {}
    )
    return {
        group: members for group, members in {**wanted, **emptied}.items() if set(known.get(group, ())) != set(members)
    }


async def apply(wanted: Groups, tenant: str, data: Path, *, delete: bool, dry_run: bool, as_json: bool) -> None:
    """Publish what differs, and wait until it is in force.

    Raises:
        CliError: ingestion gave one up.
    """
    addresses = locate(data)
    fates: list[Fate] = []
    async with addresses.client() as client, courier(client, fates.append) as one:
        changed = changes(wanted, await _known(addresses, tenant), delete=delete)
        for group, members in changed.items() if not dry_run else ():
            await one.send(group_change(group, members, tenant, datetime.now(UTC)))
        await one.drain()
    if as_json:
        print_json({"dry_run": dry_run, "changed": changed, "unchanged": sorted(set(wanted) - set(changed))})
    else:
        _print(changed, dry_run=dry_run)
    if failed := sorted(fate.document_id for fate in fates if fate.outcome == "failed"):
        raise CliError(f"ingestion gave up {', '.join(failed)}", "`answerable dlq list` shows why")


async def show(tenant: str, data: Path, *, as_json: bool) -> None:
    known = await _known(locate(data), tenant)
    if as_json:
        print_json(known)
        return
    print_table(("group", "members"), [(group, ", ".join(members) or "nobody") for group, members in known.items()])
    console().print(f"{len(known)} groups of {tenant}", highlight=False)


async def _known(addresses: Addresses, tenant: str) -> Groups:
    """As the record has them, once it has what the log has."""
    async with addresses.trail() as trail, addresses.client() as client:
        ends = {place: end for place, (_, end) in (await client.bounds()).items() if place[0] == DOCUMENTS.name}
        await await_record(trail, ends)
        return await read_groups(trail, tenant)


def _print(changed: Groups, *, dry_run: bool) -> None:
    for group, members in changed.items():
        note(f"{group}: {', '.join(members) or 'nobody'}")
    console().print(f"{len(changed)} groups {'would change' if dry_run else 'changed'}", highlight=False)


def _from_csv(content: bytes, file: Path) -> dict[str, list[str]]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        if rows.fieldnames is None or not {"group", "member"} <= set(rows.fieldnames):
            raise UsageRefused(f"{file} has no columns group and member")
        told: dict[str, list[str]] = {}
        for row in rows:
            members = told.setdefault(row["group"] or "", [])
            if (row["member"] or "").strip():
                members.append(row["member"])
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageRefused(f"{file} is no CSV in UTF-8 ({type(error).__name__})") from None
    return told

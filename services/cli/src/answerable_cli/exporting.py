"""`answerable export` and `answerable keys`."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from answerable_cli.addresses import locate
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.output import console, note, notes, print_json
from answerable_cli.request_ids import nothing_recorded, parse_request_id
from answerable_cli.stack import KEY_FILE
from answerable_trail.bundle import Request, assemble
from answerable_trail.client import Trail
from answerable_trail.errors import NotSealedYet
from answerable_trail.keys import read_keys

_MOST_REQUESTS = 10_000
_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests: by id, or all that were recorded since a moment."""

    ids: tuple[str, ...]
    since: datetime | None
    tenant: str | None


async def export_bundle(wanted: Wanted, output: Path, data: Path, *, wait_s: float, as_json: bool) -> None:
    """Write the bundle.

    Raises:
        UsageRefused: nothing was asked for, or what is no request id.
        CliError: nothing is recorded of it, or no checkpoint came in time.
    """
    async with locate(data).trail() as trail:
        requests = await _requests(wanted, trail)
        with notes().status(f"collecting {len(requests)} requests and their proofs"):
            content = await assembled(trail, requests, verifier_keys(data), wait_s)
    part = output.with_name(f"{output.name}.part")
    part.write_bytes(content)
    part.replace(output)
    if as_json:
        print_json(
            {
                "bundle": str(output),
                "bytes": len(content),
                "requests": [{"tenant": tenant, "request_id": str(request)} for tenant, request in requests],
            }
        )
        return
    console().print(f"{output}: {len(requests)} requests, {len(content):,} bytes", highlight=False)
    note(f"check it with: answerable verify {output}   or, without Answerable: python verify.py {output}")


def show_keys(data: Path, *, as_json: bool) -> None:
    """Print the verifier keys of the installation in this data folder.

    Raises:
        CliError: there is no key file there.
    """
    found = verifier_keys(data)["log"]
    if not found:
        raise CliError(f"{data / KEY_FILE} is not there", "`answerable up` makes it; elsewhere ask who runs audit")
    if as_json:
        print_json({"log": found})
    else:
        for key in found:
            console().print(key, highlight=False, soft_wrap=True)


async def assembled(trail: Trail, requests: list[Request], keys: dict[str, list[str]], wait_s: float) -> bytes:
    """The bundle, once a checkpoint covers all of it."""
    give_up = asyncio.get_running_loop().time() + wait_s
    while True:
        try:
            return await assemble(trail, requests, now=datetime.now(UTC), keys=keys)
        except NotSealedYet as error:
            if asyncio.get_running_loop().time() >= give_up:
                raise CliError(str(error), "audit signs every few seconds: does it run?") from None
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _requests(wanted: Wanted, trail: Trail) -> list[Request]:
    if bool(wanted.ids) == (wanted.since is not None):
        raise UsageRefused("name requests, or say --since", "`answerable ask` prints the id of a request")
    if wanted.since is not None:
        moment = wanted.since if wanted.since.tzinfo else wanted.since.replace(tzinfo=UTC)
        found = await trail.requests_since(moment, wanted.tenant, limit=_MOST_REQUESTS + 1)
        if not found:
            raise CliError("nothing was recorded since then")
        if len(found) > _MOST_REQUESTS:
            raise CliError(f"more than {_MOST_REQUESTS} requests", "take a later --since, or one --tenant at a time")
        return found
    requests = [request for text in wanted.ids for request in await _of_id(text, wanted.tenant, trail)]
    return list(dict.fromkeys(requests))


async def _of_id(text: str, tenant: str | None, trail: Trail) -> list[Request]:
    request_id = parse_request_id(text)
    rows = await trail.request(tenant, request_id)
    if not rows:
        raise nothing_recorded(request_id)
    return sorted({(row.tenant, row.request_id) for row in rows})


def verifier_keys(data: Path) -> dict[str, list[str]]:
    file = data / KEY_FILE
    return {"log": [key.verifier.text for key in read_keys(file)] if file.exists() else [], "witnesses": []}

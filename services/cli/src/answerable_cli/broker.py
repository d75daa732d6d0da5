"""What `topics` and `dlq` do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from answerable_cli.addresses import locate
from answerable_cli.errors import UsageRefused
from answerable_cli.output import console, note, print_json, print_table
from answerable_runtime.client import Letter, TopicState


async def show_topics(data: Path, *, as_json: bool) -> None:
    async with locate(data).client() as client:
        states = await client.topics()
    if as_json:
        print_json([_topic(state) for state in states])
        return
    rows = [
        (
            state.topic.name,
            ", ".join(".".join(event.TYPE.split(".")[2:4]) for event in state.topic.events),
            ", ".join(state.topic.producers),
            state.records,
            ", ".join(f"{group.removeprefix('answerable.')} {lag}" for group, lag in sorted(state.lag.items())),
        )
        for state in states
    ]
    print_table(("topic", "events", "written by", "records", "readers and their lag"), rows)


async def list_letters(data: Path, *, as_json: bool) -> None:
    letters = await _letters(data)
    if as_json:
        print_json([_summary(letter) for letter in letters])
        return
    rows = [
        (position(letter), letter.body.stage, letter.body.reason, letter.body.exception_type, letter.body.attempts,
         letter.body.tenant, letter.body.request_id, f"{letter.body.dead_at:%Y-%m-%d %H:%M:%S}")
        for letter in letters
    ]  # fmt: skip
    print_table(("dead letter", "stage", "reason", "exception", "attempts", "tenant", "request", "when (UTC)"), rows)
    console().print(f"{len(letters)} dead letters", highlight=False)


async def show_letter(place: str, data: Path, *, as_json: bool) -> None:
    letter = _find(await _letters(data), place)
    original = {
        "headers": {header.name: header.value.decode("utf-8", "replace") for header in letter.body.headers},
        "key": (letter.body.key or b"").decode("utf-8", "replace"),
        "body": letter.body.value.decode("utf-8", "replace"),
    }
    if as_json:
        print_json(_summary(letter) | original)
        return
    for name, value in {**_summary(letter), **original["headers"], "key": original["key"]}.items():  # type: ignore[dict-item]
        console().print(f"{name:>16}  {value}", markup=False, highlight=False)
    console().print(original["body"], markup=False, highlight=False)


async def replay_letters(place: str | None, *, everything: bool, data: Path, as_json: bool) -> None:
    """Raises UsageRefused unless one letter or all of them are asked for."""
    if (place is None) != everything:
        raise UsageRefused("name one dead letter, or --all", "`answerable dlq list` shows them")
    async with locate(data).client() as client:
        letters = [letter async for letter in client.dead_letters()]
        chosen = letters if place is None else [_find(letters, place)]
        for letter in chosen:
            message = await client.replay(letter)
            if not as_json:
                note(f"{position(letter)} is back on {message.topic}")
    if as_json:
        print_json([_summary(letter) for letter in chosen])


def position(letter: Letter) -> str:
    """Where a dead letter stands: TOPIC/PARTITION/OFFSET."""
    return f"{letter.record.topic}/{letter.record.partition}/{letter.record.offset}"


async def _letters(data: Path) -> list[Letter]:
    async with locate(data).client() as client:
        return [letter async for letter in client.dead_letters()]


def _find(letters: Sequence[Letter], place: str) -> Letter:
    for letter in letters:
        if position(letter) == place:
            return letter
    raise UsageRefused(f"no dead letter {place}", "`answerable dlq list` shows them")


def _summary(letter: Letter) -> dict[str, Any]:
    body = letter.body
    return {
        "dead_letter": position(letter),
        "stage": body.stage,
        "reason": body.reason,
        "exception_type": body.exception_type,
        "attempts": body.attempts,
        "tenant": body.tenant,
        "request_id": str(body.request_id) if body.request_id else None,
        "source": f"{body.topic}/{body.partition}/{body.offset}",
        "dead_at": body.dead_at.isoformat(),
    }


def _topic(state: TopicState) -> dict[str, Any]:
    topic = state.topic
    return {
        "name": topic.name,
        "events": [event.TYPE for event in topic.events],
        "keys": sorted({event.KEY for event in topic.events}),
        "producers": topic.producers,
        "consumers": topic.consumers,
        "retention_days": topic.retention.total_seconds() / 86_400,
        "records": state.records,
        "partitions": {str(number): list(pair) for number, pair in state.bounds.items()},
        "lag": state.lag,
    }

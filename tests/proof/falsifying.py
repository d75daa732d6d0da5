"""Ways to falsify a live record with the rights of whoever runs ClickHouse, and back."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from answerable_trail.client import Trail
from answerable_trail.reading import literal
from answerable_trail.rows import UNSEALED, Row, placed
from answerable_trail.trees import Checkpoint

TREE = ("norvik", 0)


@dataclass(frozen=True)
class Victim:
    """A row, the rows of its request, and a row of another request of the same tree."""

    trail: Trail
    row: Row
    theirs: tuple[Row, ...]
    other: Row
    newest: Checkpoint

    @property
    def where(self) -> str:
        record = self.row.record
        return f"topic = {literal(record.topic)} AND partition = {record.partition} AND offset = {record.offset}"

    async def update(self, change: str) -> None:
        await self.trail.query(
            f"ALTER TABLE trace.events UPDATE {change} WHERE {self.where} SETTINGS mutations_sync = 2"
        )

    async def put(self, row: Row) -> None:
        """Instead of the row as it was."""
        await self.delete()
        await self.trail.append([row])

    async def delete(self) -> None:
        await self.trail.query(f"ALTER TABLE trace.events DELETE WHERE {self.where} SETTINGS mutations_sync = 2")

    async def leaves(self, change: str) -> None:
        index = self.row.seal.leaf_index
        await self.trail.query(
            f"ALTER TABLE trace.leaves {change} WHERE tenant = 'norvik' AND shard = 0 AND leaf_index = {index} "
            "SETTINGS mutations_sync = 2"
        )

    async def checkpoint(self, change: str) -> None:
        await self.trail.query(
            f"ALTER TABLE trace.checkpoints UPDATE {change} WHERE tenant = 'norvik' AND shard = 0 AND size = "
            f"{self.newest.size} SETTINGS mutations_sync = 2"
        )

    async def restore(self) -> None:
        """As it was before: the rows of the request, their leaves, the checkpoint."""
        request = literal(self.row.identity.request_id)
        indices = ", ".join(str(row.seal.leaf_index) for row in self.theirs)
        for statement in (
            f"ALTER TABLE trace.events DELETE WHERE request_id = {request}",
            f"ALTER TABLE trace.leaves DELETE WHERE tenant = 'norvik' AND shard = 0 AND leaf_index IN ({indices})",
            "ALTER TABLE trace.checkpoints DELETE WHERE tenant = 'norvik' AND shard = 0",
        ):
            await self.trail.query(f"{statement} SETTINGS mutations_sync = 2")
        await self.trail.append(self.theirs)
        await self.trail.trees.grow([placed(row) for row in self.theirs], [])
        await self.trail.trees.keep([self.newest])


Way = Callable[[Victim, random.Random], Awaitable[None]]


async def edit_a_byte_of_the_body(victim: Victim, draw: random.Random) -> None:
    body = bytearray(victim.row.record.value)
    body[draw.randrange(len(body))] ^= 1 << draw.randrange(8)
    await victim.put(replace(victim.row, record=replace(victim.row.record, value=bytes(body))))


async def edit_a_header(victim: Victim, draw: random.Random) -> None:
    headers = list(victim.row.record.headers)
    at = draw.randrange(len(headers))
    headers[at] = (headers[at][0], headers[at][1] + b"0")
    await victim.put(replace(victim.row, record=replace(victim.row.record, headers=tuple(headers))))


async def drop_a_header(victim: Victim, draw: random.Random) -> None:
    headers = list(victim.row.record.headers)
    del headers[draw.randrange(len(headers))]
    await victim.put(replace(victim.row, record=replace(victim.row.record, headers=tuple(headers))))


async def edit_the_key(victim: Victim, draw: random.Random) -> None:
    await victim.update(f"key = {literal(str(UUID(int=draw.getrandbits(128))))}")


async def edit_the_time(victim: Victim, draw: random.Random) -> None:
    later = replace(victim.row.record, timestamp_ms=victim.row.record.timestamp_ms + draw.randrange(1, 10**6))
    await victim.put(replace(victim.row, record=later))


async def edit_the_event_id(victim: Victim, draw: random.Random) -> None:
    await victim.update(f"event_id = toUUID('{UUID(int=draw.getrandbits(128))}')")


async def edit_the_type(victim: Victim, _: random.Random) -> None:
    await victim.update("type = concat(type, '0')")


async def edit_the_salt(victim: Victim, draw: random.Random) -> None:
    await victim.update(f"salt = unhex('{draw.randbytes(32).hex()}')")


async def edit_the_leaf_hash(victim: Victim, draw: random.Random) -> None:
    await victim.update(f"leaf_hash = unhex('{draw.randbytes(32).hex()}')")


async def move_to_another_place_in_the_tree(victim: Victim, _: random.Random) -> None:
    await victim.update(f"leaf_index = {victim.other.seal.leaf_index}")


async def take_the_seal_of_another(victim: Victim, _: random.Random) -> None:
    await victim.put(replace(victim.row, seal=victim.other.seal))


async def delete_the_row(victim: Victim, _: random.Random) -> None:
    await victim.delete()


async def insert_a_row(victim: Victim, draw: random.Random) -> None:
    forged = replace(victim.row.record, offset=10_000 + draw.randrange(10_000))
    await victim.trail.append([replace(victim.row, record=forged, seal=UNSEALED)])


async def insert_a_row_with_a_seal(victim: Victim, draw: random.Random) -> None:
    forged = replace(victim.row.record, offset=10_000 + draw.randrange(10_000))
    await victim.trail.append([replace(victim.row, record=forged)])


async def delete_the_leaf(victim: Victim, _: random.Random) -> None:
    await victim.leaves("DELETE")


async def edit_the_leaf(victim: Victim, draw: random.Random) -> None:
    await victim.leaves(f"UPDATE leaf_hash = unhex('{draw.randbytes(32).hex()}')")


async def edit_the_signed_size(victim: Victim, _: random.Random) -> None:
    size = victim.newest.size
    await victim.checkpoint(f"note = replaceOne(note, '\\n{size}\\n', '\\n{size - 1}\\n')")


async def edit_the_signed_root(victim: Victim, _: random.Random) -> None:
    root = victim.newest.note.splitlines()[2]
    await victim.checkpoint(f"note = replaceOne(note, {literal(root)}, {literal(root[1:-1] + root[0] + '=')})")


WAYS: tuple[Way, ...] = (
    edit_a_byte_of_the_body,
    edit_a_header,
    drop_a_header,
    edit_the_key,
    edit_the_time,
    edit_the_event_id,
    edit_the_type,
    edit_the_salt,
    edit_the_leaf_hash,
    move_to_another_place_in_the_tree,
    take_the_seal_of_another,
    delete_the_row,
    insert_a_row,
    insert_a_row_with_a_seal,
    delete_the_leaf,
    edit_the_leaf,
    edit_the_signed_size,
    edit_the_signed_root,
)

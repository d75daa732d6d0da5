"""A record of a year by SQL inside ClickHouse: millions of events in a minute or two, with the keys of real ones.

Requests have ids of UUID version 7 and eight events each (with three retries). They are of five tenants, in all
partitions, evenly over a year, in several parts. Bodies are those of `traffic`, each with words
of its own. What nobody looks at is not filled: leaf hashes are random, and leaves of the trees are left out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from answerable_events.message import Message
from answerable_events.topics import PARTITIONS
from answerable_trail.client import Trail
from answerable_trail.notes import LogSigner, checkpoint_body, origin_of
from answerable_trail.reading import literal
from tests.bench.traffic import TEXT, requests
from tests.support.keys import signing_key

TENANTS = ("norvik", "acme", "globex", "initech", "umbrella")
BEGUN_AT = datetime(2025, 1, 1, tzinfo=UTC)
EVENTS_A_REQUEST = 8
_TREES = len(TENANTS) * PARTITIONS
_INSERTS = 48
"""Parts, but for those that ClickHouse merges meanwhile."""

_YEAR_MS = timedelta(days=365) // timedelta(milliseconds=1)
_WORDS = 60
_STEPS = ("questions", "contexts", "drafts", "verdicts", "answers", "questions-retry", "contexts-retry", "drafts-retry")


async def fill(trail: Trail, events: int) -> None:
    """Record so many events, and a checkpoint for every request of a tree. Statements take minutes."""
    await trail.query("SYSTEM STOP VIEW trace.requests_feed")  # typed rows of a year are not what is measured
    total = events // EVENTS_A_REQUEST
    for number in range(_INSERTS):
        first, end = total * number // _INSERTS, total * (number + 1) // _INSERTS
        await trail.query(_events(first, end, total))
    signer = LogSigner.from_file(signing_key())
    note = signer.sign(checkpoint_body(origin_of(TENANTS[0], 0), 1, bytes(32)))
    await trail.query(
        "INSERT INTO trace.checkpoints (tenant, shard, size, seal, root, frontier, note, signed_at) "
        f"SELECT {_of_tenant('number')}, {_of_shard('number')}, 8 * (intDiv(number, {_TREES}) + 1), 65536, "
        f"SHA256(toString(number)), repeat(unhex('ab'), 400), {literal(note)}, fromUnixTimestamp64Milli({_ms(total)}) "
        f"FROM (SELECT number, number AS request FROM numbers({total}))"
    )


async def some_requests(trail: Trail, count: int) -> list[tuple[str, UUID]]:
    """Tenant and id of requests from everywhere in the record."""
    table = await trail.query(
        "SELECT tenant, request_id FROM trace.events WHERE topic = 'questions' "
        f"ORDER BY cityHash64(request_id) LIMIT {count}"
    )
    return [(str(tenant), UUID(str(request))) for tenant, request in table.rows]


def _events(first: int, end: int, total: int) -> str:
    """Events of the requests from `first` on."""
    original, messages = _originals()
    bodies = ", ".join(literal(message.value.decode().replace(TEXT, "@words", 1)) for message in messages)
    headers = ", ".join(_headers(message) for message in messages)
    return f"""
INSERT INTO trace.events (epoch, topic, partition, offset, log_time, key, headers, body, tenant, request_id,
                          event_id, type, leaf_index, leaf_hash, salt, seal)
WITH {list(_STEPS)} AS topics, [{bodies}] AS bodies, [{headers}] AS all_headers,
    leftPad(lower(hex({_ms(total)})), 12, '0') AS time_part, lower(hex(sipHash128(request))) AS random_part,
    concat(substr(time_part, 1, 8), '-', substr(time_part, 9, 4), '-7', substr(random_part, 1, 3), '-8',
           substr(random_part, 4, 3), '-', substr(random_part, 7, 12)) AS id,
    arrayStringConcat(arrayMap(n -> lower(hex(toUInt16(cityHash64(number, n) % 1200))), range({_WORDS})), ' ') AS words
SELECT 0, topics[step], {_of_shard("request")}, request, fromUnixTimestamp64Milli({_ms(total)}, 'UTC'), id,
    arrayMap(h -> (h.1, replaceAll(h.2, {literal(original)}, id)), all_headers[step]),
    replaceOne(replaceAll(bodies[step], {literal(original)}, id), '@words', words),
    {_of_tenant("request")}, toUUID(id), generateUUIDv4(number), 'io.answerable.recorded.v1',
    8 * intDiv(request, {_TREES}) + step - 1, SHA256(toString(number)), SHA256(toString(number + 1)), 65536
FROM (SELECT number, intDiv(number, 8) AS request, toUInt8(number % 8 + 1) AS step
      FROM numbers({8 * first}, {8 * (end - first)}))
SETTINGS max_threads = 2, max_insert_threads = 1, min_insert_block_size_rows = 10000000,
    min_insert_block_size_bytes = 2000000000
"""


def _originals() -> tuple[str, Sequence[Message]]:
    """The id of a request, and its messages in the order of `_STEPS`."""
    [four] = requests(1, BEGUN_AT)
    question, context, draft, verdict = four
    return (question.key or b"").decode(), (question, context, draft, verdict, verdict, question, context, draft)


def _headers(message: Message) -> str:
    pairs = ", ".join(f"({literal(name)}, {literal(value.decode())})" for name, value in message.headers)
    return f"[{pairs}]"


def _ms(total: int) -> str:
    return f"toInt64({int(BEGUN_AT.timestamp() * 1000)} + toUInt64({_YEAR_MS} / {total} * request))"


def _of_tenant(request: str) -> str:
    return f"{list(TENANTS)}[1 + {request} % {len(TENANTS)}]"


def _of_shard(request: str) -> str:
    return f"toUInt16(intDiv({request}, {len(TENANTS)}) % {PARTITIONS})"

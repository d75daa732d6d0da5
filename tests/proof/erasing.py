"""Persons are erased while others go on asking: on the real audit, ClickHouse engine, Valkey and LanceDB.

Every text of a person holds a canary, and so do a retry, a dead letter and a recorded result of them.
"""

import asyncio
import io
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from prometheus_client import CollectorRegistry

from answerable_audit.main import build
from answerable_audit.settings import AuditSettings
from answerable_cli.erasure import Erasure, Kind, Order, Sinks, choose, erase
from answerable_cli.servers.clickhouse import clickhouse_endpoint
from answerable_cli.servers.valkey import valkey
from answerable_events.codec import Producer, encode
from answerable_events.message import Message
from answerable_events.requests import Asker, DraftSentence, QuestionAsked
from answerable_events.topics import GOVERNANCE, QUESTIONS
from answerable_knowledge.index import Index
from answerable_runtime.deadletters import Death, bury
from answerable_runtime.effects import RedisEffects
from answerable_runtime.forgetting import open_effects
from answerable_runtime.logs import configure
from answerable_runtime.memory import MemoryBroker
from answerable_runtime.metrics import Metrics
from answerable_runtime.testing import runner
from answerable_trail.bundle import assemble
from answerable_trail.erasure import Request, open_eraser
from answerable_trail.errors import NotSealedYet
from answerable_trail.keys import read_keys
from answerable_trail.verify import examine
from tests.support.keys import signing_key
from tests.support.passages import DIMENSIONS, document, passages, vectors
from tests.support.requests import flow
from tests.support.servers import TOKEN
from tests.support.trail import with_password

TENANT = "norvik"
CLI = Producer("/answerable/cli", "erasing", 1)
RETRIEVAL = Producer("/answerable/retrieval", "erasing", 1)


@dataclass
class Person:
    """Somebody with two requests, all of whose texts hold the canary."""

    name: str
    canary: str
    requests: list[UUID] = field(default_factory=lambda: [uuid4(), uuid4()])

    @property
    def keys(self) -> list[Request]:
        return [(TENANT, request) for request in self.requests]


@dataclass
class Installation:
    """Everything that holds text, on one machine."""

    folder: Path
    clickhouse_url: str
    redis_url: str
    broker: MemoryBroker
    sinks: Sinks
    effects: RedisEffects

    @asynccontextmanager
    async def audit(self) -> AsyncIterator[None]:
        settings = AuditSettings(
            clickhouse_url=with_password(self.clickhouse_url),
            audit_key_file=signing_key(),
            audit_checkpoint_every=timedelta(seconds=1),
            audit_check_every=timedelta(hours=1),
        )
        async with build(settings, Metrics(CollectorRegistry())) as service:
            running, stop = runner(service, self.broker), asyncio.Event()
            task = asyncio.create_task(running.run(stop))
            try:
                started = asyncio.create_task(running.started.wait())
                await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
                yield
            finally:
                stop.set()
                await task

    def ask(self, person: Person) -> None:
        """Both requests of a person: one is tried again on the way, the other has a message that died."""
        for number, request in enumerate(person.requests):
            messages = story(person, request)
            for message in messages:
                self.broker.append(message)
            if number == 0:
                self.broker.append(
                    Message("contexts-retry", messages[1].key, messages[1].value, messages[1].headers, 0)
                )
                continue
            record = self.broker.append(messages[0])
            death = Death("processing_error", "KeyError", 3)
            self.broker.append(bury(record, death, topic=QUESTIONS, producer=RETRIEVAL, now=datetime.now(UTC)))

    async def remember(self, person: Person) -> None:
        """The results that the effect store holds of the person's requests."""
        for request in person.requests:
            await self.effects.put(f"retrieval:{TENANT}:{request}:{QuestionAsked.TYPE}", story(person, request)[1:2])

    async def settled(self, people: Sequence[Person]) -> None:
        """Wait until every request of these has its outcome, on record."""
        keys = [key for person in people for key in person.keys]
        async with asyncio.timeout(120):
            while True:
                states = await self.sinks.eraser.trail.load(keys)
                if all(state.outcome is not None for state in states.values()):
                    return
                await asyncio.sleep(0.1)

    async def erase(self, kind: Kind, target: str, canaries: Sequence[str], *, with_answers: bool = False) -> Erasure:
        """As `answerable erase` does, the certificate included."""
        order = Order(TENANT, kind, target, "Asked for it.", "dpo@norvik.example", with_answers)
        chosen = await choose(order, self.sinks.eraser)
        now = datetime.now(UTC)
        done = await erase(order, chosen, self.sinks, erasure_id=uuid4(), now=now, canaries=canaries)
        self.broker.append(encode(done.certificate, topic=GOVERNANCE, producer=CLI, now=now, partition=0))
        return done

    async def deliver_everything_again(self) -> None:
        """As if audit had committed nothing: it reads every log from its beginning."""
        self.broker.offsets = dict.fromkeys(self.broker.offsets, 0)
        async with self.audit(), asyncio.timeout(120):
            while self.broker.lag():
                await asyncio.sleep(0.05)

    async def verdicts(self, requests: Sequence[Request]) -> dict[Request, str]:
        """What the offline verifier says of an exported bundle of these; audit has to run, to sign what is new."""
        keys = {"log": [key.verifier.text for key in read_keys(signing_key())], "witnesses": []}
        async with asyncio.timeout(60):
            while True:
                try:
                    trail = self.sinks.eraser.trail
                    content = await assemble(trail, requests, now=datetime.now(UTC), keys=keys)
                    break
                except NotSealedYet:
                    await asyncio.sleep(0.3)
        found = examine(io.BytesIO(content))
        return {request: found.result((request[0], str(request[1])))[0] for request in requests}

    def index_document(self, document_id: str, *texts: str) -> None:
        parts = passages(*texts)
        assert self.sinks.index is not None
        self.sinks.index.put(document(document_id, tenant=TENANT), parts, vectors(parts))


def story(person: Person, request: UUID) -> tuple[Message, ...]:
    """The messages of a request, the same ones each time."""
    return flow(
        request_id=request,
        partition=request.int % 2,
        now=datetime.now(UTC).replace(microsecond=0),
        asker=Asker(subject=person.name, groups=("staff",)),
        text=f'What does "{person.canary}" owe for {request.int % 97} days?',
        sentence=DraftSentence(text=f"{person.canary} owes nothing.", citations=(1,)),
    ).messages


@asynccontextmanager
async def installation() -> AsyncIterator[Installation]:
    """Servers with data folders of their own; logs of services go to a file among them."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="answerable-erasing-")))
        folders = {name: folder / name for name in ("index", "clickhouse", "valkey", "logs")}
        for each in folders.values():
            each.mkdir()
        stack.enter_context(_Logging(folders["logs"] / "services.log"))
        endpoint = clickhouse_endpoint(folders["clickhouse"], None, token=TOKEN, in_thread=False)
        clickhouse = await stack.enter_async_context(endpoint)
        redis = await stack.enter_async_context(valkey(folders["valkey"], None))
        eraser = await stack.enter_async_context(open_eraser(with_password(clickhouse.url)))
        await eraser.trail.migrate()
        index = await asyncio.to_thread(Index.open, folders["index"], dimensions=DIMENSIONS)
        sinks = Sinks(eraser, await stack.enter_async_context(open_effects(redis.url)), index, folders)
        effects = RedisEffects(redis.url, keep=timedelta(hours=1), timeout=timedelta(seconds=5))
        stack.push_async_callback(effects.close)
        yield Installation(folder, clickhouse.url, redis.url, MemoryBroker(), sinks, effects)


class _Logging:
    """The root logger into a file for the block, as `up` has it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._before = root.handlers[:], root.level
        self._stream = self._file.open("a", buffering=1)
        configure("info", stream=self._stream)

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.handlers[:], level = self._before
        root.setLevel(level)
        self._stream.close()


def people(count: int) -> list[Person]:
    return [Person(f"person-{number:04}", f"CANARY-{number:04}-{uuid4().hex[:12]}") for number in range(count)]


async def erase_while_traffic_runs(subjects: int, erased: int) -> dict[str, int]:
    """Erase so many of so many persons, while others ask; then deliver the whole log again.

    {erased: persons, residues: places where a canary was found, proofs_broken: requests with another verdict than due}
    """
    everybody = people(subjects)
    going, staying = everybody[:erased], everybody[erased:]
    early, late = staying[: len(staying) // 2], staying[len(staying) // 2 :]
    async with installation() as site:
        async with site.audit():
            for person in (*going, *early):
                site.ask(person)
                await site.remember(person)
            await site.settled([*going, *early])
            asking = asyncio.create_task(_ask_slowly(site, late))
            done = [await site.erase("subject", person.name, [person.canary]) for person in going]
            await asking
            await site.settled(everybody)
        await site.deliver_everything_again()
        searched = await site.sinks.eraser.search([person.canary for person in going])
        due = {key: "erased" for person in going for key in person.keys}
        due |= {key: "complete" for person in staying for key in person.keys}
        async with site.audit():  # signs what was recorded last
            verdicts = await site.verdicts(list(due))
        return {
            "erased": len(done),
            "residues": sum(each.certificate.residues for each in done) + len(searched.found),
            "proofs_broken": sum(verdicts[key] != verdict for key, verdict in due.items()),
        }


async def _ask_slowly(site: Installation, persons: Sequence[Person]) -> None:
    for person in persons:
        site.ask(person)
        await site.remember(person)
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(erase_while_traffic_runs(20, 4))))

"""A gateway in this process, on the in-memory broker, and an identity provider that signs tokens for it."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from prometheus_client import CollectorRegistry

from answerable_events.answers import AnswerWithheld
from answerable_events.body import EventBody
from answerable_events.codec import Producer, decode, encode
from answerable_events.message import Message
from answerable_events.requests import QuestionAsked
from answerable_events.topics import ANSWERS, QUESTIONS, VERDICTS
from answerable_gateway.app import Business, gateway_app
from answerable_gateway.audits import Audits
from answerable_gateway.board import Board
from answerable_gateway.callers import Authenticator
from answerable_gateway.development import DevelopmentAuthenticator
from answerable_gateway.inquiries import Inquiries
from answerable_gateway.main import draw, review_rules
from answerable_gateway.publishing import Publisher
from answerable_gateway.reviews import Reviews
from answerable_gateway.settings import GatewaySettings
from answerable_runtime.leases import Leases
from answerable_runtime.log import Subscription
from answerable_runtime.memory import MemoryBroker, MemoryLog
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_runtime.runner import WatchSink
from answerable_runtime.service import Watch
from answerable_trail.client import Trail
from answerable_trail.connection import Connection
from answerable_trail.errors import TrailUnavailable

ORIGIN = "http://127.0.0.1:8080"
ADA = {"Authorization": "Development ada;groups=staff"}
BOB = {"Authorization": "Development bob;groups=staff"}
ADA_ELSEWHERE = {"Authorization": "Development ada;groups=staff;tenant=acme"}
LEAVE = {"question": "How many days of annual leave do I have?"}


class _NobodyAnswers:
    async def pick(self, sql: str) -> None:
        await self.select(sql)

    async def select(self, *_: object, **__: object) -> None:
        raise TrailUnavailable("nobody answers")


def dead_trail() -> Trail:
    """A record that cannot be reached."""
    return Trail(cast(Connection, _NobodyAnswers()))


def no_leases() -> Leases:
    """A store of leases that nobody answers for."""
    return Leases("redis://127.0.0.1:1/0", timeout=timedelta(milliseconds=100))


def settings(**values: Any) -> GatewaySettings:
    quick = {"gateway_default_wait": 0, "gateway_max_wait": 5, "gateway_max_stream": 5}
    return GatewaySettings(gateway_development_identity=True, **{**quick, **values})


@dataclass
class Door:
    """An open gateway."""

    client: httpx2.AsyncClient
    broker: MemoryBroker
    board: Board
    inquiries: Inquiries
    metrics: Metrics

    @property
    def questions(self) -> list[QuestionAsked]:
        """What was published."""
        bodies = [decode(record, QUESTIONS).body for record in self.broker.records("questions")]
        return [body for body in bodies if isinstance(body, QuestionAsked)]

    def answer(self, request_id: UUID | str, *, tenant: str = "norvik", asker: str = "ada", reason: str = "not_known"):
        """Publish an outcome, as audit would."""
        self.broker.append(withheld(UUID(str(request_id)), tenant=tenant, asker=asker, reason=reason))


@asynccontextmanager
async def door(
    *,
    trail: Trail | None = None,
    authenticator: Authenticator | None = None,
    broker: MemoryBroker | None = None,
    leases: Leases | None = None,
    **values: Any,
) -> AsyncIterator[Door]:
    """A gateway, with a client that talks to it without a network."""
    chosen, broker = settings(**values), broker or MemoryBroker()
    log, board, metrics = MemoryLog(broker), Board(places=chosen.gateway_places), Metrics(CollectorRegistry())
    watches = (Watch(ANSWERS, board.take), Watch(VERDICTS, board.take_verdicts))
    await log.start([Subscription((w.topic.name,), None, WatchSink(w), 100, 1 << 20) for w in watches])
    publisher = Publisher(log, Numbering("/answerable/gateway", "test"), lambda: datetime.now(UTC))
    inquiries = Inquiries(trail or dead_trail(), board, publisher, lambda: datetime.now(UTC), secrets.token_bytes)
    record = inquiries.trail
    reviewing = Reviews(
        record, leases or no_leases(), publisher, board, review_rules(chosen), lambda: datetime.now(UTC)
    )
    audits = Audits(record, publisher, draw(chosen), lambda: datetime.now(UTC))
    business = Business(inquiries, reviewing, audits)
    app = gateway_app(business, authenticator or DevelopmentAuthenticator("norvik"), chosen, metrics)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield Door(client, broker, board, inquiries, metrics)
    finally:
        await log.stop()


def withheld(request_id: UUID, *, tenant: str = "norvik", asker: str = "ada", reason: str = "not_known") -> Message:
    body = AnswerWithheld(
        tenant=tenant,
        request_id=request_id,
        asker=asker,
        reason=reason,
        explanation="The documents you may read do not hold an answer.",
        decided_at=datetime.now(UTC),
    )
    return outcome(body)


def outcome(body: EventBody) -> Message:
    return encode(body, topic=ANSWERS, producer=Producer("/answerable/audit", "audit", 1), now=datetime.now(UTC))


async def until(condition: Any, *, seconds: float = 5) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def events_of(text: str) -> Sequence[dict[str, Any]]:
    """The data of server-sent events."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


@dataclass
class Issuer:
    """An identity provider: its keys and the tokens that it signs."""

    url: str = "https://id.example"
    audience: str = "answerable"
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "rsa"}))
    ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "ec"}))
    okp: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519", {"kid": "okp"}))

    def jwks(self) -> bytes:
        return json.dumps({"keys": [key.as_dict(private=False) for key in (self.rsa, self.ec, self.okp)]}).encode()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Claims of a good token; None leaves one out."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "aud": self.audience,
            "sub": "ada",
            "tenant": "norvik",
            "groups": ["staff"],
            "iat": now,
            "exp": now + 300,
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def token(self, key: Key | None = None, algorithm: str = "RS256", kid: str | None = "rsa", **changes: Any) -> str:
        header = {"alg": algorithm} if kid is None else {"alg": algorithm, "kid": kid}
        return jwt.encode(header, self.claims(**changes), key or self.rsa, algorithms=[algorithm])

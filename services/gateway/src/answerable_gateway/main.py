"""The gateway as a service."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from uuid import uuid4

import structlog

from answerable_events.topics import ANSWERS, VERDICTS
from answerable_gateway.app import Business, gateway_app
from answerable_gateway.audits import Audits
from answerable_gateway.board import Board
from answerable_gateway.callers import Authenticator
from answerable_gateway.development import DevelopmentAuthenticator, is_loopback
from answerable_gateway.inquiries import Inquiries
from answerable_gateway.keys import KeyCache, source
from answerable_gateway.oidc import Expected, OidcAuthenticator
from answerable_gateway.publishing import Publisher
from answerable_gateway.reviews import ReviewRules, Reviews
from answerable_gateway.settings import GatewaySettings
from answerable_runtime.clock import Clock
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.health import serving
from answerable_runtime.launch import launch
from answerable_runtime.leases import Leases
from answerable_runtime.log import Log
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_runtime.service import Service, Watch
from answerable_trail.client import Trail, connect
from answerable_trail.errors import TrailError
from answerable_trail.identity import NIL
from answerable_trail.people import Draw

_log = structlog.get_logger(__name__)

_SWEEP_EVERY = timedelta(seconds=3)
_SCHEMA_PATIENCE = timedelta(seconds=60)
"""Audit, which may start at the same time, brings the record's schema."""


def make_authenticator(settings: GatewaySettings) -> Authenticator:
    """How callers are identified.

    Raises:
        StartUpRefused: not at all, or in a way that would let anybody be anybody.
    """
    oidc = (settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks)
    if any(oidc):
        if settings.gateway_development_identity:
            raise StartUpRefused("gateway_development_identity and OIDC exclude each other")
        return _oidc(settings)
    if not settings.gateway_development_identity:
        raise StartUpRefused(
            "nothing says who callers are: set oidc_issuer, oidc_audience and oidc_jwks, "
            "or on one's own machine gateway_development_identity"
        )
    if not is_loopback(settings.gateway_host):
        raise StartUpRefused("gateway_development_identity is for loopback addresses only")
    _log.warning("development identity: callers are not verified")
    return DevelopmentAuthenticator(settings.gateway_development_tenant)


@asynccontextmanager
async def build(settings: GatewaySettings, metrics: Metrics) -> AsyncIterator[Service]:
    """The gateway with its connection to the record."""
    authenticator = make_authenticator(settings)
    board = Board(places=settings.gateway_places)
    async with (
        connect(settings.clickhouse_url.get_secret_value()) as trail,
        closing_leases(settings.redis_url) as leases,
    ):

        async def verify() -> None:
            await authenticator.verify()
            await _until_readable(trail)

        @asynccontextmanager
        async def serve(log: Log) -> AsyncIterator[None]:
            publisher = Publisher(log, Numbering("/answerable/gateway", str(uuid4())), Clock().now)
            inquiries = Inquiries(trail, board, publisher, Clock().now, secrets.token_bytes)
            business = Business(
                inquiries,
                Reviews(trail, leases, publisher, board, review_rules(settings), Clock().now),
                Audits(trail, publisher, draw(settings), Clock().now),
            )
            app = gateway_app(business, authenticator, settings, metrics)
            async with serving(app, settings.gateway_host, settings.gateway_port) as port:
                _log.info("listening", host=settings.gateway_host, port=port)
                sweeping = asyncio.create_task(inquiries.sweep_for_ever(_SWEEP_EVERY))
                try:
                    yield
                finally:
                    board.close()  # or open streams would keep the server from ending
                    sweeping.cancel()
                    await asyncio.gather(sweeping, return_exceptions=True)

        yield Service(
            name="gateway",
            watches=(Watch(ANSWERS, board.take), Watch(VERDICTS, board.take_verdicts)),
            verify=verify,
            serve=serve,
            ready={"trail": partial(_readable, trail), "identity": authenticator.ready},
        )


@asynccontextmanager
async def closing_leases(url: str) -> AsyncIterator[Leases]:
    """Leases for the block."""
    leases = Leases(url)
    try:
        yield leases
    finally:
        await leases.close()


def review_rules(settings: GatewaySettings) -> ReviewRules:
    groups = frozenset(settings.gateway_reviewer_groups)
    return ReviewRules(groups, settings.gateway_review_lease, settings.gateway_review_claims)


def draw(settings: GatewaySettings) -> Draw:
    return Draw(settings.gateway_audit_share, settings.gateway_audit_double_share)


def main() -> None:
    """Run the gateway alone, with settings from the environment."""
    settings = GatewaySettings()
    configure(settings.log_level)
    asyncio.run(launch({"gateway": partial(build, settings)}, settings))


def _oidc(settings: GatewaySettings) -> OidcAuthenticator:
    if not (settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks):
        raise StartUpRefused("oidc_issuer, oidc_audience and oidc_jwks are needed together")
    expected = Expected(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        leeway=settings.oidc_leeway,
        subject_claim=settings.oidc_subject_claim,
        groups_claim=settings.oidc_groups_claim,
        tenant_claim=settings.oidc_tenant_claim,
    )
    try:
        fetch = source(settings.oidc_jwks)
    except ValueError as error:
        raise StartUpRefused(str(error)) from None
    keys = KeyCache(fetch, keep=settings.oidc_keys_refreshed, now=time.monotonic)
    return OidcAuthenticator(expected, keys, now=lambda: int(time.time()))


async def _until_readable(trail: Trail) -> None:
    try:
        async with asyncio.timeout(_SCHEMA_PATIENCE.total_seconds()):
            while not await _readable(trail):  # noqa: ASYNC110 - the record tells nobody when it is there
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise StartUpRefused("the record cannot be read: has audit brought its schema?") from None


async def _readable(trail: Trail) -> bool:
    """Read as requests are read."""
    try:
        await trail.load([("gateway", NIL)])
    except TrailError:
        return False
    return True

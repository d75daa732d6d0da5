"""Audit as a service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import structlog

from answerable_audit.completeness import OWNED, Checker, Schedule, checking
from answerable_audit.drifting import Drift, drifting
from answerable_audit.expiry import Expiry, enforce_at, expiring
from answerable_audit.gate import Gate, Pace
from answerable_audit.release import Releaser
from answerable_audit.sealing import Rhythm, Sealer
from answerable_audit.settings import AuditSettings
from answerable_audit.witnessing import Witnessing, witnesses, witnessing
from answerable_events.topics import every_topic
from answerable_runtime.batch import BatchRoute
from answerable_runtime.clock import Clock
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.launch import launch
from answerable_runtime.log import Log
from answerable_runtime.logs import configure
from answerable_runtime.metrics import Metrics
from answerable_runtime.numbering import Numbering
from answerable_runtime.service import Service
from answerable_trail.client import Trail, connect
from answerable_trail.errors import KeyRefused, NoteInvalid, TrailError, TrailUnavailable
from answerable_trail.keys import create_key
from answerable_trail.notes import LogSigner

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def build(settings: AuditSettings, metrics: Metrics) -> AsyncIterator[Service]:
    """Audit with its connection to the record."""
    clock, signer = Clock(), _signer(settings)
    async with (
        connect(settings.clickhouse_url.get_secret_value()) as trail,
        witnesses(settings.audit_witness_folder, settings.audit_witness_file) as known,
    ):
        instance = str(uuid4())
        rhythm = Rhythm(settings.audit_checkpoint_every, settings.audit_checkpoint_leaves)
        sealer = Sealer(trail.trees, signer, instance, rhythm)
        gate = Gate(
            trail,
            sealer,
            Releaser(metrics, instance),
            metrics=metrics,
            pace=Pace(settings.audit_margin, settings.audit_horizon),
            clock=clock,
        )

        async def verify() -> None:
            await trail.migrate()
            await trail.verify()

        async def checks() -> bool:
            return gate.owns(OWNED) and not await trail.trees.deposed({OWNED[1]}, sealer.token)

        @asynccontextmanager
        async def serve(log: Log) -> AsyncIterator[None]:
            offering = Witnessing(sealer, trail.trees, known, metrics)
            numbering = Numbering("/answerable/audit", f"{instance}-completeness")
            checker = Checker(trail, log, metrics, clock, numbering=numbering, keys=signer.verifiers)
            run, every = partial(enforce_at, settings.clickhouse_url.get_secret_value()), settings.audit_retention_every
            drift = Drift(trail, log, metrics, clock, Numbering("/answerable/audit", f"{instance}-drift"))
            async with (
                drifting(drift, clock, checks, every=settings.audit_drift_every),
                checking(checker, clock, checks, _schedule(settings)),
                expiring(Expiry(run, metrics, clock, every=every), clock, checks, every=every),
                witnessing(offering, clock, every=settings.audit_checkpoint_every / 2),
            ):
                yield

        yield Service(
            name="audit",
            batch=BatchRoute(
                topics=tuple(every_topic()),
                handler=gate,
                transient=(TrailUnavailable,),
                max_records=settings.audit_batch,
            ),
            verify=verify,
            serve=serve,
            ready={"trail": partial(_answers, trail)},
        )


def _schedule(settings: AuditSettings) -> Schedule:
    return Schedule(settings.audit_check_every, settings.audit_check_full_every, settings.audit_check_deep_every)


def _signer(settings: AuditSettings) -> LogSigner:
    """With the keys of the key file; the first start makes one where a name for it is set.

    Raises:
        StartUpRefused: no key, or one that others could read.
    """
    file, name = settings.audit_key_file, settings.audit_log_name
    if file is None:
        raise StartUpRefused("ANSWERABLE_AUDIT_KEY_FILE is not set, and nothing is released without a key to sign with")
    try:
        if name and not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_key(file, f"answerable/{name}")
            _log.warning("made a new key to sign with", log=name)
        return LogSigner.from_file(file)
    except (KeyRefused, NoteInvalid, OSError) as error:
        hint = "" if file.exists() else "; with ANSWERABLE_AUDIT_LOG_NAME set one is made"
        raise StartUpRefused(f"{file}: {error}{hint}") from None


async def _answers(trail: Trail) -> bool:
    try:
        await trail.query("SELECT 1")
    except TrailError:
        return False
    return True


def main() -> None:
    """Run audit alone, with settings from the environment."""
    settings = AuditSettings()
    configure(settings.log_level)
    asyncio.run(launch({"audit": partial(build, settings)}, settings))

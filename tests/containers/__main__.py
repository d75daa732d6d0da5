"""Builds the image, runs the six services in containers as deploy/compose.yaml declares them, and asks one question.

Base image: ANSWERABLE_BASE_IMAGE. Kafka and Redis: ANSWERABLE_TEST_KAFKA_IMAGE, ANSWERABLE_TEST_REDIS_IMAGE (see
tests/support/servers.py). Writes build/containers.json. Exit codes: 0 answered, 1 not answered, 2 no usable Docker.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from answerable_cli.results import Figure, write
from answerable_events.documents import DocumentIndexed, DocumentSubmitted
from answerable_events.topics import KNOWLEDGE
from answerable_runtime.client import connect
from answerable_runtime.settings import RuntimeSettings
from tests.containers import servers
from tests.containers.compose import DEPLOY, Declared, example_variables, read
from tests.containers.engine import Container, Engine, Unusable, engine
from tests.support.servers import kafka_image, redis_image

QUESTION = "How many days of annual leave does everyone have?"
DOCUMENT = "# Annual leave\n\nEveryone at Norvik has 27 days of annual leave each year.\n"
_GATEWAY_PORT = "8080/tcp"
_INDEXED_WITHIN_S = 60


@dataclass
class Tally:
    """What was measured."""

    figures: dict[str, Figure] = field(default_factory=dict)

    def note(self, name: str, value: float, unit: str, aim: str | None = None) -> None:
        self.figures[name] = Figure(round(value, 2), unit, aim)


def main() -> int:
    started, clock = datetime.now(UTC), time.monotonic()
    tally = Tally()
    try:
        with engine(f"answerable-{secrets.token_hex(4)}") as docker:
            _run(docker, tally)
    except Unusable as error:
        print(f"containers: {error}", file=sys.stderr)
        return 2
    passed = write("containers", started, time.monotonic() - clock, tally.figures)
    print("containers:", "passed" if passed else "FAILED", "- build/containers.json")
    return 0 if passed else 1


def _run(docker: Engine, tally: Tally) -> None:
    base = os.environ.get("ANSWERABLE_BASE_IMAGE")
    passwords = {name: secrets.token_hex(12) for name in ("CLICKHOUSE_PASSWORD", "ANALYST_PASSWORD", "REDIS_PASSWORD")}
    declared = read(example_variables() | passwords)
    services = [service for service in declared.values() if service.ours]
    clock = time.monotonic()
    print(f"building the image{f' on {base}' if base else ''}", flush=True)
    for service in services:
        docker.build(service.image, {"SERVICE": service.name, **({"BASE": base} if base else {})})
    tally.note("build", time.monotonic() - clock, "s")
    tally.note("image", docker.size_mib(services[0].image), "MiB")
    token = _token()
    with ExitStack() as stack:
        clock = time.monotonic()
        address = stack.enter_context(servers.kafka(docker))
        stack.enter_context(servers.redis(docker, passwords["REDIS_PASSWORD"]))
        ports = {_GATEWAY_PORT: ("127.0.0.1", None)}
        trace = servers.start_trace(docker, declared["clickhouse"], passwords["CLICKHOUSE_PASSWORD"], ports, base)
        docker.wait_healthy([trace.container])
        print(f"Kafka: {kafka_image()}; Redis: {redis_image()}; ClickHouse: {trace.name}", flush=True)
        running = {
            service.name: _start(docker, service, trace, passwords["CLICKHOUSE_PASSWORD"], number)
            for number, service in enumerate(services)
        }
        docker.wait_healthy(list(running.values()))
        tally.note("healthy", time.monotonic() - clock, "s")
        tally.note("clickhouse_is_the_server", not trace.stands_in, "yes or no")
        gateway = _published(trace.container if trace.stands_in else running["gateway"])
        _ask(address, gateway, token, tally)
        _stop(services, running, tally)


def _start(docker: Engine, service: Declared, trace: servers.Trace, password: str, number: int) -> Container:
    options = trace.join(service, service.options(docker.project), password, number)
    if service.name == "gateway" and not trace.stands_in:
        options["ports"] = {_GATEWAY_PORT: ("127.0.0.1", None)}
    return docker.run(service.name, service.image, **options)


def _published(container: Container) -> str:
    container.reload()
    port = container.ports[_GATEWAY_PORT][0]["HostPort"]
    return f"http://127.0.0.1:{port}"


def _token() -> str:
    """A token of the trial identity whose keys compose gives the gateway."""
    command = [sys.executable, str(DEPLOY / "trial_identity.py"), "--subject", "ada", "--groups", "staff"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _ask(kafka: str, gateway: str, token: str, tally: Tally) -> None:
    asyncio.run(_submit(kafka))
    clock = time.monotonic()
    print(f"? {QUESTION}", flush=True)
    headers = {"Authorization": f"Bearer {token}"}
    reply = httpx2.post(f"{gateway}/v1/questions", json={"question": QUESTION}, headers=headers, timeout=60)
    tally.note("answer", time.monotonic() - clock, "s")
    body: dict[str, Any] = reply.json()
    print(f"{body.get('status')}: {body.get('reason')}", flush=True)
    # Nobody has signed a certificate, so the stack releases nothing; but it found and checked an answer.
    tally.note("withheld_uncertified", body.get("reason") == "not_certified", "answers", "== 1")


async def _submit(kafka: str) -> None:
    """One document, from upstream's side of the broker, until it is indexed."""
    document = DocumentSubmitted(
        tenant="norvik",
        document_id="handbook/leave.md",
        version=1,
        filename="leave.md",
        content=b64encode(DOCUMENT.encode()).decode(),
        readers=("group:staff",),
        submitted_at=datetime.now(UTC),
    )
    async with connect(RuntimeSettings(kafka_brokers=kafka)) as broker, broker.follow(KNOWLEDGE) as records:
        await broker.publish(document)
        async with asyncio.timeout(_INDEXED_WITHIN_S):
            async for record in records:
                if record.header_texts().get("ce_type") == DocumentIndexed.TYPE:
                    return


def _stop(services: list[Declared], running: dict[str, Container], tally: Tally) -> None:
    """SIGTERM, as compose stops them."""
    for service in services:
        running[service.name].stop(timeout=service.grace_s)
    codes = {name: container.wait()["StatusCode"] for name, container in running.items()}
    for name, code in codes.items():
        if code != 0:
            print(f"{name} ended with status {code}:\n{running[name].logs(tail=10).decode(errors='replace')}")
    tally.note("clean_stops", sum(code == 0 for code in codes.values()), "services", f"== {len(services)}")


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    sys.exit(main())

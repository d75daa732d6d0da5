"""The servers beside the services: Kafka and Redis through testcontainers, ClickHouse as compose declares it.

Where ClickHouse's image cannot be had, the embedded endpoint stands in, in a container. It listens on loopback only, so
the services that use the trace join its network namespace, as containers of one Kubernetes pod do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from testcontainers.community.kafka import KafkaContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.config import testcontainers_config

from answerable_cli.servers.clickhouse import TOKEN_VARIABLE
from tests.containers.compose import Declared
from tests.containers.engine import Container, Engine
from tests.support.servers import kafka_image, redis_image

_PORT = 8123
_PROBE = (
    "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8123, timeout=4); "
    "c.request('GET', '/ping'); sys.exit(c.getresponse().status != 200)"
)
_SECOND = 1_000_000_000


@dataclass(frozen=True)
class Trace:
    """ClickHouse, or what stands in for it."""

    name: str
    container: Container
    stands_in: bool

    def join(self, declared: Declared, options: dict[str, Any], password: str, number: int) -> dict[str, Any]:
        """Options of a service that uses the trace; beside a stand-in it needs a port for its health of its own."""
        if not self.stands_in or "ANSWERABLE_CLICKHOUSE_URL" not in declared.environment:
            return options
        changed = {
            "ANSWERABLE_CLICKHOUSE_URL": f"http://answerable:{password}@127.0.0.1:{_PORT}",
            "ANSWERABLE_HTTP_PORT": str(9464 + number),
        }
        environment = {**options["environment"], **changed}
        return {**options, "environment": environment, "network_mode": f"container:{self.container.id}"}


@contextmanager
def kafka(engine: Engine) -> Iterator[str]:
    """Its address for programs on this machine; containers use kafka:9092."""
    with _attached(KafkaContainer(kafka_image()).with_kraft(), engine, "kafka") as container:
        yield container.get_bootstrap_server()


@contextmanager
def redis(engine: Engine, password: str) -> Iterator[None]:
    command = f"redis-server --save '' --bind 0.0.0.0 --requirepass {password}"
    container = RedisContainer(redis_image(), password=password).with_command(command)
    with _attached(container, engine, "valkey"):
        yield


@contextmanager
def _attached(container: Any, engine: Engine, alias: str) -> Iterator[Any]:
    # Whoever starts these containers stops them; testcontainers' clean-up container would be one more image to pull.
    testcontainers_config.ryuk_disabled = True
    container.with_kwargs(
        network=engine.project,
        networking_config={engine.project: engine.client.api.create_endpoint_config(aliases=[alias])},
    )
    container.start()
    try:
        yield container
    finally:
        container.stop()


def start_trace(engine: Engine, declared: Declared, password: str, ports: dict[str, Any], base: str | None) -> Trace:
    """ClickHouse from the image that compose names, else the stand-in; `ports` are published where services join it."""
    if engine.can_have(declared.image):
        options = declared.options(engine.project) | {
            "healthcheck": _healthcheck(declared.values["healthcheck"]["test"])
        }
        return Trace(declared.image, engine.run("clickhouse", declared.image, **options), stands_in=False)
    image = "answerable/embedded:dev"
    engine.build(image, {"LEAVE_OUT": "", **({"BASE": base} if base else {})})
    container = engine.run(
        "clickhouse",
        image,
        entrypoint=["python3", "-m", "answerable_cli.servers.clickhouse"],
        command=["--data", "/var/lib/answerable/clickhouse", "--port", str(_PORT)],
        environment={TOKEN_VARIABLE: password},
        healthcheck=_healthcheck(["CMD", "python3", "-c", _PROBE]),
        ports=ports,
    )
    return Trace("the embedded endpoint, in a container", container, stands_in=True)


def _healthcheck(test: list[str]) -> dict[str, Any]:
    return {"test": test, "interval": _SECOND, "timeout": 5 * _SECOND, "retries": 60}

"""The real servers that this machine can run, and how tests start them.

* Kafka: a container when a Docker engine answers and the image can be had, else the jars from Maven Central when Java
  and Maven are there. Tansu, from a wheel, always.
* Redis: a container likewise, else Valkey from a wheel.
* ClickHouse: the embedded engine behind its HTTP endpoint.

Images are named by whoever runs the tests: ANSWERABLE_TEST_KAFKA_IMAGE (Confluent's layout, tag 7 or newer) and
ANSWERABLE_TEST_REDIS_IMAGE. A machine without Ryuk sets testcontainers' own TESTCONTAINERS_* variables.
"""

import asyncio
import functools
import importlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from answerable_cli.servers import clickhouse, kafka, tansu, valkey
from answerable_cli.servers.errors import FetchError
from answerable_cli.servers.process import Server

TANSU, KAFKA, KAFKA_CONTAINER = "tansu", "kafka", "kafka-container"
VALKEY, REDIS_CONTAINER = "valkey", "redis-container"
TOKEN = "writers-only"

_KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"
_REDIS_IMAGE = "redis:8"
_ENGINE_ANSWERS_WITHIN_S = 10


def broker_kinds() -> list[str]:
    """The brokers that can run here, the lightest first."""
    if _image_ready(kafka_image()):
        return [TANSU, KAFKA_CONTAINER]
    return [TANSU, KAFKA] if can_run_kafka() else [TANSU]


def can_run_kafka() -> bool:
    """Whether Kafka can run without Docker."""
    return bool(shutil.which("java") and (_jars().is_dir() or shutil.which("mvn")))


def redis_kinds() -> list[str]:
    return [VALKEY, REDIS_CONTAINER] if _image_ready(redis_image()) else [VALKEY]


def start_broker(kind: str) -> AbstractAsyncContextManager[Server]:
    """A fresh, empty broker of this kind."""
    return {TANSU: _tansu, KAFKA: _kafka, KAFKA_CONTAINER: _kafka_container}[kind]()


def start_redis(kind: str = VALKEY) -> AbstractAsyncContextManager[Server]:
    """A fresh, empty Redis or Valkey."""
    return _redis_container() if kind == REDIS_CONTAINER else valkey.valkey(None, None)


@asynccontextmanager
async def start_clickhouse() -> AsyncIterator[Server]:
    """A fresh, empty ClickHouse endpoint as its own process; user `answerable` with password TOKEN writes."""
    with tempfile.TemporaryDirectory(prefix="answerable-clickhouse-") as folder:
        async with clickhouse.clickhouse_endpoint(Path(folder), None, token=TOKEN, in_thread=False) as server:
            yield server


def cache_folder() -> Path:
    """Where fetched jars are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "answerable"


def describe() -> str:
    """One line for the head of the test report."""
    brokers = {TANSU: f"Tansu {tansu.VERSION}", KAFKA: f"Kafka {kafka.VERSION} (Maven)"}
    brokers[KAFKA_CONTAINER] = f"Kafka ({kafka_image()} in Docker)"
    stores = {VALKEY: f"Valkey {valkey.VERSION}", REDIS_CONTAINER: f"Redis ({redis_image()} in Docker)"}
    names = [brokers[kind] for kind in broker_kinds()] + [stores[kind] for kind in redis_kinds()]
    missing = [] if len(broker_kinds()) > 1 else ["no Kafka: needs Java and Maven, or Docker"]
    return "real servers: " + ", ".join([*names, f"ClickHouse engine {clickhouse.VERSION} (embedded)", *missing])


def kafka_image() -> str:
    return os.environ.get("ANSWERABLE_TEST_KAFKA_IMAGE", _KAFKA_IMAGE)


def redis_image() -> str:
    return os.environ.get("ANSWERABLE_TEST_REDIS_IMAGE", _REDIS_IMAGE)


def _jars() -> Path:
    return cache_folder() / f"kafka-{kafka.VERSION}"


@asynccontextmanager
async def _tansu() -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory(prefix="answerable-tansu-") as folder:
        async with tansu.tansu(None, Path(folder) / "tansu.log") as server:
            yield server


@asynccontextmanager
async def _kafka() -> AsyncIterator[Server]:
    try:
        jars = await asyncio.to_thread(kafka.fetch_kafka_jars, cache_folder())
    except FetchError as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="answerable-kafka-") as folder:
        async with kafka.kafka(Path(folder), jars, None) as server:
            yield server


@asynccontextmanager
async def _kafka_container() -> AsyncIterator[Server]:
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415 - slow

    async with _running(lambda: KafkaContainer(kafka_image()).with_kraft()) as container:
        yield Server(container.get_bootstrap_server())


@asynccontextmanager
async def _redis_container() -> AsyncIterator[Server]:
    from testcontainers.community.redis import RedisContainer  # noqa: PLC0415 - slow

    command = "redis-server --save '' --bind 0.0.0.0 --protected-mode no"
    async with _running(lambda: RedisContainer(redis_image()).with_command(command)) as container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
        yield Server(f"redis://{host}:{port}/0")


@asynccontextmanager
async def _running(make: Callable[[], Any]) -> AsyncIterator[Any]:
    container = make()
    await asyncio.to_thread(container.start)
    try:
        yield container
    finally:
        await asyncio.to_thread(container.stop)


@functools.cache
def _image_ready(image: str) -> bool:
    """Whether a Docker engine answers and has this image, or can get it."""
    if not (os.environ.get("DOCKER_HOST") or Path("/var/run/docker.sock").exists()) or find_spec("docker") is None:
        return False
    docker: Any = importlib.import_module("docker")  # slow, and without types
    errors: Any = importlib.import_module("docker.errors")
    try:
        engine = docker.from_env(timeout=_ENGINE_ANSWERS_WITHIN_S)
        try:
            engine.images.get(image)
        except errors.ImageNotFound:
            engine.images.get_registry_data(image)
    except (errors.DockerException, OSError):
        return False
    return True

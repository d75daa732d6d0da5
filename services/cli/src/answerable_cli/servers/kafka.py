"""Apache Kafka (KRaft, one node or several on this machine) from the jars on Maven Central: no Docker needed."""

import asyncio
import base64
import contextlib
import fcntl
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from answerable_cli.servers.errors import FetchError, MissingToolError, NotReadyError
from answerable_cli.servers.folders import locked
from answerable_cli.servers.ports import LOOPBACK, claim_port, free_port
from answerable_cli.servers.probes import kafka_brokers
from answerable_cli.servers.process import Server, spawn, stop, wait_ready

VERSION = "4.4.0"
_SCALA = "2.13"
_READY_WITHIN = timedelta(seconds=90)
_MIN_JARS = 30

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.answerable</groupId><artifactId>kafka-runtime</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_{_SCALA}</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"

# A small heap and the serial collector: a broker for one machine, 150 MiB, ready in 2-4 s.
_JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

# The voters are static: their ports live in this file only, so a restart may use other ports on the same data.
# The session timeout bounds how long a node that was killed is refused by its own quorum (3 s instead of 9).
_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{broker_port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{broker_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
log.cleaner.dedupe.buffer.size=2097152
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


@dataclass(frozen=True, slots=True)
class _Node:
    number: int
    broker_port: int
    controller_port: int
    folder: Path

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log(self) -> Path:
        return self.folder / "kafka.log"


def fetch_kafka_jars(cache: Path) -> Path:
    """The folder with Kafka's jars under `cache`, filled through Maven on the first call (45 jars, 43 MiB).

    Safe when several processes call it at once. Raises MissingToolError without `java` or `mvn`, FetchError when Maven
    cannot get them.
    """
    jars = cache / f"kafka-{VERSION}"
    find_java()
    if jars.is_dir():
        return jars
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _copy_jars(cache / f"kafka-{VERSION}.partial", jars)
    return jars


def find_java() -> str:
    """The `java` program. Raises MissingToolError."""
    return _find("java", "install a Java runtime, 17 or newer (Debian: apt-get install openjdk-17-jre-headless)")


@contextlib.asynccontextmanager
async def kafka(data: Path, jars: Path, port: int | None, *, nodes: int = 1) -> AsyncIterator[Server]:
    """A Kafka cluster on loopback whose records live in `data` and survive stops and kills; url lists every broker.

    `port` is the first node's; the others get free ones. The same `data` must be opened with the same `nodes`.
    Three nodes keep three copies and acknowledge at two. Raises PortInUseError, DataFolderInUseError, MissingToolError
    and NotReadyError.
    """
    java = [find_java(), *_JVM, "-cp", f"{jars}/*"]
    with locked(data):
        members = _plan(data, port, nodes)
        await _format(java, members, _cluster_id(data))
        processes: list[asyncio.subprocess.Process] = []
        try:
            for member in members:
                processes.append(await spawn([*java, "kafka.Kafka", str(member.properties)], member.log))  # noqa: PERF401
            for member, process in zip(members, processes, strict=True):
                await _wait_for_all_brokers(member, process, nodes)
            url = ",".join(f"{LOOPBACK}:{member.broker_port}" for member in members)
            yield Server(url, tuple(processes))
        finally:
            await asyncio.gather(*(stop(process) for process in processes))


async def _wait_for_all_brokers(member: _Node, process: asyncio.subprocess.Process, nodes: int) -> None:
    async def probe() -> bool:
        return await kafka_brokers(member.broker_port) >= nodes

    await wait_ready(f"Kafka node {member.number}", process, probe, member.log, _READY_WITHIN)


def _plan(data: Path, port: int | None, nodes: int) -> list[_Node]:
    ports = [claim_port(port), *(free_port() for _ in range(nodes - 1))]
    members = [_Node(i + 1, ports[i], free_port(), (data / f"node-{i + 1}").absolute()) for i in range(nodes)]
    copies = min(nodes, 3)
    for member in members:
        member.folder.mkdir(parents=True, exist_ok=True)
        text = _PROPERTIES.format(
            node=member.number,
            voters=",".join(f"{m.number}@{LOOPBACK}:{m.controller_port}" for m in members),
            host=LOOPBACK,
            broker_port=member.broker_port,
            controller_port=member.controller_port,
            folder=member.folder / "log",
            copies=copies,
            in_sync=max(1, copies - 1),
        )
        member.properties.write_text(text)
    return members


async def _format(java: Sequence[str], members: Sequence[_Node], cluster_id: str) -> None:
    async def make(member: _Node) -> None:
        command = [*java, "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster_id]
        process = await spawn([*command, "-c", str(member.properties)], member.log)
        if await process.wait() != 0:
            raise NotReadyError(f"Kafka's data folder could not be made: see {member.log}")

    new = [member for member in members if not (member.folder / "log" / "meta.properties").exists()]
    await asyncio.gather(*(make(member) for member in new))


def _cluster_id(data: Path) -> str:
    kept = data / "cluster.id"
    if not kept.exists():
        # 16 bytes, url-safe; the 'A' bits in front keep it from starting with '-', which the tool takes for an option.
        raw = b"\x01" + uuid.uuid4().bytes[1:]
        kept.write_text(base64.urlsafe_b64encode(raw).decode().rstrip("="))
    return kept.read_text().strip()


def _copy_jars(partial: Path, jars: Path) -> None:
    maven = _find("mvn", "install Maven (Debian: apt-get install maven)")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    pom = partial / "pom.xml"
    pom.write_text(_POM)
    command = [
        maven,
        "-B",
        "-ntp",
        "-q",
        "-f",
        str(pom),
        _COPY,
        f"-DoutputDirectory={partial}",
        "-DincludeScope=runtime",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if done.returncode != 0 or len(list(partial.glob("*.jar"))) < _MIN_JARS:
        detail = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        raise FetchError(f"Maven could not fetch Kafka {VERSION}:\n{detail}")
    partial.replace(jars)


def _find(tool: str, remedy: str) -> str:
    found = shutil.which(tool)
    if found is None:
        raise MissingToolError(tool, remedy)
    return found

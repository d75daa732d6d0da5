"""Tansu and Kafka are spoken to by an ordinary client that shares no code with us."""

import asyncio
import os
import signal
import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from answerable_cli.servers.errors import DataFolderInUseError, MissingToolError, PortInUseError
from answerable_cli.servers.kafka import fetch_kafka_jars, kafka
from answerable_cli.servers.ports import free_port
from answerable_cli.servers.process import Server
from answerable_cli.servers.tansu import tansu
from tests.support import servers

pytestmark = pytest.mark.integration
needs_kafka = [pytest.mark.kafka, pytest.mark.skipif(not servers.can_run_kafka(), reason="needs Java and Maven")]


def create_topic(url: str, topic: str, copies: int = 1) -> None:
    admin = AdminClient({"bootstrap.servers": url})
    admin.create_topics([NewTopic(topic, 1, copies)])[topic].result(30)


def produce(url: str, topic: str, values: Iterable[bytes]) -> None:
    producer = Producer({"bootstrap.servers": url, "acks": "all"})
    failures: list[str] = []
    for value in values:
        producer.produce(
            topic, value, on_delivery=lambda error, _message: failures.append(str(error)) if error else None
        )
    assert producer.flush(60) == 0
    assert not failures


def consume(url: str, topic: str, number: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": url, "group.id": str(uuid.uuid4()), "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        messages = consumer.consume(number, timeout=30)
        return [message.value() or b"" for message in messages]
    finally:
        consumer.close()


def round_trip(url: str, values: list[bytes]) -> list[bytes]:
    topic = f"t-{uuid.uuid4()}"
    create_topic(url, topic)
    produce(url, topic, values)
    return consume(url, topic, len(values))


async def test_what_is_produced_is_consumed(broker: Server) -> None:
    values = [b"one", b"two", b"\x00\xff"]
    assert await asyncio.to_thread(round_trip, broker.url, values) == values


async def test_tansu_on_a_taken_port_says_so(tmp_path: Path) -> None:
    async with tansu(None, tmp_path / "first.log") as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(PortInUseError, match=str(port)):
            async with tansu(port, tmp_path / "second.log"):
                pass


async def test_tansu_ends_with_its_block(tmp_path: Path) -> None:
    async with tansu(None, tmp_path / "tansu.log") as server:
        assert server.process is not None
    assert server.process.returncode is not None


class TestKafka:
    pytestmark = needs_kafka

    async def test_a_stop_and_a_kill_both_keep_records(self, tmp_path: Path) -> None:
        jars = await asyncio.to_thread(fetch_kafka_jars, servers.cache_folder())
        async with kafka(tmp_path, jars, None) as first:
            await asyncio.to_thread(create_topic, first.url, "kept")
            await asyncio.to_thread(produce, first.url, "kept", [b"before the stop"])
        port = free_port()
        async with kafka(tmp_path, jars, port) as second:
            await asyncio.to_thread(produce, second.url, "kept", [b"before the kill"])
            assert second.process is not None
            os.kill(second.process.pid, signal.SIGKILL)
            await second.process.wait()
        async with kafka(tmp_path, jars, port) as third:
            found = await asyncio.to_thread(consume, third.url, "kept", 2)
        assert found == [b"before the stop", b"before the kill"]

    async def test_three_nodes_survive_the_loss_of_one(self, tmp_path: Path) -> None:
        jars = await asyncio.to_thread(fetch_kafka_jars, servers.cache_folder())
        async with kafka(tmp_path, jars, None, nodes=3) as server:
            assert len(server.url.split(",")) == len(server.processes) == 3
            await asyncio.to_thread(create_topic, server.url, "copied", 3)
            await asyncio.to_thread(produce, server.url, "copied", [b"three copies"])
            os.kill(server.processes[1].pid, signal.SIGKILL)
            await asyncio.to_thread(produce, server.url, "copied", [b"two copies"])
            assert await asyncio.to_thread(consume, server.url, "copied", 2) == [b"three copies", b"two copies"]

    async def test_a_data_folder_serves_one_cluster_at_a_time(self, tmp_path: Path) -> None:
        jars = await asyncio.to_thread(fetch_kafka_jars, servers.cache_folder())
        async with kafka(tmp_path, jars, None):
            with pytest.raises(DataFolderInUseError):
                async with kafka(tmp_path, jars, None):
                    pass

    async def test_two_processes_may_fetch_at_once(self, tmp_path: Path) -> None:
        found = await asyncio.gather(*(asyncio.to_thread(fetch_kafka_jars, tmp_path) for _ in range(2)))
        assert found[0] == found[1]
        assert len(list(found[0].glob("*.jar"))) > 30


def test_without_java_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="Java runtime"):
        fetch_kafka_jars(tmp_path / "cache")


def test_without_maven_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="install Maven"):
        fetch_kafka_jars(tmp_path / "cache")

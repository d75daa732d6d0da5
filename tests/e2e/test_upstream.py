"""An upstream system with nothing but a Kafka client: a question in, its outcome out, its trace in ClickHouse."""

import json
import re
import shutil
import subprocess
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from confluent_kafka import Consumer

from tests.support import servers
from tests.support.command import Up, run, up

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

README = Path(__file__).parents[2] / "README.md"
EXAMPLE = Path(__file__).parents[2] / "schemas/examples/io.answerable.question.asked/v1"


def add_document(instance: Up, folder: Path) -> None:
    folder.mkdir()
    (folder / "meals.md").write_text("The meal allowance on business trips is 42 euros for a full day.\n")
    assert run("knowledge", "add", folder, "--readers", "staff", data=instance.data).code == 0


def outcome_of(brokers: str, request: str, *, seconds: float = 60) -> dict[str, Any]:
    """What upstream reads from `answers`, with a consumer group of its own."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
    consumer.subscribe(["answers"])
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None and message.key() == request.encode():
                found: dict[str, Any] = json.loads(message.value() or b"")
                return found
    finally:
        consumer.close()
    raise AssertionError("no outcome in time")


def test_the_python_example_of_the_readme_gets_an_answer_and_clickhouse_its_trace(tmp_path: Path) -> None:
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    with up(tmp_path / "data") as instance:
        add_document(instance, tmp_path / "documents")
        brokers = instance.state["kafka_brokers"]
        names: dict[str, Any] = {}
        exec(example.replace("127.0.0.1:9092", brokers), names)
        outcome = outcome_of(brokers, names["request"])
        assert outcome["text"] == "The meal allowance on business trips is 42 euros for a full day."
        host, port = instance.state["clickhouse_url"].removeprefix("http://").split(":")
        client = clickhouse_connect.get_client(host=host, port=int(port), username="analyst", compress=False)
        rows = client.query(
            "SELECT DISTINCT topic FROM trace.events WHERE request_id = {id:UUID}", parameters={"id": names["request"]}
        ).result_rows
        assert {topic for (topic,) in rows} >= {"questions", "contexts", "drafts", "verdicts"}
        explained = run("explain", names["request"], "--json", data=instance.data)
        assert explained.code == 0


@pytest.mark.kafka
@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
@pytest.mark.skipif(not servers.can_run_kafka(), reason="Debian's kcat needs a real Kafka: Java and Maven are not here")
def test_kcat_publishes_an_example_by_hand_and_reads_its_outcome(tmp_path: Path) -> None:
    example = json.loads(min(EXAMPLE.glob("*.json")).read_text())
    body = example["body"] | {"asked_at": datetime.now(UTC).isoformat()}
    body.pop("deadline", None)
    with up(tmp_path / "data", "--broker", "kafka") as instance:
        brokers = instance.state["kafka_brokers"]
        headers = [part for name, text in example["headers"].items() for part in ("-H", f"{name}={text}")]
        subprocess.run(
            ["kcat", "-P", "-b", brokers, "-t", "questions", "-k", example["key"], *headers],
            input=json.dumps(body),
            text=True,
            check=True,
            timeout=60,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            command = ["kcat", "-C", "-b", brokers, "-t", "answers", "-o", "beginning", "-e", "-q", "-f", "%k %s\n"]
            lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
            found = [line for line in lines if line.startswith(example["key"])]
            if found:
                break
        assert len(found) == 1
        assert json.loads(found[0].split(" ", 1)[1])["reason"] == "not_known", "there are no documents"

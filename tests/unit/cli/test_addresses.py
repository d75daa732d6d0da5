from datetime import UTC, datetime
from pathlib import Path

import pytest

from answerable_cli.addresses import Addresses
from answerable_cli.errors import NotReachable
from answerable_cli.instance import Instance
from answerable_cli.settings import ClientSettings

DATA = Path("data")
RUNNING = Instance(
    pid=1, version="0", started=datetime(2026, 11, 3, tzinfo=UTC), data=DATA, broker="tansu", gateway_url="http://g",
    kafka_brokers="k", clickhouse_url="http://127.0.0.1:8123", redis_url="r", metrics_url="m", token="secret", log=DATA,
)  # fmt: skip


def test_on_this_machine_commands_read_as_analyst_and_change_as_writer() -> None:
    addresses = Addresses(DATA, ClientSettings.model_construct(data=DATA, clickhouse_url=None), RUNNING)
    assert addresses.trail_url == "http://127.0.0.1:8123"
    assert addresses.writer_trail_url == "http://answerable:secret@127.0.0.1:8123"


def test_elsewhere_both_are_what_the_environment_names() -> None:
    settings = ClientSettings(data=DATA, clickhouse_url="https://ada:pw@trace:8443")
    addresses = Addresses(DATA, settings, RUNNING)
    assert addresses.trail_url == addresses.writer_trail_url == "https://ada:pw@trace:8443"


def test_without_either_there_is_nothing_to_write_to() -> None:
    addresses = Addresses(DATA, ClientSettings.model_construct(data=DATA, clickhouse_url=None), None)
    with pytest.raises(NotReachable, match="no Answerable runs"):
        _ = addresses.writer_trail_url

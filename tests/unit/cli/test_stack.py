"""Ports, and what is left of an instance that was killed."""

import socket

import pytest

from answerable_cli import stack
from answerable_cli.servers.errors import PortInUseError
from answerable_cli.stack import choose_ports


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_usual_port_that_is_taken_is_replaced_and_said(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "GATEWAY_PORT", taken)
    ports, notes = choose_ports()
    assert ports.gateway != taken
    assert any(f"port {taken} is taken, so the gateway listens on {ports.gateway}" in note for note in notes)


def test_a_port_that_was_asked_for_is_not_replaced(taken: int) -> None:
    with pytest.raises(PortInUseError):
        choose_ports(gateway=taken)


def test_the_demo_takes_any_ports_and_says_nothing() -> None:
    ports, notes = choose_ports(default=False)
    assert notes == []
    assert len({ports.gateway, ports.broker, ports.clickhouse, ports.metrics}) == 4

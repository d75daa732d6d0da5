"""`answerable up`: runs the stack until it is told to stop, and says where everything is."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from answerable_cli.errors import PartFailed
from answerable_cli.instance import Broker, Instance
from answerable_cli.interruption import Interruption, interruptible
from answerable_cli.output import console, note
from answerable_cli.services import every_settings_class
from answerable_cli.stack import Plan, Stack, choose_ports, open_stack
from answerable_runtime.settings import refuse_unknown


async def serve(
    data: Path,
    broker: Broker,
    *,
    gateway_port: int | None,
    metrics_port: int | None,
    chosen: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Run until SIGTERM or ctrl-C; the exit status. `chosen` are settings in place of those of the environment.

    Raises:
        PartFailed: a server or service ended by itself.
        AlreadyRunning, ServerError, StartUpRefused: it could not start.
    """
    refuse_unknown(os.environ, every_settings_class().values())
    ports, notes = choose_ports(gateway=gateway_port, metrics=metrics_port)
    with interruptible() as interruption:
        try:
            async with open_stack(Plan(data, broker, ports, chosen), lambda what: note(f"starting {what}")) as stack:
                interruption.settle()
                for line in notes:
                    note(line)
                console().print(screen(stack.instance), highlight=False, markup=False, soft_wrap=True)
                await _until_stopped(stack, interruption)
                note("stopping; once more to end at once")
        except asyncio.CancelledError:
            if not interruption.asked:
                raise
    note("stopped")
    return 0


async def _until_stopped(stack: Stack, interruption: Interruption) -> None:
    asked = asyncio.create_task(interruption.wait())
    broken = asyncio.create_task(stack.broken_server())
    try:
        await asyncio.wait({asked, broken}, return_when=asyncio.FIRST_COMPLETED)
        if not interruption.asked:
            failure: PartFailed = broken.result()
            note(f"{failure}; stopping the rest")
            raise failure
    finally:
        asked.cancel()
        broken.cancel()


def screen(instance: Instance) -> str:
    """Where everything is, and how to ask."""
    lasting = (
        "in memory: a stop loses its log, not documents, trace or answers" if instance.broker == "tansu" else "on disk"
    )
    client = (
        f"kcat -b {instance.kafka_brokers} -L"
        if instance.broker == "kafka"
        else "for confluent-kafka and aiokafka; kcat needs --broker kafka"
    )
    elsewhere = (
        "" if instance.data.name == ".answerable" and instance.data.parent == Path.cwd() else f" --data {instance.data}"
    )
    return f"""
Answerable {instance.version} is up.

  Gateway      {instance.gateway_url}/v1/questions   (API page: {instance.gateway_url}/docs)
  Broker       {instance.kafka_brokers}   {instance.broker}, {lasting}
               {client}
  ClickHouse   {instance.clickhouse_url}   user analyst, no password, read only
  Metrics      {instance.metrics_url}/metrics   (/livez, /readyz)
  Data, logs   {instance.data}

  answerable knowledge add PATH --readers GROUP{elsewhere}
  answerable ask "..." --as USER --groups GROUP{elsewhere}
  answerable explain REQUEST{elsewhere}

Anyone on this machine can ask as anyone: identities are the development kind. Ctrl-C stops everything.
"""

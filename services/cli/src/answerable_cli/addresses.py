"""Where a command looks: what the environment names, else the `answerable up` of the data folder."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from answerable_cli.errors import NotReachable
from answerable_cli.instance import Instance, find_running
from answerable_cli.services import every_settings_class
from answerable_cli.settings import ClientSettings
from answerable_runtime.settings import refuse_unknown

if TYPE_CHECKING:
    from answerable_runtime.client import BrokerClient
    from answerable_trail.client import Trail


@dataclass(frozen=True, slots=True)
class Addresses:
    """How to reach each part; asking for one that is nowhere raises NotReachable."""

    data: Path
    settings: ClientSettings
    instance: Instance | None

    @property
    def gateway_url(self) -> str:
        return (self.settings.gateway_url or self._running.gateway_url).rstrip("/")

    @property
    def trail_url(self) -> str:
        """Of the trace, to read: on this machine as analyst, who cannot write."""
        if self.settings.clickhouse_url is not None:
            return self.settings.clickhouse_url.get_secret_value()
        return self._running.clickhouse_url

    @property
    def writer_trail_url(self) -> str:
        """Of the trace, to write: the user that the environment names has to be one who may."""
        if self.settings.clickhouse_url is not None:
            return self.settings.clickhouse_url.get_secret_value()
        return self._running.writer_url

    @property
    def redis_url(self) -> str:
        """Of the effect store."""
        return self.settings.redis_url if "redis_url" in self.settings.model_fields_set else self._running.redis_url

    @property
    def broker(self) -> ClientSettings:
        """Settings that reach the broker."""
        if "kafka_brokers" in self.settings.model_fields_set:
            return self.settings
        running = self._running
        wait = timedelta(seconds=running.fetch_wait_s)
        return self.settings.model_copy(update={"kafka_brokers": running.kafka_brokers, "kafka_fetch_wait": wait})

    @property
    def _running(self) -> Instance:
        if self.instance is None:
            raise NotReachable(
                f"no Answerable runs on {self.data}",
                "start it with `answerable up`, or name its folder with --data, or set ANSWERABLE_GATEWAY_URL, "
                "ANSWERABLE_KAFKA_BROKERS and ANSWERABLE_CLICKHOUSE_URL",
            )
        return self.instance

    @asynccontextmanager
    async def trail(self) -> "AsyncIterator[Trail]":
        from answerable_trail.client import connect  # noqa: PLC0415 - slow, and `ask` does without

        async with connect(self.trail_url) as trail:
            yield trail

    @asynccontextmanager
    async def writer_trail(self) -> "AsyncIterator[Trail]":
        """For the few commands that change what is kept."""
        from answerable_trail.client import connect  # noqa: PLC0415 - slow, and `ask` does without
        from answerable_trail.retention import STATEMENT_WITHIN  # noqa: PLC0415 - same

        async with connect(self.writer_trail_url, statement_timeout=STATEMENT_WITHIN) as trail:
            yield trail

    @asynccontextmanager
    async def client(self) -> "AsyncIterator[BrokerClient]":
        from answerable_runtime.client import connect  # noqa: PLC0415 - slow, and `ask` does without

        async with connect(self.broker) as client:
            yield client


def locate(data: Path) -> Addresses:
    """The addresses that a command with this data folder uses.

    Raises:
        StartUpRefused: the environment has a setting that nobody knows.
    """
    refuse_unknown(os.environ, every_settings_class().values())
    return Addresses(data, ClientSettings(data=data), find_running(data))


def of_instance(instance: Instance) -> Addresses:
    """Those of an instance of this process, whatever the environment names."""
    return Addresses(instance.data, ClientSettings.model_construct(data=instance.data), instance)

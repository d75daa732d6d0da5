"""Starting things: `up`, `run`, `settings`."""

from enum import StrEnum
from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, Data, Json


class BrokerChoice(StrEnum):
    tansu = "tansu"
    kafka = "kafka"


class EmbedderChoice(StrEnum):
    minilm = "minilm"
    fast = "fast"


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(run)
    app.command()(settings)


def up(
    data: Data = DATA,
    broker: Annotated[
        BrokerChoice, typer.Option(help="tansu: in memory, from a wheel. kafka: on disk, needs Java and Maven.")
    ] = BrokerChoice.tansu,
    port: Annotated[int | None, typer.Option(help="Port of the gateway; default 8080, or a free one.")] = None,
    http_port: Annotated[
        int | None, typer.Option(help="Port of health and metrics; default 9464, or a free one.")
    ] = None,
    embedder: Annotated[
        EmbedderChoice | None,
        typer.Option(
            help="What turns text into vectors, for a new data folder. fast: 100 times faster, finds less.",
            show_default="ANSWERABLE_EMBEDDER, or minilm",
        ),
    ] = None,
) -> None:
    """Start everything on this machine: broker, ClickHouse, Valkey and all services."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.up import serve  # noqa: PLC0415 - slow

    chosen = {} if embedder is None else {"embedder": embedder.value}
    raise typer.Exit(asyncio.run(serve(data, broker.value, gateway_port=port, metrics_port=http_port, chosen=chosen)))


def run(
    service: Annotated[str, typer.Argument(help="audit, ingestion, retrieval, inference, validation or gateway.")],
) -> None:
    """Run one service alone; all settings come from the environment."""
    import asyncio  # noqa: PLC0415 - only here
    import os  # noqa: PLC0415

    from answerable_cli.services import build, configured, every_settings_class  # noqa: PLC0415 - slow
    from answerable_runtime.launch import launch  # noqa: PLC0415
    from answerable_runtime.logs import configure  # noqa: PLC0415
    from answerable_runtime.settings import refuse_unknown  # noqa: PLC0415

    chosen = configured(service, {})
    refuse_unknown(os.environ, every_settings_class().values())
    configure(chosen.log_level)
    asyncio.run(launch({service: build(service, chosen)}, chosen))


def settings(
    service: Annotated[str | None, typer.Argument(help="Only of this service, or `cli`.")] = None,
    json: Json = False,
) -> None:
    """List every setting: environment variable, default, meaning."""
    from answerable_cli.settings_list import list_settings, print_settings  # noqa: PLC0415 - slow

    print_settings(list_settings(service), as_json=json)

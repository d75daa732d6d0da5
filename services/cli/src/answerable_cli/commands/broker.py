"""Looking at the broker: `topics`, `dlq`."""

from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, Data, Json

dlq = typer.Typer(help="Dead letters: messages that a service gave up.", no_args_is_help=True)

Position = Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET of the dead letter, as `dlq list` shows it.")]


def register(app: typer.Typer) -> None:
    app.command()(topics)
    app.add_typer(dlq, name="dlq")


def topics(data: Data = DATA, json: Json = False) -> None:
    """Every topic: what it carries, who writes and reads it, how much it holds, how far its readers are behind."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.broker import show_topics  # noqa: PLC0415 - slow

    asyncio.run(show_topics(data, as_json=json))


@dlq.command(name="list")
def list_(data: Data = DATA, json: Json = False) -> None:
    """All dead letters that the broker holds."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.broker import list_letters  # noqa: PLC0415 - slow

    asyncio.run(list_letters(data, as_json=json))


@dlq.command()
def show(position: Position, data: Data = DATA, json: Json = False) -> None:
    """One dead letter with the original headers and body."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.broker import show_letter  # noqa: PLC0415 - slow

    asyncio.run(show_letter(position, data, as_json=json))


@dlq.command()
def replay(
    position: Annotated[str | None, typer.Argument(help="TOPIC/PARTITION/OFFSET of the dead letter.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Put originals back on their topics, same bytes and ids, once what was wrong has been mended."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.broker import replay_letters  # noqa: PLC0415 - slow

    asyncio.run(replay_letters(position, everything=everything, data=data, as_json=json))

"""The `answerable` command."""

import logging
import sys

import typer

from answerable_cli import errors
from answerable_cli.commands import (
    access,
    afterwards,
    broker,
    demo,
    doctor,
    erasure,
    evaluation,
    gate,
    knowledge,
    proof,
    questions,
    record,
    retention,
    review,
    run,
)

app = typer.Typer(
    name="answerable",
    help="Answers with sources, or an honest no; every step on record.",
    epilog="Exit codes: 0 done (ask: released), 1 failed or not reachable, 2 wrong usage, 3 withheld, "
    "4 answer failed, 5 a person decides, "
    "130 interrupted. Start with `answerable demo`, or `answerable up` and then `answerable knowledge add`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only here

        typer.echo(f"answerable {version('answerable-cli')}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    del version
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that restarts is waited for, not reported


run.register(app)
questions.register(app)
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(access.app, name="access")
gate.register(app)
review.register(app)
app.add_typer(evaluation.app, name="eval")
record.register(app)
afterwards.register(app)
app.add_typer(retention.app, name="retention")
proof.register(app)
erasure.register(app)
broker.register(app)
doctor.register(app)
demo.register(app)


def main() -> None:
    """Entry point: errors end as one line and a hint on stderr."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(errors.INTERRUPTED)
    except _known_failures() as error:
        failure = _explained(error)
        typer.secho(f"answerable: {failure}", err=True, fg=typer.colors.RED)
        if failure.hint:
            typer.echo(f"  {failure.hint}", err=True)
        sys.exit(failure.code)


def _known_failures() -> tuple[type[Exception], ...]:
    """Evaluated only when something was raised: it imports every library whose errors are known."""
    from answerable_cli.failures import KNOWN  # noqa: PLC0415 - slow

    return KNOWN


def _explained(error: Exception) -> errors.CliError:
    from answerable_cli.failures import explain_failure  # noqa: PLC0415 - slow

    return explain_failure(error)


if __name__ == "__main__":
    main()

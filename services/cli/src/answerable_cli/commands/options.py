"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="ANSWERABLE_DATA",
        help="Data folder of `answerable up`.",
        show_default=True,
        file_okay=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Organisation within this installation.")]

DATA = Path(".answerable")
TENANT = "norvik"

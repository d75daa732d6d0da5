"""python -m tests.eval.trust: how well answers are judged; a table, and build/eval-trust.json."""

import argparse
import sys
import time
from datetime import UTC, datetime

from answerable_cli.output import console, print_table
from answerable_cli.results import Figure, write
from answerable_runtime.logs import configure
from tests.eval import answers, gate, injection, mutants, personal_data, support
from tests.eval import figures as computed

NAME = "eval-trust"
PARTS = {
    "gate": gate.measure,
    "personal data": personal_data.measure,
    "computed figures": computed.measure,
    "injection": injection.measure,
    "support": support.measure,
    "answers": answers.measure,
    "mutants": mutants.measure,
}


def main() -> int:
    argparse.ArgumentParser(prog="python -m tests.eval.trust", description=__doc__).parse_args()
    configure("critical")
    started, begun = datetime.now(UTC), time.monotonic()
    figures: dict[str, Figure] = {}
    for part, measure in PARTS.items():
        found = measure()
        if not found:
            console().print(f"{part} skipped: its part of ../shared/data is absent", highlight=False)
        figures |= found
    if not figures:
        return 0
    print_table(
        ("figure", "value", "unit", "aim", "best", ""),
        [
            (name, one.value, one.unit, one.aim or "", one.baseline, "" if one.met else "MISSED")
            for name, one in figures.items()
        ],
    )
    passed = write(NAME, started, time.monotonic() - begun, figures)
    console().print(f"{NAME}: {'passed' if passed else 'FAILED'} - build/{NAME}.json", highlight=False)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

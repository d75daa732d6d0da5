"""How much of the personal data in annotated texts is found, as `answerable eval personal-data` measures it."""

from answerable_cli.personal_data_evaluation import find_all, load_rows, summarise
from answerable_cli.results import Figure
from tests.eval.judged import DATA

TEXTS = DATA / "pii" / "presidio_synth.jsonl.gz"


def measure() -> dict[str, Figure]:
    """F2 over characters on all texts; none where the file is absent.

    The rules were written with half of the file's templates in sight, so this flatters; judge by other data.
    """
    if not TEXTS.is_file():
        return {}
    figures = summarise(find_all(load_rows(TEXTS)))
    return {
        "pii_f2_structured": Figure(figures["structured"]["f2"], "of characters", ">= 0.88"),
        "pii_f2": Figure(figures["all"]["f2"], "of characters", ">= 0.8"),
    }

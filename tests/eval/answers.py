"""How well the embedded answerer finds the right sentence, and knows when there is none: whole articles held out."""

from libs.models.training import train_extractive as training

from answerable_cli.results import Figure
from tests.eval.judged import DATA

SQUAD, COVID = DATA / "abstention/squad2.jsonl.gz", DATA / "reading/covid_qa.jsonl.gz"


def measure() -> dict[str, Figure]:
    """Every question judged by weights that were fitted without its article; none where the data are absent.

    About five minutes on one core.
    """
    if not (SQUAD.exists() and COVID.exists()):
        return {}
    cases = [*training.squad_cases(training.read(SQUAD)), *training.covid_cases(training.read(COVID))]
    found = training.cross_validate(cases)
    return {
        "right_sentence": Figure(found["right_sentence_open"], "of answerable questions", ">= 0.78"),
        "precision_at_half": Figure(found["precision_at_half"], "of the surest half", ">= 0.93"),
        "absent_auroc": Figure(found["absent_auroc"], "AUROC", ">= 0.985"),
        "unanswerable_auroc": Figure(found["adversarial_auroc_open"], "AUROC"),
    }

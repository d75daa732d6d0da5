"""`answerable eval`: how well the services do, measured on your own files."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from answerable_cli.commands.options import Json

app = typer.Typer(help="Measure on your own data what the services do.", no_args_is_help=True)

Predictions = Annotated[
    Path | None, typer.Option("--predictions", metavar="FILE", help="Write what was read, one JSON object a line.")
]


@app.command()
def documents(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Holds manifest.jsonl (or .jsonl.gz): `file` and `expected_contains`."),
    ],
    json: Json = False,
    predictions: Predictions = None,
) -> None:
    """Read files as ingestion does, and look for the snippets that the manifest expects in each.

    Snippets are compared by letters and digits alone. Exit 1 when a file is missing, a line of the manifest is broken,
    or a reader crashed; a file that is rejected with a reason is a result.
    """
    from answerable_cli.document_evaluation import evaluate_documents  # noqa: PLC0415 - slow

    raise typer.Exit(evaluate_documents(folder, as_json=json, predictions=predictions))


@app.command()
def retrieval(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="BEIR layout: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv; each may be .gz."
        ),
    ],
    split: Annotated[str | None, typer.Option(help="Judgements to use; default: test, or the only ones.")] = None,
    embedder: Annotated[Literal["minilm", "fast"], typer.Option(help="What turns text into vectors.")] = "minilm",
    json: Json = False,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the rankings: JSON lines, or trec_eval's form for *.run and *.trec."),
    ] = None,
) -> None:
    """Ingest a corpus, ask its queries, and compare with judgements: nDCG@10, recall, MRR, latency.

    Documents and questions take the way that they take through the services, into an index that is deleted afterwards.
    With minilm a core embeds ten passages a second; with fast, hundreds.
    """
    from answerable_cli.retrieval_evaluating import evaluate_retrieval  # noqa: PLC0415 - slow

    raise typer.Exit(evaluate_retrieval(folder, split=split, embedder=embedder, as_json=json, predictions=predictions))


@app.command()
def answers(  # noqa: PLR0917 - each is an option of the command
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS", help="JSON lines (or .gz): `id`, `question`, `answerable`, `answers`, `context`."
        ),
    ],
    passages: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON lines (or .gz): `id`, `text`, `title`; default: the contexts."),
    ] = None,
    model: Annotated[str, typer.Option(metavar="ID", help="Which model; others than the built-in are in a file.")] = (
        "extractive"
    ),
    models_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Model entries, TOML or JSON.")] = None,
    json: Json = False,
    predictions: Predictions = None,
) -> None:
    """Ask questions of passages, and judge the answers: exact match, F1, precision at coverage, abstention, citations.

    Passages and questions take the way that they take through the services. An answer is right when its first sentence
    holds one of `answers` as whole words. A line that is no row is named, and nothing is measured.
    """
    from answerable_cli.answer_evaluating import Wanted, evaluate_answers  # noqa: PLC0415 - slow

    raise typer.Exit(evaluate_answers(questions, passages, Wanted(model, models_file, json, predictions)))


@app.command()
def gate(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON lines with `id`, `confidence` (0 to 1) and `correct`; may be .gz."),
    ],
    alpha: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of released answers that may be wrong.")
    ] = 0.05,
    delta: Annotated[float, typer.Option(min=0.001, max=0.5, help="How likely the proof itself may be wrong.")] = 0.1,
    json: Json = False,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", metavar="FILE", help="Write which rows would be released.")
    ] = None,
) -> None:
    """Find the lowest confidence above which answers are proved to be wrong rarely enough, from labelled answers.

    Exit 3 when none is proved: then nothing may be released on these labels. The labelled answers have to be drawn like
    those that the threshold is for.
    """
    from answerable_cli.gate_evaluation import evaluate_gate  # noqa: PLC0415 - as the others

    raise typer.Exit(evaluate_gate(file, alpha=alpha, delta=delta, as_json=json, predictions=predictions))


@app.command("personal-data")
def personal_data(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON lines (or .gz): `id`, `text`, `spans` of `start`, `end` and `type`."),
    ],
    json: Json = False,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the spans found, one JSON object a line, without texts.")
    ] = None,
) -> None:
    """Find personal data in annotated texts, and compare: F2, precision and recall, over characters.

    Letters and digits are compared, by kind; addresses, places and postcodes count as one. Exit 2 on a broken line.
    """
    from answerable_cli.personal_data_evaluation import evaluate_personal_data  # noqa: PLC0415 - as the others

    raise typer.Exit(evaluate_personal_data(file, as_json=json, predictions=predictions))


@app.command()
def injection(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON lines (or .gz): `id`, `text`, `label` (injection or benign)."),
    ],
    json: Json = False,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", metavar="FILE", help="Write score and places of each text, one JSON line each."),
    ] = None,
) -> None:
    """Screen texts for instructions put into them, as the passages of an answer are screened; compare with labels.

    Reported is what looks put in; blocked, the part of it that withholds an answer. A line that is no row is named, and
    nothing is measured.
    """
    from answerable_cli.injection_evaluation import evaluate_injection  # noqa: PLC0415 - slow

    raise typer.Exit(evaluate_injection(file, as_json=json, predictions=predictions))


@app.command()
def support(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="JSON lines (or .gz): `id`, `evidence` (text or list), `claim`, `supported`, `group`."
        ),
    ],
    use: Annotated[
        Literal["prose", "summary", "answer", "table"], typer.Option(help="Kind of text: each has its own threshold.")
    ] = "prose",
    scorer: Annotated[
        str, typer.Option(metavar="ID", help="trees, or the id of an openai entry of --models as judge.")
    ] = "trees",
    models: Annotated[Path | None, typer.Option(metavar="FILE", help="Registry of models, TOML or JSON.")] = None,
    *,
    json: Json = False,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", metavar="FILE", help="Write the score of each row, without texts.")
    ] = None,
) -> None:
    """Judge whether evidence supports claims, as the support scorer does, and compare with labels.

    AUROC, also among claims of like length; balanced accuracy at the shipped threshold beside the best possible;
    calibration error; CPU time. `group` is optional and gives figures of its own. Exit 2 on a broken line.
    """
    from answerable_cli.support_evaluation import evaluate_support  # noqa: PLC0415 - slow

    raise typer.Exit(
        evaluate_support(file, use=use, scorer_id=scorer, models=models, as_json=json, predictions=predictions)
    )

"""Judged collections, made of the shared evaluation data in the layout that `answerable eval retrieval` reads."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def rows(name: str) -> list[dict[str, Any]]:
    """Rows of a file of the shared data."""
    lines = gzip.decompress((DATA / f"{name}.jsonl.gz").read_bytes()).decode().split("\n")
    return [json.loads(line) for line in lines if line]


def write_filings(folder: Path) -> None:
    """Pages of quarterly reports; relevant is each page of a report that an answer cites: there is nothing finer."""
    pages, asked = rows("retrieval/sec10q_pages"), [row for row in rows("retrieval/sec10q_qa") if row["cited_docs"]]
    of_report: dict[str, list[str]] = {}
    for page in pages:
        of_report.setdefault(page["doc"], []).append(page["id"])
    _write(
        folder,
        [{"_id": page["id"], "title": page["doc"].removesuffix(".pdf"), "text": page["text"]} for page in pages],
        {row["id"]: row["question"] for row in asked},
        {row["id"]: [page for report in row["cited_docs"] for page in of_report[report]] for row in asked},
    )


def write_paragraphs(folder: Path) -> None:
    """Paragraphs of encyclopedia articles; relevant is the one that a question was made from. Every third question."""
    asked = [row for row in rows("abstention/squad2") if row["answerable"]][::3]
    paragraphs = {row["para"]: row for row in rows("abstention/squad2")}
    _write(
        folder,
        [
            {"_id": name, "title": row["title"].replace("_", " "), "text": row["context"]}
            for name, row in paragraphs.items()
        ],
        {row["id"]: row["question"] for row in asked},
        {row["id"]: [row["para"]] for row in asked},
    )


def _write(
    folder: Path, corpus: Iterable[Mapping[str, str]], queries: Mapping[str, str], relevant: Mapping[str, Iterable[str]]
) -> None:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in corpus), "utf-8")
    lines = [json.dumps({"_id": name, "text": text}) for name, text in queries.items()]
    (folder / "queries.jsonl").write_text("\n".join(lines), "utf-8")
    judged = [f"{query}\t{document}\t1" for query, documents in relevant.items() for document in documents]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]), "utf-8")

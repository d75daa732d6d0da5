"""How much of messy real files is read, and what repair does to broken and to sound text."""

import gzip
import json
from pathlib import Path
from typing import Any

import ftfy

from answerable_cli.document_evaluation import load_manifest, read_all, summarise
from answerable_ingestion.main import limits_of
from answerable_ingestion.settings import IngestionSettings
from answerable_knowledge.decoding import clean, decode

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "documents"


def measure() -> dict[str, Any]:
    """Figures on the shared documents; `skipped` says why there are none."""
    if not DOCUMENTS.is_dir():
        return {"skipped": "../shared/data/documents is absent"}
    manifest = load_manifest(DOCUMENTS)
    figures = summarise(manifest, list(read_all(manifest.files, limits_of(IngestionSettings()))))
    return {
        "documents_with_snippets": figures["files_with_snippets"],
        "documents_complete": figures["files_complete"],
        "document_snippets": figures["snippets"],
        "document_snippets_found": figures["snippets_found"],
        "document_rejections": figures["rejections"],
        "document_crashes": figures["crashes"],
        "document_seconds_p50": figures["seconds_p50"],
        "document_seconds_p99": figures["seconds_p99"],
        **measure_repair(),
    }


def measure_repair() -> dict[str, Any]:
    """Repair of mojibake: rows that it should mend, and right texts (`fixed` of each row), which it must not touch.

    Quotes are compared as straight ones and without control characters: curly quotes are no damage and stay, and
    invisible characters go by a policy of their own.
    """
    lines = gzip.decompress((DOCUMENTS / "mojibake_ftfy.jsonl.gz").read_bytes()).decode().split("\n")
    rows = [json.loads(line) for line in lines if line]
    mendable = [row for row in rows if row["expect"] == "pass"]
    return {
        "mojibake_rows": len(mendable),
        "mojibake_repaired": sum(_is_same(_decoded(row["original"]), row["fixed"]) for row in mendable),
        "mojibake_damaged": sum(_decoded(row["fixed"]) != clean(row["fixed"]) for row in rows),
    }


def _decoded(text: str) -> str:
    return decode(text.encode()).text


def _is_same(left: str, right: str) -> bool:
    return ftfy.fixes.uncurl_quotes(clean(left)) == ftfy.fixes.uncurl_quotes(clean(right))

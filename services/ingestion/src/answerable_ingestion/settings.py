"""Settings of ingestion."""

from datetime import timedelta

from pydantic import Field

from answerable_models.embedders import EmbedderName
from answerable_runtime.settings import Duration, IndexSettings


class IngestionSettings(IndexSettings):
    """Where the index is, and how large a document may be."""

    embedder: EmbedderName = Field(
        default="minilm",
        description="What turns text into vectors: minilm, or fast (100 times faster, finds less). Of the whole index.",
    )
    document_max_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1, description="A larger file is rejected as too_large, bytes."
    )
    document_max_passages: int = Field(
        default=10_000, ge=1, description="A document that is cut into more passages is rejected as too_large."
    )
    document_parse_timeout: Duration = Field(
        default=timedelta(seconds=30), description="A file that takes longer to read is rejected as timeout, seconds."
    )
    document_parse_memory_bytes: int = Field(
        default=1024**3, ge=256 * 1024**2, description="A file that takes more memory to read is too_large, bytes."
    )
    ingestion_timeout: Duration = Field(
        default=timedelta(minutes=10), description="One try at a document may take this long, embedding included, s."
    )
    document_parsers: int = Field(
        default=4, ge=1, le=64, description="Documents read at once, each in a process of its own with limits."
    )
    ingestion_concurrency: int = Field(
        default=16, ge=1, le=128, description="Documents worked on at once, each held in memory; committed together."
    )
    retrieval_snapshot_every: Duration = Field(
        default=timedelta(seconds=1),
        description="As retrieval has it, seconds: counted into the time that a change of rights takes.",
    )
    index_versions_kept: Duration = Field(
        default=timedelta(days=400),
        ge=timedelta(hours=1),
        description="Versions of the index are kept this long, seconds: for questions about the past, and to look up "
        "again what an answer rested on. At least an hour: running searches need theirs.",
    )
    index_upkeep_every: Duration = Field(
        default=timedelta(hours=1),
        ge=timedelta(seconds=1),
        description="Versions that are too old are looked for this often, seconds.",
    )

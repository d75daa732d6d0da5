"""Settings of ingestion."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from answerable_runtime.settings import Duration, RuntimeSettings


class IngestionSettings(RuntimeSettings):
    """Where the index is, and how large a document may be."""

    index_path: Path = Field(
        default=Path(".answerable/index"), description="Folder of the index; the same for ingestion and retrieval."
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
    ingestion_timeout: Duration = Field(
        default=timedelta(minutes=10), description="One try at a document may take this long, embedding included, s."
    )
    ingestion_concurrency: int = Field(
        default=4, ge=1, le=64, description="Documents worked on at once; each is held in memory."
    )

"""Settings of inference."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from answerable_runtime.settings import Duration, RuntimeSettings


class InferenceSettings(RuntimeSettings):
    """Which model drafts the answers, and how long it may take."""

    model: str = Field(
        default="extractive",
        description='Id of the model that drafts: "extractive" is built in, others are in `models_file`.',
    )
    models_file: Path | None = Field(
        default=None,
        description="TOML or JSON file of model entries. Keys stay in the environment variables that the entries name.",
    )
    model_timeout: Duration = Field(
        default=timedelta(seconds=60),
        gt=timedelta(0),
        description="Longest model call, seconds; also never past the deadline of the question.",
    )
    model_fault_rate: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="For drills only: this share of model calls fails as if the model were down. 0 in normal use.",
    )

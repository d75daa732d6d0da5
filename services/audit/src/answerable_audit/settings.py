"""Settings of audit."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from answerable_runtime.settings import Duration, RuntimeSettings


class AuditSettings(RuntimeSettings):
    """Where the record is, and how much time a decision keeps back."""

    clickhouse_url: SecretStr = Field(
        default=SecretStr("http://answerable@127.0.0.1:8123"),
        description="ClickHouse with a user that may write, http[s]://user:password@host:port.",
    )
    audit_margin: Duration = Field(
        default=timedelta(seconds=1), description="An open request fails this long before its deadline, seconds."
    )
    audit_horizon: Duration = Field(
        default=timedelta(days=2), description="How far back open requests are looked for at start-up, seconds."
    )
    audit_batch: int = Field(default=5_000, ge=1, le=50_000, description="Most records in one insert.")
    audit_key_file: Path | None = Field(
        default=None, description="Keys that sign checkpoints, one a line, the first signs. Required; mode 0600."
    )
    audit_log_name: str = Field(
        default="", description="Name of this record in its checkpoints; with it a missing key file is made."
    )
    audit_checkpoint_every: Duration = Field(
        default=timedelta(seconds=10), description="How often trees that grew are signed, seconds."
    )
    audit_checkpoint_leaves: int = Field(
        default=10_000, ge=1, description="A tree that grew so much is signed at once."
    )
    audit_witness_folder: Path | None = Field(
        default=None, description="Checkpoints are dropped there for witnesses to take; none if empty."
    )
    audit_witness_file: Path | None = Field(
        default=None, description="Witnesses to offer checkpoints to: a URL and a verifier key on each line."
    )
    audit_check_every: Duration = Field(
        default=timedelta(seconds=60), description="How often the trace is checked for holes, seconds."
    )
    audit_check_full_every: Duration = Field(
        default=timedelta(hours=1), description="How often all manifests, numbers and leaves are checked, seconds."
    )
    audit_check_deep_every: Duration = Field(
        default=timedelta(days=1), description="How often all hashes are computed again, seconds."
    )
    audit_drift_every: Duration = Field(
        default=timedelta(seconds=60),
        ge=timedelta(0),
        description="How often it is looked whether certificates still hold, seconds; 0: never.",
    )
    audit_retention_every: Duration = Field(
        default=timedelta(days=1),
        ge=timedelta(0),
        description="How often requests that were kept long enough are removed, seconds; 0: only by hand.",
    )

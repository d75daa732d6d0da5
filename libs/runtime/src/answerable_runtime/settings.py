"""Settings that every service shares, from environment variables `ANSWERABLE_<NAME>`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from answerable_runtime.errors import StartUpRefused

PREFIX = "ANSWERABLE_"


def _seconds(value: object) -> object:
    """A plain number in the environment means seconds; ISO 8601 ("PT0.5S") works too."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except ValueError:
        return value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
Location = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, Path) else value)]
"""A folder, or the URL of something that serves as one."""


class RuntimeSettings(BaseSettings):
    """How a service reaches the broker and the effect store, and how it reports."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    kafka_brokers: str = Field(default="127.0.0.1:9092", description="Kafka bootstrap servers, comma separated.")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="Security protocol towards Kafka."
    )
    kafka_username: str | None = Field(default=None, description="SCRAM-SHA-512 user.")
    kafka_password: SecretStr | None = Field(default=None, description="SCRAM-SHA-512 password.")
    kafka_ca_file: str | None = Field(default=None, description="PEM file of the broker's certificate authority.")
    kafka_fetch_wait: Duration = Field(
        default=timedelta(milliseconds=500),
        description="How long a fetch may wait for data, seconds. Tansu does not wake waiting fetches: 0.01 there.",
    )
    kafka_request_timeout: Duration = Field(
        default=timedelta(seconds=10), description="A silent broker is given up after this long, seconds."
    )
    kafka_session_timeout: Duration = Field(
        default=timedelta(seconds=6), description="After this long without a heartbeat others take over, seconds."
    )
    kafka_replication: int = Field(
        default=1, ge=1, description="Replicas of the topics that are created; 3 in production."
    )
    kafka_create_topics: bool = Field(default=True, description="Create missing topics at start-up.")
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", description="Effect store (Redis or Valkey).")
    effects_kept: Duration = Field(default=timedelta(hours=1), description="How long results are remembered, seconds.")
    drain: Duration = Field(
        default=timedelta(seconds=10), description="On SIGTERM, running work may take this long to finish, seconds."
    )
    http_host: str = Field(default="127.0.0.1", description="Address of /livez, /readyz and /metrics.")
    http_port: int = Field(default=0, ge=0, le=65535, description="Port of /livez, /readyz and /metrics; 0: none.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log level."
    )
    concurrency: int = Field(default=16, ge=1, le=1024, description="Messages worked on at once, by topic.")

    @model_validator(mode="after")
    def _credentials_are_whole(self) -> Self:
        if self.kafka_security.startswith("SASL") and not (self.kafka_username and self.kafka_password):
            raise ValueError("kafka_security with SASL needs kafka_username and kafka_password")
        return self

    @property
    def bootstrap_servers(self) -> list[str]:
        return [server.strip() for server in self.kafka_brokers.split(",") if server.strip()]


class IndexSettings(RuntimeSettings):
    """Where the index is: the same for every service that writes or reads it."""

    index_path: Location = Field(
        default=".answerable/index",
        description="Folder of the index, or a URL (s3://bucket/index); one for ingestion, retrieval and validation.",
    )
    index_storage: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Options of the object storage of the index as LanceDB names them, JSON: "
        '{"aws_endpoint": "...", "aws_access_key_id": "..."}. AWS_* variables work too.',
    )

    @property
    def index_options(self) -> dict[str, str]:
        """Options in clear: for the storage, never for a log."""
        return {name: value.get_secret_value() for name, value in self.index_storage.items()}


def refuse_unknown(environment: Mapping[str, str], known: Iterable[type[BaseSettings]]) -> None:
    """Refuse `ANSWERABLE_*` variables that no settings class knows: a misspelt name must not be a silent default.

    Raises:
        StartUpRefused: names the variables.
    """
    names = {f"{PREFIX}{name.upper()}" for settings in known for name in settings.model_fields}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in names)
    if unknown:
        raise StartUpRefused(f"unknown settings in the environment: {', '.join(unknown)}")

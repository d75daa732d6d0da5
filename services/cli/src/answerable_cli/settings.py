"""Settings of the commands that speak to a running Answerable."""

from pathlib import Path

from pydantic import Field, SecretStr

from answerable_runtime.settings import RuntimeSettings

DEFAULT_DATA = Path(".answerable")


class ClientSettings(RuntimeSettings):
    """Where the commands look; what is not set comes from the `answerable up` of the data folder."""

    data: Path = Field(
        default=DEFAULT_DATA, description="Data folder of `answerable up`, and where commands look for it."
    )
    gateway_url: str | None = Field(default=None, description="Gateway to ask, when it is not that of the data folder.")
    gateway_token: SecretStr | None = Field(
        default=None, description="Bearer token for a gateway that verifies identities; replaces --as."
    )
    clickhouse_url: SecretStr | None = Field(
        default=None, description="ClickHouse to read the trace from, http[s]://user:password@host:port."
    )

"""How every client of ours connects: the same addresses, time limits and credentials."""

import ssl
from typing import Any

from answerable_runtime.settings import RuntimeSettings


def connection(settings: RuntimeSettings, client_id: str) -> dict[str, Any]:
    """Arguments that all aiokafka clients share.

    A silent broker (half-open connection) stalls a client for a multiple of `request_timeout_ms`, by default 40 s.
    """
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": client_id,
        "request_timeout_ms": milliseconds(settings.kafka_request_timeout.total_seconds()),
        "security_protocol": settings.kafka_security,
        "ssl_context": tls(settings),
    }
    if settings.kafka_security.startswith("SASL"):
        assert settings.kafka_password is not None
        arguments |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return arguments


def tls(settings: RuntimeSettings) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=settings.kafka_ca_file) if "SSL" in settings.kafka_security else None


def milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))

"""The issuer's public keys: fetched, kept, and fetched again when a token names one that is not known."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from answerable_gateway.development import is_loopback
from answerable_gateway.errors import KeysUnavailable

_log = structlog.get_logger(__name__)

AT_MOST_EVERY = timedelta(seconds=30)
"""Tokens with made-up key ids must not make us call the issuer more often."""

_LARGEST_BYTES = 1024 * 1024
_PATIENCE_S = 5.0
_SMALLEST_RSA_BITS = 2048
_CURVES = ("P-256", "Ed25519")

Fetch = Callable[[], Awaitable[bytes]]


class KeyCache:
    """Public keys by id. `now` counts seconds and never jumps (`time.monotonic`)."""

    def __init__(self, fetch: Fetch, *, keep: timedelta, now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._keep_s = keep.total_seconds()
        self._now = now
        self._lock = asyncio.Lock()
        self._keys: dict[str | None, Key] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    @property
    def known(self) -> bool:
        return bool(self._keys)

    async def key(self, kid: str | None) -> Key | None:
        """The key with this id; without an id the only key there is.

        Raises:
            KeysUnavailable: none was ever fetched, and none can be now.
        """
        if self._now() - self._fetched_at > self._keep_s or self._find(kid) is None:
            await self._refresh(kid)
        return self._find(kid)

    async def load(self) -> None:
        """Fetch now. Raises KeysUnavailable."""
        self._tried_at = self._now()
        self._keys = read_keys(await self._fetch())
        self._fetched_at = self._now()

    def _find(self, kid: str | None) -> Key | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def _refresh(self, kid: str | None) -> None:
        async with self._lock:
            stale = self._now() - self._fetched_at > self._keep_s
            tried_lately = self._now() - self._tried_at < AT_MOST_EVERY.total_seconds()
            if tried_lately or not (stale or self._find(kid) is None):
                return
            try:
                await self.load()
            except KeysUnavailable:
                if not self._keys:
                    raise
                _log.warning("keys of the identity provider not refreshed, the old ones stay in use")


def read_keys(document: bytes) -> dict[str | None, Key]:
    """The keys of a JSON Web Key Set that can verify what we accept; others are skipped (RFC 7517, section 5).

    Raises:
        KeysUnavailable: not a key set, or none of its keys is usable.
    """
    try:
        entries = json.loads(document)["keys"]
        found = [key for entry in entries if (key := _public_key(entry)) is not None]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise KeysUnavailable("not a JSON Web Key Set") from None
    if not found:
        raise KeysUnavailable("the key set has no usable key")
    return {key.kid: key for key in found}


def _public_key(entry: Any) -> Key | None:
    if not isinstance(entry, dict) or entry.get("kty") == "oct" or entry.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(entry)
        key.ensure_kid()
        usable = _strong_enough(key)
    except (JoseError, ValueError, TypeError, LookupError):
        return None
    return key if usable else None


def _strong_enough(key: Key) -> bool:
    if isinstance(key, RSAKey):
        return key.public_key.key_size >= _SMALLEST_RSA_BITS
    return isinstance(key, ECKey | OKPKey) and key.curve_name in _CURVES


def source(location: str) -> Fetch:
    """How to fetch from a URL or a file.

    Raises:
        ValueError: plain http to anywhere but this machine: whoever is in between could forge every identity.
    """
    parts = urlsplit(location)
    if parts.scheme in {"http", "https"}:
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("oidc_jwks has to be https, except on loopback")
        return lambda: _download(location)
    return lambda: _read(Path(location))


async def _read(path: Path) -> bytes:
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise KeysUnavailable(f"key file: {type(error).__name__}") from None


async def _download(url: str) -> bytes:
    try:
        async with asyncio.timeout(_PATIENCE_S), httpx2.AsyncClient() as client, client.stream("GET", url) as answer:
            answer.raise_for_status()
            document = b""
            async for chunk in answer.aiter_bytes():
                document += chunk
                if len(document) > _LARGEST_BYTES:
                    raise KeysUnavailable("the key set is too large")
            return document
    except (httpx2.HTTPError, TimeoutError) as error:
        raise KeysUnavailable(f"fetching the key set: {type(error).__name__}") from None

"""The issuer's keys."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from answerable_gateway.errors import KeysUnavailable
from answerable_gateway.keys import KeyCache, read_keys, source


class Provider:
    """A key server and a clock."""

    def __init__(self) -> None:
        self.keys = [ECKey.generate_key("P-256", {"kid": "first"})]
        self.calls = 0
        self.down = False
        self.seconds = 0.0
        self.cache = KeyCache(self.fetch, keep=timedelta(minutes=10), now=lambda: self.seconds)

    async def fetch(self) -> bytes:
        self.calls += 1
        if self.down:
            raise KeysUnavailable("down")
        return document(*self.keys)

    async def found(self, kid: str | None) -> str | None:
        key = await self.cache.key(kid)
        return None if key is None else key.kid


def document(*keys) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


async def test_keys_are_fetched_once_for_many_tokens():
    provider = Provider()
    for _ in range(5):
        assert await provider.found("first") == "first"
    assert provider.calls == 1


async def test_a_new_key_is_found_when_a_token_names_it():
    provider = Provider()
    await provider.cache.key("first")
    provider.keys.append(ECKey.generate_key("P-256", {"kid": "second"}))
    provider.seconds = 31
    assert await provider.found("second") == "second"


async def test_made_up_key_ids_do_not_make_us_call_the_issuer_each_time():
    provider = Provider()
    for number in range(50):
        provider.seconds = number / 10
        assert await provider.cache.key(f"made-up-{number}") is None
    assert provider.calls == 1


async def test_a_key_that_was_taken_back_is_not_believed_after_the_keeping_time():
    provider = Provider()
    await provider.cache.key("first")
    provider.keys = [ECKey.generate_key("P-256", {"kid": "second"})]
    provider.seconds = 601
    assert await provider.cache.key("first") is None


async def test_old_keys_stay_in_use_while_the_issuer_is_down():
    provider = Provider()
    await provider.cache.key("first")
    provider.down, provider.seconds = True, 601
    assert await provider.found("first") == "first"


async def test_without_any_key_nothing_can_be_said():
    provider = Provider()
    provider.down = True
    with pytest.raises(KeysUnavailable):
        await provider.cache.key("first")


async def test_a_token_without_a_key_id_is_for_the_only_key():
    provider = Provider()
    assert await provider.found(None) == "first"
    provider.keys.append(ECKey.generate_key("P-256", {"kid": "second"}))
    await provider.cache.load()
    assert await provider.cache.key(None) is None


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_keys_that_cannot_verify_what_we_accept_are_skipped():
    good = RSAKey.generate_key(2048, {"kid": "good"})
    short = RSAKey.generate_key(1024, {"kid": "short"})
    encrypting = RSAKey.generate_key(2048, {"kid": "encrypting", "use": "enc"})
    others = [ECKey.generate_key("P-384", {"kid": "p384"}), OKPKey.generate_key("X25519", {"kid": "x25519"})]
    entries = json.loads(document(good, short, encrypting, *others))["keys"]
    entries += [
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True),
        {"kty": "quantum", "kid": "q"},
        {"kty": "EC", "kid": "broken"},
        "no key",
    ]
    assert list(read_keys(json.dumps({"keys": entries}).encode())) == ["good"]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys": 5}', b'{"keys": []}', b"[" * 100_000, b"\xff"])
def test_what_is_no_key_set_is_refused(text):
    with pytest.raises(KeysUnavailable):
        read_keys(text)


async def test_keys_come_from_a_file(tmp_path: Path):
    path = tmp_path / "jwks.json"
    path.write_bytes(document(ECKey.generate_key("P-256", {"kid": "filed"})))
    assert list(read_keys(await source(str(path))())) == ["filed"]
    with pytest.raises(KeysUnavailable):
        await source(str(tmp_path / "missing.json"))()


async def test_a_server_that_does_not_answer_is_unavailable():
    with pytest.raises(KeysUnavailable):
        await source("http://127.0.0.1:9/jwks")()


@pytest.mark.parametrize("url", ["http://id.example/jwks", "http://127.0.0.1.evil.example/jwks", "http://10.0.0.1/j"])
def test_keys_are_not_fetched_over_the_network_in_the_clear(url):
    with pytest.raises(ValueError, match="https"):
        source(url)


@pytest.mark.parametrize("url", ["https://id.example/jwks", "http://127.0.0.1:9/jwks", "http://[::1]:9/jwks"])
def test_https_and_loopback_will_do(url):
    assert callable(source(url))

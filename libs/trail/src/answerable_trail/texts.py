"""What the texts of a record are, and in which spellings bytes may hold them. Pure."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

SHORTEST = 12
"""A shorter text is found by chance, and says little."""

_OWN = ("text", "sentences")
_QUOTED = ("passages",)


def own_texts(body: bytes) -> frozenset[str]:
    """Question, draft and answer in an event of a request, or in the message that a dead letter holds."""
    return frozenset(text for event in _events(body) for text in (*_in(event, _OWN), *_in(event.get("question"), _OWN)))


def quoted_texts(body: bytes) -> frozenset[str]:
    """Passages of documents in an event of a request, or in the message that a dead letter holds."""
    return frozenset(text for event in _events(body) for text in _in(event, _QUOTED))


def subject_texts(subject: str) -> tuple[str, ...]:
    """How events name an asker. The bare name would be found in every other word."""
    quoted = json.dumps(subject, ensure_ascii=False)
    return tuple(f'"{name}":{space}{quoted}' for name in ("subject", "asker") for space in ("", " "))


def spellings(text: str) -> frozenset[bytes]:
    """The text as bytes may hold it: as it is, inside JSON, inside JSON inside base64 at any place."""
    plain = text.encode("utf-8", "surrogatepass")
    spelled = {plain, json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")}
    spelled.add(json.dumps(text)[1:-1].encode())
    return frozenset(spelled | {inner for each in spelled for inner in _inside_base64(each)})


def as_shown(spelling: bytes) -> bytes:
    """A spelling as ClickHouse prints it inside an array or a tuple."""
    return spelling.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\n", b"\\n").replace(b"\t", b"\\t")


def _inside_base64(raw: bytes) -> Iterator[bytes]:
    """The characters that stand for the bytes wherever they are, for each of the three ways to begin."""
    for before in range(3):
        encoded = b64encode(bytes(before) + raw)
        first = (0, 2, 3)[before]  # characters that the bytes before have a part in
        last = len(encoded) - (0, 3, 2)[(before + len(raw)) % 3]  # and those that bytes after would change
        yield encoded[first:last]


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return
    if not isinstance(event, dict):
        return
    yield event
    if isinstance(event.get("value"), str) and "dead_at" in event:
        try:
            yield from _events(b64decode(event["value"]))
        except ValueError:
            return


def _in(event: Any, names: tuple[str, ...]) -> Iterator[str]:
    """Texts under these names: a text itself, or the `text` of each element of a list."""
    for name in names if isinstance(event, dict) else ():
        value = event.get(name)
        for each in value if isinstance(value, list) else [value]:
            text = each.get("text") if isinstance(each, dict) else each
            if isinstance(text, str) and text:
                yield text

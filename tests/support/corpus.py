"""The demo corpus as events."""

import tomllib
from base64 import b64encode
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import uuid4

from answerable_events.codec import encode
from answerable_events.documents import DocumentSubmitted
from answerable_events.message import Message
from answerable_events.requests import Asker
from answerable_events.topics import DOCUMENTS
from tests.support.documents import UPSTREAM
from tests.support.questions import asked

CORPUS = Path(str(resources.files("answerable_cli") / "corpus"))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((CORPUS / name).read_text("utf-8"))


def readers() -> dict[str, frozenset[str]]:
    """Who may read each document."""
    manifest = _toml("manifest.toml")
    folders = manifest["folders"]
    return {
        entry["path"]: frozenset(entry.get("readers", folders[entry["path"].split("/")[0]]["readers"]))
        for entry in manifest["document"]
    }


def submissions() -> list[Message]:
    """Every document of the manifest."""
    now = datetime.now(UTC)
    may_read = readers()
    bodies = [
        DocumentSubmitted.model_validate(
            {
                "tenant": "norvik",
                "document_id": entry["path"],
                "version": entry.get("version", 1),
                "filename": Path(entry["path"]).name,
                "content": b64encode((CORPUS / "documents" / entry["path"]).read_bytes()),
                "title": entry.get("title"),
                "readers": tuple(sorted(may_read[entry["path"]])),
                "valid_from": _day(entry.get("valid_from"), timedelta(0)),
                "valid_until": _day(entry.get("valid_until"), timedelta(days=1, microseconds=-1)),
                "supersedes": entry.get("supersedes"),
                "encoding_hint": entry.get("encoding"),
                "submitted_at": now,
            }
        )
        for entry in _toml("manifest.toml")["document"]
    ]
    return [encode(body, topic=DOCUMENTS, producer=UPSTREAM, now=now, identity=uuid4()) for body in bodies]


def questions() -> list[dict[str, Any]]:
    """The demo questions as they stand in the file."""
    found: list[dict[str, Any]] = _toml("questions.toml")["question"]
    return found


def message_of(question: dict[str, Any]) -> Message:
    """A demo question as its asker puts it."""
    return asked(question["text"], asker=Asker(subject=question["asker"], groups=tuple(question["groups"])))


def _day(day: date | None, plus: timedelta) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC) + plus

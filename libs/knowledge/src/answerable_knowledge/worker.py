"""The process that reads documents: `python -m answerable_knowledge.worker SOCKET MEMORY_BYTES`.

It confines itself, then answers one request after another until the other end is closed. A bug ends it: `isolation`
starts another one, and the document is rejected as crashed.
"""

import socket
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from types import TracebackType
from typing import Any

from answerable_knowledge import sandbox, wire
from answerable_knowledge.chunking import cuts
from answerable_knowledge.errors import Reason, Unreadable

# Every passage carries the title: into its vector, and into every context that it is part of.
_TITLE_CHARACTERS = 256


def main() -> None:
    """Serve the socket that the parent passed."""
    link = wire.Link(socket.socket(fileno=int(sys.argv[1])))
    sys.excepthook = lambda kind, _, trace: link.send(wire.pack(_crash(kind, trace)))
    sandbox.confine(int(sys.argv[2]))
    from answerable_knowledge import parsing  # noqa: PLC0415 - its libraries start threads: confined from here on

    parsing.warm()
    link.send(wire.pack({"ready": True}))
    while True:
        try:
            request, data = wire.unpack(link.receive()), link.receive()
        except EOFError:
            return
        sandbox.allow_cpu(request.pop("cpu_seconds"))
        link.send(wire.pack(_answer(data, request)))


def _answer(data: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = {"document": _read(data, request)}
    except Unreadable as error:
        answer = {"reason": error.reason}
    except MemoryError:
        answer = {"reason": Reason.TOO_LARGE}
    except RecursionError:
        answer = {"reason": Reason.TOO_DEEP}
    return {**answer, "peak_bytes": sandbox.peak_bytes()}


def _read(data: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
    from answerable_knowledge.parsing import parse  # noqa: PLC0415 - loaded by then

    told = {name: request[name] for name in ("filename", "media_type", "encoding_hint")}
    document = parse(data, **told, max_bytes=request["max_bytes"])
    title = (request["title"] or "").strip() or document.title
    document = replace(document, title=title[:_TITLE_CHARACTERS])
    places = list(islice(cuts(document), request["max_passages"] + 1))
    if len(places) > request["max_passages"]:
        raise Unreadable(Reason.TOO_LARGE)
    return wire.as_json(document, places)


def _crash(kind: type[BaseException], trace: TracebackType | None) -> dict[str, str]:
    """What happened and where, without the text of the exception, which may quote the document."""
    frames = traceback.extract_tb(trace)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"crash": f"{kind.__name__}{place}"}


if __name__ == "__main__":
    main()

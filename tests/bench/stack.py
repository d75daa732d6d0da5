"""`answerable up` as a process of its own, so that whoever measures does not slow down what is measured.

python -m tests.bench.stack --data DIR [--constant]      as a program: the same, with a constant model if wanted
"""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from answerable_cli.instance import Instance, find_running
from answerable_cli.servers.process import spawn, stop
from answerable_cli.stack import Plan, choose_ports, open_stack
from answerable_models.generation import Generation, GenerationRequest, Sentence, Usage

ANSWER = "Employees have 27 days of annual leave."
_READY_WITHIN_S = 120
_QUIET: Mapping[str, str] = {"ANSWERABLE_LOG_LEVEL": "warning"}


class ConstantGenerator:
    """A model that takes no time: it quotes ANSWER from the source that holds it."""

    model, revision, adapter = "constant", "1", "constant"

    async def generate(self, request: GenerationRequest) -> Generation:
        cited = tuple(source.label for source in request.sources if ANSWER in source.text)[:1]
        return Generation(
            answered=bool(cited),
            sentences=(Sentence(ANSWER, cited),) if cited else (),
            raw=ANSWER,
            model=self.model,
            revision=self.revision,
            adapter=self.adapter,
            finish_reason="stop",
            usage=Usage(0, 0),
            scores={"answer_probability": 0.99},
        )

    async def verify(self) -> None: ...


@asynccontextmanager
async def stack(*, constant: bool) -> AsyncIterator[Instance]:
    """Embedded servers and all services in one other process."""
    with TemporaryDirectory(prefix="answerable-bench-") as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "tests.bench.stack", "--data", str(data)]
        command += ["--constant"] if constant else []
        process = await spawn(command, Path(folder) / "stack.log", _QUIET)
        try:
            yield await ready(process, data)
        finally:
            await stop(process, timedelta(seconds=30))


async def ready(process: asyncio.subprocess.Process, data: Path) -> Instance:
    """The instance in `data`, once it serves."""
    begun = time.perf_counter()
    while (found := find_running(data)) is None or found.pid != process.pid:
        if process.returncode is not None or time.perf_counter() - begun > _READY_WITHIN_S:
            log = (data.parent / "stack.log").read_text(errors="replace").splitlines()[-3:]
            raise RuntimeError(f"the stack did not start (status {process.returncode}): {' '.join(log)}")
        await asyncio.sleep(0.01)
    return found


async def _serve(data: Path, *, constant: bool) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    ports, _ = choose_ports(default=False)
    if constant:
        patch("answerable_inference.main.load", lambda *_, **__: ConstantGenerator()).start()
    async with open_stack(Plan(data, "tansu", ports), lambda _: None):
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stack", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--constant", action="store_true", help="a model that takes no time")
    options = parser.parse_args()
    asyncio.run(_serve(options.data, constant=options.constant))


if __name__ == "__main__":
    main()

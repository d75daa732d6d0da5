"""The Docker engine: images, and containers until they are healthy."""

import importlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

docker: Any = importlib.import_module("docker")  # without types
errors: Any = importlib.import_module("docker.errors")
Container = Any
"""A container as the engine's client sees it."""

ROOT = Path(__file__).parents[2]
_ANSWERS_WITHIN_S = 10
_HEALTHY_WITHIN_S = 180
_LOG_LINES = 15


class Unusable(Exception):
    """What is missing here; the message is for whoever called `make containers`."""


class Engine:
    """A Docker engine that answers, and a network with everything that a run starts."""

    def __init__(self, client: Any, project: str) -> None:
        self.client = client
        self.project = project
        self._containers: list[Container] = []

    def build(self, tag: str, arguments: Mapping[str, str]) -> None:
        """Build deploy/Dockerfile. Raises Unusable with the end of the output."""
        command = ["docker", "build", "--quiet", "--file", "deploy/Dockerfile", "--tag", tag]
        for name, value in arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        done = subprocess.run([*command, "."], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).splitlines()[-_LOG_LINES:]
            raise Unusable("\n".join([f"{tag} could not be built:", *lines]))

    def size_mib(self, image: str) -> float:
        return float(self.client.images.get(image).attrs["Size"]) / 2**20

    def can_have(self, image: str) -> bool:
        """Whether the image is here or can be pulled; pulls it."""
        try:
            self.client.images.get(image)
        except errors.ImageNotFound:
            try:
                self.client.images.pull(image)
            except (errors.APIError, OSError):
                return False
        return True

    def run(self, name: str, image: str, **options: Any) -> Container:
        """Start a container that other containers of the run reach by its name."""
        if not str(options.get("network_mode", "")).startswith("container:"):
            options["network"] = self.project
            # The plain name, as compose gives it, beside the unique one.
            options["networking_config"] = {self.project: self.client.api.create_endpoint_config(aliases=[name])}
        container = self.client.containers.run(image, detach=True, name=f"{self.project}-{name}", **options)
        self._containers.append(container)
        return container

    def wait_healthy(self, containers: Sequence[Container]) -> None:
        """Raises Unusable with the log of the first that ends or does not become healthy in time."""
        deadline = time.monotonic() + _HEALTHY_WITHIN_S
        for container in containers:
            while True:
                container.reload()
                state = container.attrs["State"]
                if state.get("Health", {}).get("Status") == "healthy":
                    break
                if not state["Running"] or time.monotonic() > deadline:
                    log = container.logs(tail=_LOG_LINES).decode(errors="replace")
                    raise Unusable(f"{container.name} is not healthy ({state['Status']}):\n{log}")
                time.sleep(0.3)

    def remove_all(self) -> None:
        for container in reversed(self._containers):
            container.remove(force=True, v=True)
        self._containers.clear()
        for volume in self.client.volumes.list(filters={"name": self.project}):
            volume.remove(force=True)


@contextmanager
def engine(project: str) -> Iterator[Engine]:
    """The engine of this machine, or of DOCKER_HOST, with a network for the run. Of a run only images stay.

    Raises Unusable.
    """
    if shutil.which("docker") is None:
        raise Unusable("no `docker` command: install Docker")
    try:
        client = docker.from_env(timeout=_ANSWERS_WITHIN_S)
        client.ping()
    except (errors.DockerException, OSError) as error:
        where = os.environ.get("DOCKER_HOST", "its usual socket")
        raise Unusable(f"no Docker engine answers at {where}: start one, or set DOCKER_HOST ({error})") from None
    client.api.timeout = _HEALTHY_WITHIN_S
    network = client.networks.create(project)
    found = Engine(client, project)
    try:
        yield found
    finally:
        found.remove_all()
        network.remove()
        client.close()

"""An S3 server in this process, with a bucket of its own for each test."""

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True)
class Bucket:
    """Where an index can be, and what a client of the storage needs to know."""

    url: str
    options: dict[str, str]


@contextmanager
def s3_server() -> Iterator[str]:
    """URL of a server that keeps everything in memory."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes seconds to import

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def make_bucket(server_url: str) -> Bucket:
    """An empty one."""
    name = f"bucket-{uuid4().hex}"
    urllib.request.urlopen(urllib.request.Request(f"{server_url}/{name}", method="PUT"), timeout=30).close()
    options = {
        "aws_endpoint": server_url,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "not-a-secret",
        "aws_region": "us-east-1",
        "allow_http": "true",
    }
    return Bucket(f"s3://{name}/index", options)

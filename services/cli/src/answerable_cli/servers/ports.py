"""Free ports for servers.

Ports come from below the range that the kernel gives to outgoing connections (32768 and up on Linux). With `bind(0)` a
reconnecting client can be given the very port of a server that is down, talk to itself there, and keep the server from
coming back.
"""

import contextlib
import random
import socket
import threading

from answerable_cli.servers.errors import PortInUseError, ServerError

LOOPBACK = "127.0.0.1"
FIRST_PORT, LAST_PORT = 15_000, 32_000
_ATTEMPTS = 200

_handed_out: set[int] = set()
_lock = threading.Lock()


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do it: the remains of closed connections do not count, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A loopback port that nobody listens on, never given twice by this process."""
    dice = random.SystemRandom()
    for _ in range(_ATTEMPTS):
        port = dice.randint(FIRST_PORT, LAST_PORT)
        with _lock:
            if port in _handed_out or not is_free(port):
                continue
            _handed_out.add(port)
            return port
    raise ServerError(f"no free port between {FIRST_PORT} and {LAST_PORT}")


def claim_port(port: int | None) -> int:
    """`port` if it is free, or any free one for None. Raises PortInUseError."""
    if port is None:
        return free_port()
    if not is_free(port):
        raise PortInUseError(port)
    return port

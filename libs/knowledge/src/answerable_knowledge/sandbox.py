"""What the process that reads documents may not do: use up the machine, reach the network, start or stop programs.

Limits of the kernel, set by the process on itself before it sees a document. Memory is address space, so the resident
memory stays below it. On Linux a system call filter refuses new sockets (those of io_uring too), programs, signals
and looks into other processes; other systems have only the limits.
"""

import ctypes
import errno
import platform
import re
import resource
import struct
import sys
from pathlib import Path

# Per machine: the audit architecture of <linux/audit.h>, then the numbers of the refused calls: socket, execve,
# execveat, kill, ptrace, process_vm_readv, process_vm_writev, bpf, pidfd_send_signal, io_uring_setup.
_REFUSED = {
    "x86_64": (0xC000003E, (41, 59, 322, 62, 101, 310, 311, 321, 424, 425)),
    "aarch64": (0xC00000B7, (198, 221, 281, 129, 117, 270, 271, 280, 424, 425)),
}
_STATUS = Path("/proc/self/status")
_X32_CALLS = 0x40000000  # the same calls under other numbers

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # opcodes of classic BPF
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4  # in struct seccomp_data
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_SECCOMP_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def confine(memory_bytes: int) -> None:
    """Give up everything that reading a document does not need, for good. Before other threads start."""
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (ceiling, ceiling))
    if sys.platform == "linux" and platform.machine() in _REFUSED:
        _filter_calls(*_REFUSED[platform.machine()])


def allow_cpu(seconds: int) -> None:
    """From now on so much time on the processors, of all threads together; then the kernel ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    wanted = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def peak_bytes() -> int:
    """The most memory that this program ever had, 0 where the system does not tell.

    Not `ru_maxrss`, which on Linux begins with the memory of the process that started this one.
    """
    try:
        status = _STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _filter_calls(architecture: int, refused: tuple[int, ...]) -> None:
    program = _assemble(architecture, refused)
    libc = ctypes.CDLL(None, use_errno=True)
    described = _Program(len(program) // 8, program)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the system call filter was refused")


def _assemble(architecture: int, refused: tuple[int, ...]) -> bytes:
    """Kill on a foreign architecture, refuse the listed calls, allow the others."""
    to_refusal = len(refused) + 1
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_AT_LEAST, to_refusal, 0, _X32_CALLS),
        *((_EQUAL, to_refusal - position, 0, number) for position, number in enumerate(refused, start=1)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)

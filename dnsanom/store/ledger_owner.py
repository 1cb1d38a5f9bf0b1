"""Who holds a lease: a process on a host, known well enough to see that it is gone."""

import secrets
import socket
from pathlib import Path

import psutil

#: Seconds by which the start of one and the same process may seem to move when the clock is set.
_SLACK = 1.0


def me() -> str:
    """This holder as `host pid start token`: no other, neither an earlier process with this pid nor another
    ledger that this process has open, is called the same."""
    process = psutil.Process()
    return f"{_host()} {process.pid} {process.create_time():.2f} {secrets.token_hex(4)}"


def gone(owner: str) -> bool:
    """Whether the holder was a process on this host that runs no more; False for other hosts' holders."""
    host, pid, started = owner.split(" ")[:3]
    if host != _host():
        return False
    try:
        return abs(psutil.Process(int(pid)).create_time() - float(started)) > _SLACK
    except psutil.NoSuchProcess:
        return True


def _host() -> str:
    """The host's name, and on Linux the PID namespace: containers may share a name, but count pids apart."""
    namespace = Path("/proc/self/ns/pid")
    name = socket.gethostname().replace(" ", "_")
    return f"{name}/{namespace.readlink().name}" if namespace.is_symlink() else name

"""The embedded object store: SeaweedFS (`weed mini`), a real S3 server in one process on loopback.

Everything is under `var/s3`: the data, the generated credentials (mode 0600) and the ports of the last run,
which are taken again where they are free, so that an endpoint outlives a restart.
"""

import json
import os
import random
import secrets
import sysconfig
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from dnsanom.errors import ServerError
from dnsanom.servers import process
from dnsanom.servers.process import LOOPBACK, Server

NAME = "s3"
_PARTS = ("s3", "master", "volume", "filer", "admin")
#: Each part listens for gRPC too, by default on its port + 10,000; admin's worker looks nowhere else for it.
_GRPC = 10_000
#: Seconds that the store may take to its first answer, and then to its first byte of data.
_PATIENCE = 30


@dataclass(frozen=True)
class RunningStore:
    """A store that answers, and how to get in."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    pid: int


def start(var: Path, port: int | None = None) -> RunningStore:
    """Start the store, or find the one that runs; `port` is for S3, by default the last run's or a free one.

    The data of an earlier run are there again. Raises PortTakenError, or ServerError with its last words.
    """
    found = running(var)
    if found is not None:
        return found
    process.start(server(var, port), var, timeout=_PATIENCE)
    try:
        _wait_for_data(_last_ports(var / "s3")["filer.port"])
    except BaseException:
        stop(var)
        raise
    started = running(var)
    assert started is not None
    return started


def server(var: Path, port: int | None = None) -> Server:
    """What `start` runs, with its folder, credentials and ports made ready. Raises PortTakenError."""
    folder = var / "s3"
    (folder / "data").mkdir(parents=True, exist_ok=True)
    keys(var)
    return _server(folder.resolve(), _ports(folder, port))


def keys(var: Path) -> tuple[str, str]:
    """Access key and secret key of the store with this `var`, made if there are none yet."""
    return _credentials(var / "s3")


def stop(var: Path) -> bool:
    """Stop the store and wait for its end, since it locks its data; False if none runs."""
    stopped = process.stop(var, NAME)
    _remove_sockets(_last_ports(var / "s3"))
    return stopped


def running(var: Path) -> RunningStore | None:
    """The store that runs with this `var`, else None."""
    pid = process.running(var, NAME)
    if pid is None:
        return None
    access_key, secret_key = _credentials(var / "s3")
    endpoint = f"http://{LOOPBACK}:{_last_ports(var / 's3')['s3.port']}"
    return RunningStore(endpoint, access_key, secret_key, pid)


def _wait_for_data(filer: int) -> None:
    """Wait until a file of the last run can be read and a new one written. Raises ServerError.

    The store says that it is healthy a moment before its volumes are known, and a read fails in between.
    """
    url, deadline = f"http://{LOOPBACK}:{filer}/.ready", time.monotonic() + _PATIENCE
    while not (_http("GET", url) in (200, 404) and _http("PUT", url, b"ready") == 201):
        if time.monotonic() > deadline:
            raise ServerError(f"{NAME}: answers, but its data can't be read after {_PATIENCE} s")
        time.sleep(0.05)


def _http(method: str, url: str, body: bytes | None = None) -> int | None:
    """The status that the request ends with, None without any answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body, method=method), timeout=1) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def _remove_sockets(ports: dict[str, int]) -> None:
    """SeaweedFS leaves its Unix sockets behind in /tmp, which it has no flag for."""
    for port in ports.values():
        for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
            socket.unlink(missing_ok=True)


def _server(folder: Path, ports: dict[str, int]) -> Server:
    flags = {
        "dir": folder / "data",
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,
        "master.telemetry": "false",
        # Volumes are files that grow; the cap is 200 of them, 12.5 GiB.
        "master.volumeSizeLimitMB": 64,
        "volume.max": 200,
        # One process: nobody has to be told that the volumes go away, so a stop takes a second less.
        "volume.preStopSeconds": 0,
        "webdav": "false",
        "admin.ui": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",
        "s3.config": folder / "credentials.json",
        **ports,
    }
    command = (str(_binary()), "mini", *(f"-{name}={value}" for name, value in flags.items()))
    url = f"http://{LOOPBACK}:{ports['s3.port']}/healthz"
    return Server(NAME, command, ports["s3.port"], url, cwd=folder)


def _binary() -> Path:
    return Path(sysconfig.get_path("scripts")) / "weed"


def _credentials(folder: Path) -> tuple[str, str]:
    """Access key and secret key, made at the first start; SeaweedFS reads the same file."""
    path = folder / "credentials.json"
    if not path.exists():
        keys = {"accessKey": secrets.token_hex(10).upper(), "secretKey": secrets.token_urlsafe(30)}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identity = {"name": "dnsanom", "credentials": [keys], "actions": actions}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"identities": [identity]}, file)
    pair = json.loads(path.read_text())["identities"][0]["credentials"][0]
    return pair["accessKey"], pair["secretKey"]


def _ports(folder: Path, port: int | None) -> dict[str, int]:
    """A port for each flag, those of the last run where they are still free; remembered for the next."""
    last = _last_ports(folder)
    if port is not None:
        process.check_port(port)
        last["s3.port"] = port
    ports: dict[str, int] = {}
    for part in _PARTS:
        wanted = last.get(f"{part}.port")
        base = wanted if wanted and (part == "s3" or _pair_free(wanted)) else _free_pair(ports)
        grpc = base + _GRPC if _pair_free(base) else _free_pair(ports)
        ports |= {f"{part}.port": base, f"{part}.port.grpc": grpc}
    (folder / "ports.json").write_text(json.dumps(ports))
    return ports


def _last_ports(folder: Path) -> dict[str, int]:
    path = folder / "ports.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _free_pair(used: dict[str, int]) -> int:
    """A free port below those that the system hands out by itself, whose gRPC neighbour is free too."""
    while True:
        port = random.SystemRandom().randrange(12_000, 22_000)
        if port not in used.values() and _pair_free(port):
            return port


def _pair_free(port: int) -> bool:
    neighbour = port + _GRPC
    return neighbour < 65_536 and process.port_free(port) and process.port_free(neighbour)

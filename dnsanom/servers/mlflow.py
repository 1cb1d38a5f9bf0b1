"""The MLflow server over the same store that works without it: a SQLite file and a folder of artifacts."""

import sysconfig
from pathlib import Path
from urllib.parse import urlsplit

from dnsanom.servers.process import LOOPBACK, Server

NAME = "mlflow"


def server(var: Path, store: str, port: int) -> Server:
    """MLflow's server over the SQLite `store` (a URI), on loopback.

    Clients read and write artifacts by their path under `var/mlflow/artifacts`, so runs that were logged with
    the server are readable without it and the other way round; the server reads them for its pages only.
    """
    folder = var / "mlflow"
    (folder / "artifacts").mkdir(parents=True, exist_ok=True)
    flags = {
        "host": LOOPBACK,
        "port": port,
        "workers": 1,
        "backend-store-uri": store,
        "default-artifact-root": (folder / "artifacts").as_uri(),
    }
    script = str(Path(sysconfig.get_path("scripts")) / "mlflow")
    options = [f"--{name}={value}" for name, value in flags.items()]
    command = (script, "server", *options, "--no-serve-artifacts")
    return Server(NAME, command, port, f"{address(port)}/health", environment(), cwd=folder)


def environment() -> dict[str, str]:
    """No telemetry, and no job runner: its processes would double the memory and nothing here needs them."""
    return {
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def address(port: int) -> str:
    """Where the server's pages and its API are."""
    return f"http://{LOOPBACK}:{port}"


def is_server(uri: str) -> bool:
    """Whether a tracking URI names a server, not a database."""
    return urlsplit(uri).scheme in ("http", "https")

"""`var/stack.env`: where the local servers are, for every command and flow that names no other place."""

import os
from pathlib import Path

from dnsanom.servers import mlflow, objectstore, pages, prefect
from dnsanom.servers.objectstore import RunningStore
from dnsanom.servers.process import LOOPBACK
from dnsanom.settings import Ports, Settings, read_env_file


def path(settings: Settings) -> Path:
    """The file; it is there while the servers are up."""
    return settings.var / "stack.env"


def own_store(settings: Settings) -> bool:
    """Whether the environment names a store, so that none is to be started."""
    written = read_env_file(path(settings))
    key = settings.s3.access_key.get_secret_value() if settings.s3.access_key else None
    return settings.s3.endpoint not in (None, written.get("DNSANOM_S3_ENDPOINT")) or key not in (
        None,
        written.get("DNSANOM_S3_ACCESS_KEY"),
    )


def own_mlflow(settings: Settings) -> bool:
    """Whether the environment names an MLflow server, so that none is to be started."""
    written = read_env_file(path(settings)).get("DNSANOM_MLFLOW_URI")
    return mlflow.is_server(settings.mlflow_uri) and settings.mlflow_uri != written


def write(settings: Settings, ports: Ports, store: RunningStore | None) -> None:
    """Write the file, readable by its owner only, since it holds the store's keys."""
    values = _pages_and_api(settings, ports)
    if store is not None:
        values |= _keys(store.endpoint, store.access_key, store.secret_key)
    file = path(settings)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.writelines(f"{name}={value}\n" for name, value in values.items())


def local(settings: Settings) -> dict[str, str]:
    """The same as variables, for servers that run on the settings' ports under a supervisor."""
    values = _pages_and_api(settings, settings.ports)
    if not own_store(settings):
        values |= _keys(f"http://{LOOPBACK}:{settings.ports.s3}", *objectstore.keys(settings.var))
    return values


def places(settings: Settings) -> dict[str, str]:
    """The project's folders as variables, for a process that starts elsewhere."""
    found = {"DNSANOM_ROOT": settings.root, "DNSANOM_DATA": settings.data, "DNSANOM_VAR": settings.var}
    return {name: str(folder) for name, folder in found.items()}


def _pages_and_api(settings: Settings, ports: Ports) -> dict[str, str]:
    values = {
        "DNSANOM_PREFECT_URL": prefect.address(ports.prefect),
        "DNSANOM_PAGES_URL": pages.address(ports.pages),
    }
    if not own_mlflow(settings):
        values["DNSANOM_MLFLOW_URI"] = mlflow.address(ports.mlflow)
    return values


def _keys(endpoint: str, access_key: str, secret_key: str) -> dict[str, str]:
    return {
        "DNSANOM_S3_ENDPOINT": endpoint,
        "DNSANOM_S3_ACCESS_KEY": access_key,
        "DNSANOM_S3_SECRET_KEY": secret_key,
    }


def lines(settings: Settings) -> list[str]:
    """A line for each server, by the file and the settings."""
    written = read_env_file(path(settings))
    endpoint = written.get("DNSANOM_S3_ENDPOINT") or settings.s3.endpoint or "AWS"
    keys = f", keys in {path(settings)}" if "DNSANOM_S3_ACCESS_KEY" in written else ""
    prefect_url = written.get("DNSANOM_PREFECT_URL")
    return [
        f"Prefect  {prefect_url}",
        f"MLflow   {written.get('DNSANOM_MLFLOW_URI') or settings.mlflow_uri}",
        f"pages    {written.get('DNSANOM_PAGES_URL')}  (alerts, reports, Data Docs)",
        f"S3       {endpoint}  (bucket {settings.s3.bucket}{keys})",
        f"to train before the night: PREFECT_API_URL={prefect_url}/api prefect deployment run train/models",
    ]

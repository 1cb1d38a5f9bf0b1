"""MLflow: runs, logged models, the registry. The only module that imports it.

The store is a SQLite file or a server, never a folder of files. Artifacts of a local store lie in
`var/mlflow/artifacts`, whether a server runs over it or not, so that a champion loads without one.
"""

import logging
import os
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

from mlflow import MlflowClient, artifacts, set_registry_uri, set_tracking_uri
from mlflow.exceptions import MlflowException

from dnsanom.errors import NoChampionError, RegistryError
from dnsanom.model.bundle import Bundle
from dnsanom.settings import Settings

CHAMPION, PREVIOUS = "champion", "previous"
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def model_name(view: str) -> str:
    """Name of the view's experiment and of its registered model."""
    return f"dnsanom-{view}"


def is_local(settings: Settings) -> bool:
    """Whether MLflow's store is on this machine: a SQLite file, or a server on loopback."""
    url = urlparse(settings.mlflow_uri)
    return url.scheme == "sqlite" or url.hostname in _LOCAL_HOSTS


def store_exists(settings: Settings) -> bool:
    """False when the store is a SQLite file that has not been made yet."""
    url = urlparse(settings.mlflow_uri)
    return url.scheme != "sqlite" or Path(url.path.removeprefix("/")).exists()


def connect(settings: Settings) -> MlflowClient:
    """A client of the settings' store. Raises RegistryError when it is a file store, or no server answers."""
    _quieten()
    scheme = urlparse(settings.mlflow_uri).scheme
    if scheme not in ("sqlite", "http", "https", "postgresql", "mysql", "mssql"):
        raise RegistryError(
            f"{settings.mlflow_uri}: must be sqlite:///FILE or the address of an MLflow server"
        )
    if scheme in ("http", "https"):
        _check_server(settings.mlflow_uri)
    if not store_exists(settings):
        settings.var.mkdir(parents=True, exist_ok=True)
        logging.getLogger(__name__).info("making MLflow's store %s, once", settings.mlflow_uri)
    set_tracking_uri(settings.mlflow_uri)
    set_registry_uri(settings.mlflow_uri)
    with told(settings.mlflow_uri):
        return MlflowClient(settings.mlflow_uri, registry_uri=settings.mlflow_uri)


def load_champion(settings: Settings, view: str) -> Bundle:
    """The view's champion. Raises NoChampionError, with the command that makes one, when there is none."""
    version = alias_version(settings, view, CHAMPION)
    if version is None:
        raise NoChampionError(
            f"{model_name(view)}: no champion yet in {settings.mlflow_uri}; "
            f"`dnsanom promote --view {view}` makes one of the evaluated candidate"
        )
    return load_uri(settings, f"models:/{model_name(view)}/{version}")


def alias_version(settings: Settings, view: str, alias: str) -> str | None:
    """The version that an alias of the view's registered model points to, or None."""
    if not store_exists(settings):
        return None
    with told(settings.mlflow_uri):
        try:
            return str(connect(settings).get_model_version_by_alias(model_name(view), alias).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise


def load_uri(settings: Settings, uri: str) -> Bundle:
    """The bundle behind `models:/NAME@ALIAS`, `models:/NAME/VERSION`, `runs:/…` or another MLflow URI."""
    client = connect(settings)
    named = re.fullmatch(r"models:/([^/@]+)(?:@(.+)|/(\d+))", uri)
    with told(uri), tempfile.TemporaryDirectory() as folder:
        if named and named[2]:
            version = str(client.get_model_version_by_alias(named[1], named[2]).version)
            return load_uri(settings, f"models:/{named[1]}/{version}")
        bundle = Bundle.load(Path(artifacts.download_artifacts(artifact_uri=uri, dst_path=folder)))
    if not named:
        return bundle
    return Bundle(bundle.pipeline, {**bundle.card, "name": named[1], "version": named[3]})


@contextmanager
def told(where: str) -> Iterator[None]:
    """MLflow's failures as RegistryError on one line."""
    try:
        yield
    except (MlflowException, OSError) as error:
        raise RegistryError(f"{where}: {' '.join(str(error).split())}") from error


def _quieten() -> None:
    """Only warnings, no progress bars and no links on standard output."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _check_server(uri: str) -> None:
    """Ask for the server's health once: MLflow's own client would try an absent server for minutes."""
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=5):
            return
    except urllib.error.HTTPError:
        return
    except OSError as error:
        raise RegistryError(f"{uri}: no MLflow server answers: {error}") from error

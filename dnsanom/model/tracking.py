"""MLflow: runs, logged models, the registry. The only module that imports it.

The store is a SQLite file or a server, never a folder of files. Artifacts of a local store lie in
`var/mlflow/artifacts`, whether a server runs over it or not, so that a champion loads without one.
"""

import logging
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pandas as pd
from matplotlib.figure import Figure
from mlflow import MlflowClient, artifacts, set_registry_uri, set_tracking_uri, start_run
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.sklearn import log_model
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

from dnsanom.errors import NoChampionError, RegistryError, one_line
from dnsanom.model.bundle import EXTRA_FILES, Bundle, matrix
from dnsanom.model.skopsfile import TRUSTED
from dnsanom.settings import Settings

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"
#: What a logged model needs beside this project; named, since MLflow would otherwise find out by running it.
REQUIREMENTS = ("numpy", "pandas", "scikit-learn", "scipy", "skops")
#: Between two looks at the machine while a run is under way.
_SECONDS = 5
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
        raise RegistryError(f"{settings.mlflow_uri}: must be sqlite:///FILE or a server's address")
    if scheme in ("http", "https"):
        _check_server(settings.mlflow_uri)
    if not store_exists(settings):
        settings.var.mkdir(parents=True, exist_ok=True)
        print(f"making MLflow's store {settings.mlflow_uri} (once)", file=sys.stderr, flush=True)
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
        bundle = _load(_download(uri, folder), uri)
    if not named:
        return bundle
    return replace(bundle, card={**bundle.card, "name": named[1], "version": named[3]})


@dataclass(frozen=True)
class Run:
    """A run that is under way."""

    client: MlflowClient
    experiment: str
    id: str

    def log(self, params: dict[str, Any], metrics: dict[str, float | None], tags: dict[str, str]) -> None:
        """Parameters, metrics (None is left out) and tags, in one call."""
        now = int(time.time() * 1000)
        self.client.log_batch(
            self.id,
            params=[Param(name, str(value)) for name, value in params.items()],
            metrics=[Metric(name, float(v), now, 0) for name, v in metrics.items() if v is not None],
            tags=[RunTag(name, value) for name, value in tags.items()],
        )

    def figure(self, name: str, figure: Figure) -> None:
        """A picture among the run's artifacts."""
        self.client.log_figure(self.id, figure, name)

    def table(self, name: str, table: pd.DataFrame) -> None:
        """A table that MLflow's pages can show and compare."""
        self.client.log_table(self.id, table, name)

    def files(self, folder: Path) -> None:
        """Every file of a folder among the run's artifacts."""
        self.client.log_artifacts(self.id, str(folder))

    def data(self, frame: pd.DataFrame, path: Path, part: str, data_md5: str) -> None:
        """The rows that went in: their columns, counts and source, under the data set's MD5."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it warns that a path could be of two local kinds
            dataset = from_pandas(frame, source=str(path), targets="vector", name=path.stem, digest=data_md5)
        inputs = [DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", part)])]
        self.client.log_inputs(self.id, datasets=inputs)

    def model(self, bundle: Bundle, card_folder: Path, example: pd.DataFrame) -> str:
        """The bundle as a logged model in skops format, with its card; its id."""
        rows = matrix(example, bundle.card["view"])
        with start_run(run_id=self.id):
            logged = log_model(
                bundle.pipeline,
                name=f"{bundle.card['view']}-{bundle.card['model']}",
                serialization_format="skops",
                skops_trusted_types=list(TRUSTED),
                signature=infer_signature(rows, bundle.pipeline.predict_proba(rows)),
                pyfunc_predict_fn="predict_proba",
                pip_requirements=[f"{name}=={version_of(name)}" for name in REQUIREMENTS],
                extra_files=[str(card_folder / file) for file in EXTRA_FILES],
            )
        return str(logged.model_id)


@contextmanager
def run(
    settings: Settings,
    view: str,
    name: str,
    tags: dict[str, str],
    parent: Run | None = None,
    resumed: str | None = None,
) -> Iterator[Run]:
    """A run in the view's experiment, below `parent` if there is one; failed when the block raises.

    With `resumed`, the id of a run that was broken off, that one goes on if the store still has it.
    """
    client = parent.client if parent else connect(settings)
    with told(settings.mlflow_uri):
        experiment = parent.experiment if parent else _experiment(client, settings, view)
        nested = {"mlflow.parentRunId": parent.id} if parent else {}
        own = {"mlflow.source.name": "dnsanom", "mlflow.source.git.commit": tags.get("code", ""), **nested}
        run_id = resumed if resumed and _goes_on(client, resumed) else None
        if run_id is None:
            run_id = str(client.create_run(experiment, run_name=name, tags={**own, **tags}).info.run_id)
        status = "FAILED"
        try:
            with _watched(settings, run_id) if parent is None else nullcontext():
                yield Run(client, experiment, run_id)
            status = "FINISHED"
        finally:
            client.set_terminated(run_id, status)


def _goes_on(client: MlflowClient, run_id: str) -> bool:
    """Have a run that was broken off run again; False if the store does not have it."""
    try:
        client.update_run(run_id, status="RUNNING")
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return False
        raise
    return True


@contextmanager
def _watched(settings: Settings, run_id: str) -> Iterator[None]:
    """What the machine does meanwhile, as the run's `system/` metrics: processor, memory, disk, network."""
    watch = SystemMetricsMonitor(
        run_id, sampling_interval=_SECONDS, resume_logging=True, tracking_uri=settings.mlflow_uri
    )
    watch.start()
    try:
        yield
    finally:
        watch.finish()


def _experiment(client: MlflowClient, settings: Settings, view: str) -> str:
    """Id of the view's experiment, made or brought back if need be."""
    found = client.get_experiment_by_name(model_name(view))
    if found is None:
        place = (settings.var / "mlflow" / "artifacts" / view).as_uri() if is_local(settings) else None
        return str(client.create_experiment(model_name(view), artifact_location=place))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def read_text(uri: str) -> str:
    """The text of an artifact."""
    with tempfile.TemporaryDirectory() as folder:
        return _download(uri, folder).read_text()


def _download(uri: str, folder: str) -> Path:
    try:
        return Path(artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
    except OSError as error:
        raise RegistryError(f"{uri}: its files can't be read: {one_line(error)}") from error


def _load(folder: Path, uri: str) -> Bundle:
    """The bundle in a folder that was fetched for a while; an error names the URI in its place."""
    try:
        return Bundle.load(folder)
    except RegistryError as error:
        raise type(error)(str(error).replace(str(folder), uri)) from error


@contextmanager
def told(where: str) -> Iterator[None]:
    """MLflow's failures as RegistryError on one line."""
    try:
        yield
    except MlflowException as error:
        raise RegistryError(f"{where}: {one_line(error)}") from error


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

"""Shared fixtures: a project folder of its own for each test, and one real S3 server for the session."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from dnsanom.servers import objectstore
from dnsanom.servers.objectstore import RunningStore
from dnsanom.settings import S3, Settings, load_settings
from dnsanom.store.objects import ObjectStore

ROOT = Path(__file__).parents[1]
TELEMETRY_OFF = {
    "DO_NOT_TRACK": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "true",
}


@pytest.fixture(scope="session", autouse=True)
def _telemetry_off() -> None:
    os.environ.update(TELEMETRY_OFF)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the caller's shell reaches the test."""
    for name in os.environ:
        if name.startswith(("DNSANOM_", "AWS_")):
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project folder with the repository's params.yaml and expectations; the test runs in it."""
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(ROOT / "params.yaml", root)
    if (ROOT / "expectations").is_dir():
        shutil.copytree(
            ROOT / "expectations", root / "expectations", ignore=shutil.ignore_patterns("uncommitted")
        )
    monkeypatch.chdir(root)
    return load_settings(root)


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    """A real SeaweedFS on free loopback ports, with its own data, for the whole session."""
    var = tmp_path_factory.mktemp("object_store")
    yield objectstore.start(var)
    objectstore.stop(var)


@pytest.fixture
def s3(object_store: RunningStore) -> S3:
    """The store's settings, with the name of a bucket that is nobody else's and is not there yet."""
    return S3(
        endpoint=object_store.endpoint,
        bucket=f"netflow-{uuid.uuid4().hex[:12]}",
        access_key=SecretStr(object_store.access_key),
        secret_key=SecretStr(object_store.secret_key),
    )


@pytest.fixture
def bucket(s3: S3) -> ObjectStore:
    """A bucket of this test's own, empty."""
    store = ObjectStore(s3)
    store.ensure_bucket()
    return store


@pytest.fixture
def stored(settings: Settings, s3: S3, bucket: ObjectStore) -> Settings:
    """`settings` that point at the test's own bucket."""
    return settings.model_copy(update={"s3": s3})

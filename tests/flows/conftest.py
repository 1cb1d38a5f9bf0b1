"""One real Prefect server for the flows' tests, and a project that the environment points to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flow_rows import made_flows
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from pydantic import SecretStr

from dnsanom.settings import Settings
from dnsanom.simulate.csv48 import write_csv


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's API with a database of its own; its start takes seconds, so once a session."""
    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture
def project(prefect_server: None, stored: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that a flow will load: a project folder, and a bucket that is empty."""
    for name, value in {
        "DNSANOM_ROOT": stored.root,
        "DNSANOM_S3_ENDPOINT": stored.s3.endpoint,
        "DNSANOM_S3_BUCKET": stored.s3.bucket,
        "DNSANOM_S3_ACCESS_KEY": _secret(stored.s3.access_key),
        "DNSANOM_S3_SECRET_KEY": _secret(stored.s3.secret_key),
    }.items():
        monkeypatch.setenv(name, str(value))
    return stored


@pytest.fixture
def export(tmp_path: Path) -> bytes:
    """A small export, as nfdump's CSV."""
    path = tmp_path / "export.csv"
    write_csv(path, made_flows(200))
    return path.read_bytes()


@pytest.fixture
def artifacts(prefect_server: None) -> Iterator["Artifacts"]:
    """What flows leave at the server."""
    with get_client(sync_client=True) as client:
        yield Artifacts(client)


class Artifacts:
    """The newest artifact under a key."""

    def __init__(self, client) -> None:  # type: ignore[no-untyped-def]
        self.client = client

    def __getitem__(self, key: str) -> str:
        answer = self.client._client.get(f"/artifacts/{key}/latest")
        answer.raise_for_status()
        return str(answer.json()["data"])

    def __contains__(self, key: str) -> bool:
        return self.client._client.get(f"/artifacts/{key}/latest").status_code == 200


def _secret(secret: SecretStr | None) -> str:
    assert secret is not None
    return secret.get_secret_value()

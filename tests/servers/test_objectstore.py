"""The embedded object store: loopback only, private credentials, and its data outlive a restart."""

import json
import stat
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from dnsanom.errors import PortTakenError, ServerError, StoreDeniedError
from dnsanom.servers import objectstore, process
from dnsanom.servers.objectstore import RunningStore
from dnsanom.settings import S3
from dnsanom.store.objects import ObjectStore

pytestmark = pytest.mark.servers


def client(store: RunningStore, secret: str | None = None) -> ObjectStore:
    key = SecretStr(store.access_key)
    return ObjectStore(
        S3(endpoint=store.endpoint, access_key=key, secret_key=SecretStr(secret or store.secret_key))
    )


def test_objects_and_endpoint_outlive_a_restart(tmp_path: Path) -> None:
    first = objectstore.start(tmp_path)
    client(first).ensure_bucket()
    client(first).put("a/b", b"kept")
    assert objectstore.stop(tmp_path)
    second = objectstore.start(tmp_path)
    try:
        assert client(second).get("a/b") == b"kept"
        assert second.endpoint == first.endpoint
        assert second.pid != first.pid
    finally:
        assert objectstore.stop(tmp_path)
    assert objectstore.running(tmp_path) is None
    assert not psutil.pid_exists(second.pid)


def test_a_store_whose_data_can_not_be_read_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"GET": 500, "PUT": 201}
    monkeypatch.setattr(objectstore, "_http", lambda method, url, body=None: answers[method])
    monkeypatch.setattr(objectstore, "_PATIENCE", 5)
    with pytest.raises(ServerError, match="its data can't be read after 5 s"):
        objectstore.start(tmp_path)
    assert objectstore.running(tmp_path) is None


def test_it_listens_on_loopback_only(object_store: RunningStore) -> None:
    listening = [
        c.laddr.ip for c in psutil.Process(object_store.pid).net_connections() if c.status == "LISTEN"
    ]
    assert set(listening) == {"127.0.0.1"}


def test_a_second_start_finds_the_first(tmp_path: Path) -> None:
    store = objectstore.start(tmp_path, process.free_port(below=50_000))
    try:
        assert objectstore.start(tmp_path) == store
        assert objectstore.running(tmp_path) == store
    finally:
        objectstore.stop(tmp_path)


def test_credentials_are_private_and_never_shown(object_store: RunningStore) -> None:
    command = psutil.Process(object_store.pid).cmdline()
    path = Path(next(flag for flag in command if flag.startswith("-s3.config=")).partition("=")[2])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert object_store.secret_key in json.dumps(json.loads(path.read_text()))
    assert object_store.secret_key not in " ".join(command) + repr(object_store)
    assert object_store.secret_key not in process.log_file(path.parents[1], "s3").read_text()
    with pytest.raises(StoreDeniedError):
        client(object_store, secret="wrong").ensure_bucket()


def test_a_wanted_port_in_use_is_named(object_store: RunningStore, tmp_path: Path) -> None:
    port = int(object_store.endpoint.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=rf"^127\.0\.0\.1:{port}: port taken by another process: weed"):
        objectstore.start(tmp_path, port)

"""Flow `ingest` on a real Prefect and a real store: what is new, what is set aside, what is wrong."""

import json

import pytest

from dnsanom.quality import docs
from dnsanom.settings import Settings
from dnsanom.store import lake
from dnsanom.store.objects import ObjectStore
from flows.ingest import ingest

pytestmark = pytest.mark.servers


def test_new_exports_come_once_and_leave_tables_and_links(
    project: Settings, bucket: ObjectStore, export: bytes, artifacts
) -> None:
    bucket.put("edge1/a.csv", export)
    bucket.put("edge1/b.csv", export)
    bucket.put("edge1/broken", b"\x00\x01 no flows at all")
    state = ingest(return_state=True)
    assert state.is_completed()
    assert "3 exports seen, 3 new, 1 into the lake" in state.message
    assert "1 quarantined, 1 duplicates" in state.message
    rows = {row["export"]: row for row in json.loads(artifacts["ingest-exports"])}
    assert rows["edge1/a.csv"]["became"] == "committed"
    assert rows["edge1/a.csv"]["in the lake"] == len(lake.read(project.lake).execute())
    aside = {row["export"]: row["reason"] for row in json.loads(artifacts["ingest-set-aside"])}
    assert set(aside) == {"edge1/b.csv", "edge1/broken"}
    assert aside["edge1/b.csv"] == "same content as edge1/a.csv"
    assert docs.index(project).is_file()
    assert docs.index(project).as_uri() in artifacts["data-docs"]

    again = ingest(return_state=True)
    assert again.is_completed()
    assert again.message == "nothing new to pull: 3 exports seen, all known"


def test_an_empty_store_is_no_failure(project: Settings) -> None:
    state = ingest(return_state=True)
    assert (state.name, state.is_completed()) == ("Empty", True)
    assert "nothing under prefix" in state.message


def test_a_missing_bucket_is_a_failure(project: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNSANOM_S3_BUCKET", "nobody-made-this")
    state = ingest(return_state=True)
    assert state.is_failed()
    assert "bucket nobody-made-this: no such bucket" in state.message


def test_a_wrong_key_fails_at_once_on_one_line(project: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNSANOM_S3_SECRET_KEY", "wrong")
    state = ingest(return_state=True)
    assert state.is_failed()
    assert project.s3.endpoint in state.message
    assert "\n" not in state.message
    assert "Traceback" not in state.message

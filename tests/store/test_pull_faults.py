"""A pull that breaks off, or whose store or settings fail it: nothing is lost, nothing is there twice."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from made import START, export, in_lake, states
from made import flows as lake_rows
from pydantic import SecretStr

from dnsanom.errors import QualityError, SettingsError, StoreAwayError, StoreDeniedError, StoreEmptyError
from dnsanom.servers.process import free_port
from dnsanom.settings import Settings
from dnsanom.store import lake
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger
from dnsanom.store.objects import ObjectStore
from dnsanom.store.pull import pull
from dnsanom.store.settle import Settling
from dnsanom.store.take import Outcome

pytestmark = pytest.mark.servers


def _pull_and_die(settings: Settings) -> None:
    """A pull that is killed, as by kill -9, when its first rows are in the lake and not yet in the ledger."""
    Ledger.commit = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
    pull(settings)


def test_a_pull_that_is_killed_goes_on_with_the_next(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    bucket.put("b", export(55))
    process = multiprocessing.get_context("spawn").Process(target=_pull_and_die, args=(stored,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert states(stored) == {"a": "decoded", "b": "decoded"}
    assert in_lake(stored) == {"a": 20, "b": 20}
    report = pull(stored)
    assert (report.new, report.committed, report.flows) == (2, 2, 40)
    assert in_lake(stored) == {"a": 20, "b": 20}


def test_rows_of_a_killed_pull_leave_the_lake_if_their_object_is_gone(
    stored: Settings, bucket: ObjectStore
) -> None:
    """Else the same content under another key would stand there twice."""
    bucket.put("b", export(0))
    lake.write(stored.lake, lake_rows("a", START), "a")
    gone = ObjectInfo("a", "e1", 10, START)
    with Ledger(stored.ledger, lease_seconds=-1) as ledger:
        ledger.discover([gone])
        ledger.lease(gone)
    assert pull(stored).committed == 1
    assert in_lake(stored) == {"b": 20}


def test_an_export_whose_lease_was_lost_is_left_to_who_has_it(
    stored: Settings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a", export(0))
    settle = Settling.settle

    def too_late(settling: Settling, outcomes: Sequence[Outcome]) -> None:
        with Ledger(stored.ledger) as other:
            other._database._ahead = 10_000
            assert other.lease(outcomes[0].info)
        settle(settling, outcomes)

    with monkeypatch.context() as patch:
        patch.setattr(Settling, "settle", too_late)
        [(key, reason)] = pull(stored).lost
    assert (key, in_lake(stored)) == ("a", {})
    assert "its lease is over and another's" in reason
    assert states(stored) == {"a": "leased"}


def test_a_pull_that_is_stopped_leaves_no_half_written_rows(
    stored: Settings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a", export(0))
    bucket.put("b", export(5))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pull(stored)
    assert in_lake(stored) == {}
    assert states(stored) == {"a": "discovered", "b": "discovered"}
    assert pull(stored).committed == 2


def test_an_object_replaced_after_the_listing_is_left_for_the_next_pull(
    stored: Settings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a", export(0))
    bucket.put("b", export(5))
    listed = list(bucket.list())
    bucket.put("a", export(10, rows=3))
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "list", lambda *_: iter(listed))
        report = pull(stored)
    [(key, reason)] = report.gone
    assert (key, report.committed) == ("a", 1)
    assert "replaced since it was listed" in reason
    assert pull(stored).committed == 1
    assert in_lake(stored) == {"a": 3, "b": 20}


def test_a_store_that_goes_away_keeps_what_was_done(
    stored: Settings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        bucket.put(f"nfcapd.{number}", export(5 * number))
    get = ObjectStore.get

    def away(store: ObjectStore, key: str, etag: str | None = None) -> bytes:
        if key == "nfcapd.2":
            raise StoreAwayError("away")
        return get(store, key, etag)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "get", away)
        with pytest.raises(StoreAwayError):
            pull(stored)
    assert states(stored) == {"nfcapd.0": "committed", "nfcapd.1": "committed", "nfcapd.2": "discovered"}
    assert pull(stored).new == 1


def _with_s3(settings: Settings, **change: object) -> Settings:
    return settings.model_copy(update={"s3": settings.s3.model_copy(update=change)})


def test_a_store_that_can_not_be_used_is_one_line(stored: Settings, bucket: ObjectStore) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    for change, error in (
        ({"endpoint": away}, StoreAwayError),
        ({"secret_key": SecretStr("wrong")}, StoreDeniedError),
        ({"bucket": "nowhere"}, StoreEmptyError),
        ({}, StoreEmptyError),
    ):
        with pytest.raises(error) as told:
            pull(_with_s3(stored, **change))
        assert "\n" not in str(told.value)
    bucket.put("r1/a", export(0))
    with pytest.raises(StoreEmptyError, match=r"bucket netflow-\w+: nothing under prefix 'r2/'"):
        pull(_with_s3(stored, prefix="r2/"))


def test_one_lake_is_not_mixed_of_two_buckets(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    pull(stored)
    with pytest.raises(SettingsError, match="DNSANOM_S3_BUCKET: other: this lake is pulled from netflow-"):
        pull(_with_s3(stored, bucket="other"))


def test_without_expectations_nothing_is_taken(stored: Settings, bucket: ObjectStore, tmp_path: Path) -> None:
    bucket.put("a", export(0))
    with pytest.raises(QualityError):
        pull(stored.model_copy(update={"root": tmp_path}))
    assert states(stored) == {"a": "discovered"}
    assert lake.hours(stored.lake) == []

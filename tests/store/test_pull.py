"""A pull on a real S3 server: each export once, bad ones aside with their reason, and no stop for them."""

import pyarrow.parquet as pq
import pytest
from flow_rows import made_flows
from made import START, export, in_lake, states, truth

from dnsanom.quality import quarantine
from dnsanom.settings import Settings
from dnsanom.simulate.nfcapd import write_nfcapd
from dnsanom.store import lake
from dnsanom.store.ledger import Ledger
from dnsanom.store.objects import ObjectStore
from dnsanom.store.pull import pull

pytestmark = pytest.mark.servers


def test_a_second_pull_takes_nothing(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("r1/nfcapd.0", export(0))
    bucket.put("r1/nfcapd.5", export(5))
    first = pull(stored)
    assert (first.seen, first.new, first.committed, first.flows) == (2, 2, 2, 40)
    assert in_lake(stored) == {"r1/nfcapd.0": 20, "r1/nfcapd.5": 20}
    second = pull(stored)
    assert (second.seen, second.new, second.flows) == (2, 0, 0)
    assert list(second.lines()) == ["nothing new to pull: 2 exports seen, all known"]
    bucket.put("r1/nfcapd.10", export(10))
    assert pull(stored).new == 1
    assert in_lake(stored) == {"r1/nfcapd.0": 20, "r1/nfcapd.10": 20, "r1/nfcapd.5": 20}


def test_only_the_prefix_is_pulled(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("r1/a", export(0))
    bucket.put("r2/a", export(5))
    pull(stored.model_copy(update={"s3": stored.s3.model_copy(update={"prefix": "r2/"})}))
    assert in_lake(stored) == {"r2/a": 20}


def test_a_replaced_object_replaces_its_rows(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0, rows=20))
    bucket.put("b", export(60))
    pull(stored)
    bucket.put("a", export(180, rows=7))
    report = pull(stored)
    assert (report.seen, report.new, report.committed) == (2, 1, 1)
    assert in_lake(stored) == {"a": 7, "b": 20}


def test_the_same_content_under_another_key_is_not_added_twice(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    bucket.put("b", export(0))
    assert pull(stored).duplicates == [("b", "a")]
    bucket.put("c", export(0))
    assert pull(stored).duplicates == [("c", "a")]
    assert in_lake(stored) == {"a": 20}
    assert states(stored) == {"a": "committed", "b": "duplicate", "c": "duplicate"}


def test_a_duplicate_takes_the_place_of_what_it_repeats(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    bucket.put("b", export(0))
    pull(stored)
    bucket.put("a", export(5, rows=3))
    pull(stored)
    pull(stored)
    assert in_lake(stored) == {"a": 3, "b": 20}


def test_a_key_that_becomes_a_duplicate_gives_its_rows_up(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    bucket.put("b", export(5))
    pull(stored)
    bucket.put("b", export(0))
    assert pull(stored).duplicates == [("b", "a")]
    assert in_lake(stored) == {"a": 20}


def test_a_corrupt_export_is_kept_whole_and_the_job_goes_on(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", b"\x00\x01not an export")
    bucket.put("b", export(0))
    bucket.put("c", b"")
    report = pull(settling(stored, 0))
    assert [key for key, _ in report.quarantined] == ["a", "c"]
    assert report.committed == 1
    kept = quarantine.entries(stored.quarantine)
    assert [(entry.kind, entry.key, entry.reason) for entry in kept] == [
        ("file", key, reason) for key, reason in report.quarantined
    ]
    assert kept[0].path.read_bytes() == b"\x00\x01not an export"
    assert in_lake(stored) == {"b": 20}
    assert pull(stored).new == 0


def settling(settings: Settings, seconds: float) -> Settings:
    """Settings with another `pull.settle_seconds`."""
    waiting = settings.params.pull.model_copy(update={"settle_seconds": seconds})
    return settings.model_copy(update={"params": settings.params.model_copy(update={"pull": waiting})})


def test_an_export_that_may_still_be_written_is_looked_at_again(
    stored: Settings, bucket: ObjectStore
) -> None:
    flows = made_flows(300)
    write_nfcapd(stored.root / "whole", flows, "a")
    whole = (stored.root / "whole").read_bytes()
    bucket.put("a", whole[:-100])
    bucket.put("b", b"")
    bucket.put("c", export(0))
    report = pull(stored)
    assert [key for key, _ in report.unfinished] == ["a", "b"]
    assert (report.done, report.committed, report.quarantined) == (3, 1, [])
    assert [line for line in report.lines() if line.startswith("unfinished: b: is empty; the next pull")]
    assert states(stored) == {"a": "discovered", "b": "discovered", "c": "committed"}
    assert quarantine.entries(stored.quarantine) == []
    bucket.put("a", whole)
    assert pull(stored).committed == 1
    assert in_lake(stored)["a"] > 200
    assert [key for key, _ in pull(settling(stored, 0)).quarantined] == ["b"]
    assert pull(stored).new == 0


def test_a_corrupt_version_leaves_the_good_rows_in_their_place(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    pull(stored)
    bucket.put("a", b"corrupt")
    assert len(pull(stored).quarantined) == 1
    assert in_lake(stored) == {"a": 20}


def test_bad_rows_go_to_quarantine_with_their_reasons(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0, rows=20, bad=2, unreadable=1, other=3))
    report = pull(stored)
    [(key, count, reason)] = report.bad_rows
    assert (key, count, report.dropped, report.flows) == ("a", 3, 3, 20)
    [entry] = quarantine.entries(stored.quarantine)
    rows = pq.read_table(entry.path)
    assert rows.num_rows == 3
    assert sorted(rows["row"].to_pylist()) == [20, 21, 22]
    assert all(rows["reason"].to_pylist())
    assert entry.reason == reason
    with Ledger(stored.ledger) as ledger:
        [line] = ledger.entries()
    assert (line.rows, line.kept, line.bad, line.dropped) == (26, 20, 3, 3)
    start = int(START.timestamp() * 1000)
    assert (line.first_seen, line.last_seen) == (start, start + 19 * 5000)


def test_a_quarantined_export_that_is_retried_leaves_quarantine_for_the_lake(
    stored: Settings, bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a", export(0, bad=15))
    assert len(pull(stored).quarantined) == 1
    assert pull(stored).new == 0
    with Ledger(stored.ledger) as ledger:
        ledger.retry(["a"])
    assert len(quarantine.entries(stored.quarantine)) == 1
    mended = stored.params.quality.model_copy(update={"max_bad_share": 0.9})
    params = stored.params.model_copy(update={"quality": mended})
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pull(stored.model_copy(update={"params": params}))
    assert "file" in [entry.kind for entry in quarantine.entries(stored.quarantine)]
    assert pull(stored.model_copy(update={"params": params})).committed == 1
    assert in_lake(stored) == {"a": 20}
    assert [entry.kind for entry in quarantine.entries(stored.quarantine)] == ["rows"]


@pytest.mark.parametrize("spoilt", [{"bad": 15}, {"unreadable": 15}, {"other": 3000}])
def test_an_export_that_is_bad_on_the_whole_is_kept_whole(
    stored: Settings, bucket: ObjectStore, spoilt: dict[str, int]
) -> None:
    data = export(0, **spoilt)
    bucket.put("a", data)
    report = pull(stored)
    [(key, reason)] = report.quarantined
    assert (key, report.committed) == ("a", 0)
    assert "\n" not in reason
    [entry] = quarantine.entries(stored.quarantine)
    assert entry.path.read_bytes() == data
    assert lake.hours(stored.lake) == []


def test_a_truth_file_is_known_by_its_header(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("labels/of-march.txt", truth())
    report = pull(stored)
    assert (report.truth_files, report.committed) == (["labels/of-march.txt"], 0)
    [kept] = stored.truth.iterdir()
    assert kept.suffix == ".csv"
    assert kept.read_bytes() == truth()
    assert pull(stored).new == 0
    bucket.put("labels/of-march.txt", truth("scan"))
    pull(stored)
    assert [path.read_bytes() for path in stored.truth.iterdir()] == [truth("scan")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (truth("tunel"), "vector 'tunel': unknown"),
        (truth(start="yesterday"), "start: "),
        (truth() + b'"', ""),
    ],
)
def test_a_wrong_truth_file_is_quarantined(
    stored: Settings, bucket: ObjectStore, data: bytes, words: str
) -> None:
    bucket.put("truth.csv", data)
    [(key, reason)] = pull(stored).quarantined
    assert key == "truth.csv"
    assert words in reason
    assert str(stored.truth) not in reason
    assert not stored.truth.exists()


def test_a_quiet_rotation_is_no_fault(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0, rows=0))
    report = pull(stored)
    assert (report.committed, report.flows, report.quarantined) == (1, 0, [])


def test_a_dry_run_lists_and_takes_nothing(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    report = pull(stored, dry_run=True)
    assert report.planned == ["a"]
    assert list(report.lines())[-1] == "  a"
    assert states(stored) == {}
    assert pull(stored).committed == 1


def test_many_exports_go_through_processes_in_order(stored: Settings, bucket: ObjectStore) -> None:
    for number in range(7):
        bucket.put(f"nfcapd.{number}", b"corrupt" if number == 3 else export(5 * number, bad=number % 2))
    bucket.put("nfcapd.7", export(0))
    seen: list[tuple[int, int, str]] = []
    report = pull(stored, progress=lambda *told: seen.append(told))
    assert (report.committed, report.flows, len(report.bad_rows)) == (6, 120, 2)
    assert [key for key, _ in report.quarantined] == ["nfcapd.3"]
    assert report.duplicates == [("nfcapd.7", "nfcapd.0")]
    assert [done for done, _, _ in seen] == [8, 8]
    assert seen[-1][1:] == (8, f"120 flows, {report.rate:,.0f} flows/s")

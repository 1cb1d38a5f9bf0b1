import gzip
from pathlib import Path

import pytest
from hand_made import day, halves, put, table

from dnsanom.detect.alert import Detection
from dnsanom.detect.detect import detect
from dnsanom.detect.sources import expand
from dnsanom.errors import BadUseError
from dnsanom.settings import Settings
from dnsanom.simulate.csv48 import write_csv
from dnsanom.simulate.nfcapd import write_nfcapd
from dnsanom.store.objects import ObjectStore


@pytest.fixture
def exports(settings: Settings) -> Path:
    """A folder with two exports, one nfcapd and one gzipped CSV with a name that says nothing."""
    folder = settings.root / "exports"
    folder.mkdir()
    first, second = halves(day())
    write_nfcapd(folder / "nfcapd.202603020800", first, "test")
    write_csv(folder / "plain.csv", second)
    (folder / "nfcapd.202603020900").write_bytes(gzip.compress((folder / "plain.csv").read_bytes()))
    (folder / "plain.csv").unlink()
    return folder


def bare(found: Detection) -> list[dict[str, object]]:
    """The alerts without the names of their exports."""
    return [{key: value for key, value in alert.items() if key != "exports"} for alert in found]


@pytest.fixture
def from_lake(settings: Settings, folder: str) -> list[dict[str, object]]:
    put(settings, *halves(day()))
    return bare(detect(settings, [], "window", folder))


def test_paths_globs_and_folders_give_what_the_lake_gives(
    settings: Settings, folder: str, exports: Path, from_lake: list[dict[str, object]]
) -> None:
    names = sorted(str(path) for path in exports.iterdir())
    for sources in (names, names[::-1], [f"{exports}/nfcapd.*"], [str(exports)], [*names, str(exports)]):
        found = detect(settings, sources, "window", folder)
        assert bare(found) == from_lake
        assert (found.sources, found.unread, found.failed) == (2, (), False)


def test_alerts_name_the_exports_that_their_flows_came_from(
    settings: Settings, folder: str, exports: Path
) -> None:
    found = {a["vector"]: a["exports"] for a in detect(settings, ["exports/*"], "window", folder)}
    early, late = "exports/nfcapd.202603020800", "exports/nfcapd.202603020900"
    assert found == {"scan": [early], "tunnel": [early, late], "flood": [late]}


@pytest.mark.servers
def test_the_object_store_gives_what_the_lake_gives(
    stored: Settings, bucket: ObjectStore, folder: str, exports: Path, from_lake: list[dict[str, object]]
) -> None:
    for path in exports.iterdir():
        bucket.put(f"router/{path.name}", path.read_bytes())
    root = f"s3://{bucket.bucket}"
    for sources in ([f"{root}/router/"], [f"{root}/*/nfcapd.*"], [root]):
        assert bare(detect(stored, sources, "window", folder)) == from_lake
    (one,), missing = expand(stored, [f"{root}/router/nfcapd.202603020800"])
    assert (one.key, missing) == ("router/nfcapd.202603020800", [])
    assert one.load() == (exports / "nfcapd.202603020800").read_bytes()


@pytest.mark.servers
def test_a_missing_object_or_bucket_is_named(stored: Settings, bucket: ObjectStore) -> None:
    found, missing = expand(stored, [f"s3://{bucket.bucket}/nothing/*", "s3://no-such-bucket-here/x"])
    assert found == []
    assert "matches nothing" in missing[0].reason
    assert "no such bucket" in missing[1].reason


def test_a_store_that_is_not_set_up_is_bad_use(settings: Settings) -> None:
    with pytest.raises(BadUseError, match="object store"):
        expand(settings, ["s3://netflow/x"])


def test_what_can_not_be_read_is_named_and_the_rest_goes_on(
    settings: Settings, folder: str, exports: Path, from_lake: list[dict[str, object]]
) -> None:
    (exports / "corrupt").write_bytes(b"\x0c\xa5\x02\x00 cut off")
    (exports / "truth.csv").write_text("client,server,start,end,vector\n")
    found = detect(settings, [str(exports), "absent.bin", "absent*"], "window", folder)
    assert bare(found) == from_lake
    assert {one.source for one in found.unread} == {"absent.bin", "absent*", f"{exports}/corrupt"}
    assert all(one.reason.startswith(one.source) and "\n" not in one.reason for one in found.unread)
    assert [one.source for one in found.ignored] == [f"{exports}/truth.csv"]
    assert not found.failed
    assert sum(line.startswith("not read: ") for line in found.lines()) == 3


def test_a_run_that_could_read_nothing_has_failed(settings: Settings, folder: str) -> None:
    found = detect(settings, ["absent.bin"], "window", folder)
    assert (found.failed, len(found)) == (True, 0)
    assert found.lines()[0] == "not read: absent.bin: no such file"


def test_an_export_without_dns_gives_nothing_and_is_no_failure(settings: Settings, folder: str) -> None:
    web = [{**row, "src_port": 40_000, "dst_port": 443} for row in day()[:20]]
    write_csv(settings.root / "web.csv", table(web, "web"))
    found = detect(settings, ["web.csv"], "window", folder)
    assert (found.failed, found.scored.rows, len(found)) == (False, 0, 0)


def test_detection_from_sources_remembers_nothing(settings: Settings, folder: str, exports: Path) -> None:
    first = detect(settings, [str(exports)], "window", folder)
    assert detect(settings, [str(exports)], "window", folder).alerts == first.alerts
    assert not settings.data.exists()


def test_flows_out_of_bounds_are_counted_and_left_out(settings: Settings, folder: str) -> None:
    rows = day()
    broken = [{**row, "duration": 1e6} for row in rows[:3]]
    write_csv(settings.root / "some.csv", table([*rows[3:], *broken], "some"))
    found = detect(settings, ["some.csv"], "window", folder)
    assert found.rejected == {"some.csv": 3}
    assert found.scored.flows == len(rows) - 3
    assert "some.csv: 3 rows rejected" in found.lines()

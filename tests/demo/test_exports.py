"""The demo's spoiled exports are spoiled in the ways that its story tells."""

from datetime import timedelta
from pathlib import Path

import pytest

from dnsanom.demo import exports
from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow import decode
from dnsanom.settings import load_settings
from dnsanom.simulate import simulate_day, write_exports

SPOILED = (exports.CORRUPT, exports.BAD_ROWS, exports.TWICE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small exports under the names of those that the demo spoils."""
    made = tmp_path_factory.mktemp("made")
    write_exports(made, *simulate_day(exports.START, 0.25, 60, 7))
    for source, name in zip(sorted(made.glob("nfcapd.*")), SPOILED, strict=True):
        source.rename(made / name)
    exports.spoil(made, load_settings().params.dns)
    return made


def test_the_corrupt_one_goes_to_quarantine_at_once(folder: Path) -> None:
    data = (folder / exports.CORRUPT).read_bytes()
    with pytest.raises(DecodeError) as error:
        decode(data, exports.CORRUPT, load_settings().params.dns)
    assert not isinstance(error.value, UnfinishedError)


def test_the_csv_has_five_rows_that_no_reader_takes_as_they_are(folder: Path) -> None:
    assert not (folder / exports.BAD_ROWS).exists()
    name = f"{exports.BAD_ROWS}.csv"
    found = decode((folder / name).read_bytes(), name, load_settings().params.dns, keep="all")
    assert found.rejected.num_rows == 2
    odd = found.flows.to_pandas()
    assert ((odd["first_seen"].dt.year == 1970) | (odd["duration"] < 0) | (odd["bytes"] == 0)).sum() == 3


def test_one_is_there_twice(folder: Path) -> None:
    assert (folder / exports.TWICE).read_bytes() == (folder / exports.AGAIN).read_bytes()


def test_the_truth_of_the_first_day_leaves_out_what_began_later(tmp_path: Path) -> None:
    rows = ["client,server,start,end,vector"]
    for start in (exports.NEW - timedelta(minutes=5), exports.NEW + timedelta(minutes=5)):
        rows.append(f"198.18.0.1,,{start:%Y-%m-%dT%H:%M:%SZ},{start:%Y-%m-%dT%H:%M:%SZ},scan")
    (tmp_path / "truth.csv").write_text("\n".join(rows) + "\n")
    assert exports.learned_truth(tmp_path).decode().splitlines() == rows[:2]
    assert exports.unseen_truth(tmp_path)["start"].tolist() == [rows[2].split(",")[2]]

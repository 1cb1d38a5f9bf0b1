"""Truth files."""

from pathlib import Path

import pytest
from handflows import CLIENT, RESOLVER, at, truth

from dnsanom.dataset.truth import merge_truth, read_truth, write_truth
from dnsanom.errors import DatasetError

HEADER = "client,server,start,end,vector\n"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    facts = truth((CLIENT, RESOLVER, 0.125, 60, "scan"), ("", RESOLVER, 1, 1, "flood"))
    write_truth(facts, tmp_path / "truth.csv")
    assert read_truth(tmp_path / "truth.csv").equals(facts)
    assert "198.18.0.7,198.51.100.10,2026-03-02T00:00:00.125Z," in (tmp_path / "truth.csv").read_text()


def test_merging_clips_sorts_and_keeps_each_once() -> None:
    one = truth((CLIENT, "", 50, 200, "scan"), (CLIENT, "", 300, 400, "flood"))
    two = truth((CLIENT, "", -50, 20, "tunnel"), (CLIENT, "", 50, 200, "scan"))
    merged = merge_truth([one, two], at(0), at(100))
    assert merged is not None
    assert merged.equals(truth((CLIENT, "", 0, 20, "tunnel"), (CLIENT, "", 50, 100, "scan")))
    assert merge_truth([], at(0), at(1)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "client,server,start,end\n",
            "header client,server,start,end: must be client,server,start,end,vector",
        ),
        (HEADER + "a,b,soon,2026-03-02T00:00:00Z,scan\n", "start: .*soon"),
        (
            HEADER + "a,b,2026-03-02T00:00:00Z,2026-03-02T00:00:01Z,worm\n",
            "vector 'worm': unknown, known are",
        ),
        (HEADER + "a,b,2026-03-02T00:00:02Z,2026-03-02T00:00:01Z,scan\n", "row 1: end .* is before start"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "facts.csv").write_text(text)
    with pytest.raises(DatasetError, match=f"facts.csv: {why}"):
        read_truth(tmp_path / "facts.csv")

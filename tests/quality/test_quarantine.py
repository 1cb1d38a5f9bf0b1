"""Nothing that fails is lost, whatever its key."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flow_rows import made_flows

from dnsanom.quality.names import safe_name
from dnsanom.quality.quarantine import entries, forget, keep_file, keep_rows

KEYS = [
    "nfcapd.202603020000",
    "2026/03/02/nfcapd.202603020000",
    "../../../etc/passwd",
    "..",
    ".",
    "/",
    "",
    ".hidden",
    "a\\b:c*d?e",
    "naïve/Köln/東京.csv",
    "new\nline\x00null",
    "x" * 5000,
    "CON",
    "half \ud800 pair",
]


@pytest.mark.parametrize("key", KEYS)
def test_any_key_is_kept_inside_the_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "quarantine"
    data = bytes(range(256)) * 7
    kept = keep_file(folder, key, data, "no nfcapd file")
    assert kept.path.read_bytes() == data
    assert kept.path.resolve().parent == (folder / "files").resolve()
    assert [entry.key for entry in entries(folder)] == [key]
    assert list(tmp_path.iterdir()) == [folder]


def test_names_are_readable_and_apart() -> None:
    names = [safe_name(key) for key in (*KEYS, "a/b", "a_b", "a b", "A/B")]
    assert len(set(names)) == len(names)
    assert safe_name("2026/03/02/nfcapd.1").startswith("2026_03_02_nfcapd.1-")
    assert all(name.isascii() and len(name) <= 111 and not name.startswith(".") for name in names)


def test_an_entry_says_key_reason_time_and_hash(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    keep_file(tmp_path, "a/b", b"half an obj", "a/b: block 3: ends early")
    (entry,) = entries(tmp_path)
    assert (entry.kind, entry.key, entry.reason, entry.size) == (
        "file",
        "a/b",
        "a/b: block 3: ends early",
        11,
    )
    assert entry.sha256 == hashlib.sha256(b"half an obj").hexdigest()
    assert before <= datetime.fromisoformat(entry.time) <= datetime.now(UTC)
    sidecar = json.loads((entry.path.parent / f"{entry.path.name}.json").read_text())
    assert sidecar["key"] == "a/b"


def test_the_same_key_is_kept_once_with_the_newest_bytes(tmp_path: Path) -> None:
    keep_file(tmp_path, "k", b"one", "first")
    keep_file(tmp_path, "k", b"three", "second")
    (entry,) = entries(tmp_path)
    assert (entry.path.read_bytes(), entry.reason) == (b"three", "second")
    assert len(list((tmp_path / "files").iterdir())) == 2


@pytest.mark.parametrize("key", KEYS)
def test_what_is_in_the_lake_now_is_forgotten(tmp_path: Path, key: str) -> None:
    rows = made_flows(2).append_column("reason", pa.array(["a", "b"]))
    for kept in (key, f"{key}2"):
        keep_file(tmp_path, kept, b"one", "first")
        keep_rows(tmp_path, kept, rows)
    forget(tmp_path, key, rows=False)
    assert [(e.key, e.kind) for e in entries(tmp_path) if e.key == key] == [(key, "rows")]
    forget(tmp_path, key, rows=True)
    assert [(e.key, e.kind) for e in entries(tmp_path)] == [(f"{key}2", "file"), (f"{key}2", "rows")]
    assert len(list(tmp_path.glob("*/*"))) == 4


def test_rows_keep_their_columns_and_reasons(tmp_path: Path) -> None:
    rows = made_flows(5).append_column("reason", pa.array(["a", "b", "a", "a", "c"]))
    kept = keep_rows(tmp_path, "2026/x", rows)
    assert pq.read_table(kept.path).equals(rows)
    (entry,) = entries(tmp_path)
    assert (entry.kind, entry.size) == ("rows", 5)
    assert entry.reason == "a (3 rows); b; c"


def test_rows_that_were_never_flows_are_kept_too(tmp_path: Path) -> None:
    rows = pa.table({"row": [4, 9], "raw": ["x,y", "1,2"], "reason": ["not a number: x", "3 columns"]})
    keep_rows(tmp_path, "k", rows)
    keep_rows(tmp_path, "k", rows)
    assert [(entry.kind, entry.size) for entry in entries(tmp_path)] == [("rows", 2)]


def test_many_reasons_are_summed_up(tmp_path: Path) -> None:
    rows = pa.table({"reason": [f"reason {n}" for n in range(1000)]})
    assert (
        keep_rows(tmp_path, "k", rows).reason
        == "reason 0; reason 1; reason 2; and 997 rows for other reasons"
    )


def test_a_file_and_rows_of_one_key_are_two_entries(tmp_path: Path) -> None:
    keep_file(tmp_path, "k", b"", "empty")
    keep_rows(tmp_path, "k", pa.table({"reason": ["r"]}))
    assert [entry.kind for entry in entries(tmp_path)] == ["file", "rows"]


def test_half_a_write_is_not_an_entry(tmp_path: Path) -> None:
    assert entries(tmp_path / "nowhere") == []
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / f".{safe_name('k')}.123").write_bytes(b"cut sh")
    (tmp_path / "files" / safe_name("k")).write_bytes(b"no sidecar yet")
    assert entries(tmp_path) == []

"""Staging folders: each pull has its own, and what a killed one has left goes with the next."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from dnsanom.store.staging import staging


def _stage_and_die(data: Path) -> None:
    with staging(data) as folder:
        (folder / "half.parquet").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)


def _stage_and_stop(data: Path) -> None:
    with staging(data) as folder:
        (folder / "a").write_bytes(b"a")
        raise KeyboardInterrupt


def _folders(data: Path) -> list[Path]:
    return [path for path in (data / "staging").iterdir() if path.is_dir()]


def test_a_folder_goes_with_its_pull(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _stage_and_stop(tmp_path)
    assert _folders(tmp_path) == []


def test_what_a_killed_pull_has_left_is_removed(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_stage_and_die, args=(tmp_path,))
    process.start()
    process.join()
    [left] = _folders(tmp_path)
    assert (left / "half.parquet").exists()
    with staging(tmp_path) as folder:
        assert _folders(tmp_path) == [folder]


def test_a_pull_that_is_running_keeps_its_folder(tmp_path: Path) -> None:
    with staging(tmp_path) as first:
        (first / "a").write_bytes(b"a")
        with staging(tmp_path) as second:
            assert first != second
            assert (first / "a").exists()
        assert (first / "a").exists()

"""Truth files in the store: known by their header, checked, and kept beside the lake.

Analysts' verdicts are files of the same header whose name begins with `verdicts`.
"""

from pathlib import Path, PurePosixPath

from dnsanom.dataset.truth import read_truth
from dnsanom.dataset.verdicts import SUFFIX
from dnsanom.errors import DatasetError, DecodeError, one_line
from dnsanom.schema import TRUTH_COLUMNS
from dnsanom.store.export import export_id


def is_truth(data: bytes) -> bool:
    """Whether the object's first line is the header of a truth file, whatever its key."""
    first = data[:200].split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    return tuple(name.strip(' "') for name in first.strip().split(",")) == TRUTH_COLUMNS


def keep(folder: Path, key: str, data: bytes) -> int:
    """Keep a truth file as `<export-id>.csv` and return its rows. Raises DecodeError: key, value and rule."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{export_id(key)}.tmp"
    try:
        beside.write_bytes(data)
        rows = len(read_truth(beside))
        beside.replace(_file(folder, key))
    except (DatasetError, ValueError) as error:
        raise DecodeError(f"{key}: {one_line(error)}".replace(f"{beside}: ", "")) from error
    finally:
        beside.unlink(missing_ok=True)
    return rows


def publish(folder: Path, staging: Path, key: str) -> None:
    """Bring a truth file that was kept in a staging folder, on the same file system, to its place."""
    folder.mkdir(parents=True, exist_ok=True)
    _file(staging, key).replace(_file(folder, key))


def remove(folder: Path, key: str) -> None:
    """Forget the truth file that the key held before."""
    _file(folder, key).unlink(missing_ok=True)


def _file(folder: Path, key: str) -> Path:
    verdicts = PurePosixPath(key).name.startswith("verdicts")
    return folder / f"{export_id(key)}{SUFFIX if verdicts else '.csv'}"

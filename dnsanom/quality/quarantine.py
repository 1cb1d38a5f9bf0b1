"""What failed, kept with its reason: a whole export byte for byte, or the rows of one as Parquet.

`<folder>/files/<name>` holds an export's bytes and `<name>.json` beside it key, reason, time and SHA-256;
`<folder>/rows/<name>.parquet` holds an export's bad rows with their reasons, and its sidecar the same fields.
An entry is named by its key, so keeping the same again replaces it. Everything is written beside and then
renamed, the sidecar last: an entry that is listed is there in full.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dnsanom.quality.names import safe_name


@dataclass(frozen=True)
class Entry:
    """One thing in quarantine: `kind` is "file" or "rows", `size` its bytes or its rows, `time` UTC."""

    kind: str
    key: str
    reason: str
    size: int
    time: str
    sha256: str
    path: Path


def keep_file(folder: Path, key: str, data: bytes, reason: str) -> Entry:
    """Keep an export's bytes as they are."""
    path = folder / "files" / safe_name(key)
    return _keep("file", path, key, reason, len(data), lambda beside: beside.write_bytes(data))


def keep_rows(folder: Path, key: str, rows: pa.Table) -> Entry:
    """Keep rows, whatever their columns; `reason` among them says per row why it is here."""
    path = folder / "rows" / f"{safe_name(key)}.parquet"
    return _keep(
        "rows", path, key, _summary(rows), rows.num_rows, lambda beside: pq.write_table(rows, beside)
    )


def forget(folder: Path, key: str, rows: bool) -> None:
    """Take an export that is in the lake now out of quarantine: its bytes, and with `rows` its bad rows."""
    paths = [folder / "files" / safe_name(key)]
    if rows:
        paths.append(folder / "rows" / f"{safe_name(key)}.parquet")
    for path in paths:
        _sidecar(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def entries(folder: Path) -> list[Entry]:
    """All that is in quarantine, by key."""
    sidecars = (path for kind in ("files", "rows") for path in (folder / kind).glob("*.json"))
    return sorted((_read(path) for path in sidecars), key=lambda entry: (entry.key, entry.kind))


def _keep(kind: str, path: Path, key: str, reason: str, size: int, write: Callable[[Path], object]) -> Entry:
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, write)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = Entry(kind, key, reason, size, datetime.now(UTC).isoformat(timespec="seconds"), digest, path)
    text = json.dumps({**asdict(entry), "path": path.name}, indent=2) + "\n"
    _replace(_sidecar(path), lambda beside: beside.write_text(text))
    return entry


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    write(beside)
    beside.replace(path)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _read(sidecar: Path) -> Entry:
    fields = json.loads(sidecar.read_text())
    return Entry(**{**fields, "path": sidecar.with_name(fields["path"])})


def _summary(rows: pa.Table) -> str:
    """The reasons with how many rows each has, the commonest first, at most three spelled out."""
    counts = Counter(rows["reason"].to_pylist()).most_common()
    told = [f"{reason} ({count:,} rows)" if count > 1 else str(reason) for reason, count in counts[:3]]
    rest = sum(count for _, count in counts[3:])
    return "; ".join([*told, f"and {rest:,} rows for other reasons"] if rest else told)

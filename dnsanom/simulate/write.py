"""Flows as the exports that a collector has: a file for each five minutes, and the truth beside them."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from dnsanom.errors import BadUseError
from dnsanom.progress import Progress
from dnsanom.simulate.clock import MINUTE, SECOND
from dnsanom.simulate.day import simulate_day
from dnsanom.simulate.draws import I64, whole
from dnsanom.simulate.profile import DEFAULT

Format = Literal["nfcapd", "csv"]

ROTATION = 5 * MINUTE
TRUTH = "truth.csv"


def write_exports(
    out: Path, flows: pa.Table, truth: pd.DataFrame, fmt: Format = "nfcapd", progress: Progress | None = None
) -> list[Path]:
    """Write flows (in the order in which they end) as five-minute rotations by that end, then truth.csv.

    Returns the paths, the truth's last. A file's name holds the UTC start of its five minutes.
    """
    write = _writer(fmt)
    out.mkdir(parents=True, exist_ok=True)
    ends = flows["first_seen"].cast(pa.int64()).to_numpy() + _milliseconds(flows["duration"])
    cuts = list(_rotations(ends))
    paths = []
    for number, (begin, first, last) in enumerate(cuts):
        name = f"nfcapd.{datetime.fromtimestamp(begin / SECOND, UTC):%Y%m%d%H%M}"
        paths.append(out / (name if fmt == "nfcapd" else f"{name}.csv"))
        write(paths[-1], flows.slice(first, last - first))
        if progress:
            progress(number + 1, len(cuts), f"{last} flows")
    truth.to_csv(out / TRUTH, index=False, lineterminator="\n")
    return [*paths, out / TRUTH]


def _writer(fmt: Format) -> Callable[[Path, pa.Table], object]:
    if fmt == "nfcapd":
        from dnsanom.simulate.nfcapd import write_nfcapd

        return lambda path, flows: write_nfcapd(path, flows, "dnsanom")
    from dnsanom.simulate.csv48 import write_csv

    return write_csv


def _milliseconds(duration: pa.ChunkedArray) -> I64:
    return whole(duration.to_numpy() * SECOND)


def _rotations(ends: I64) -> Iterator[tuple[int, int, int]]:
    """Start (ms) of each five minutes that has flows, and its first row and the row after its last."""
    slots = ends // ROTATION
    first = np.flatnonzero(np.append(True, slots[1:] != slots[:-1])[: len(slots)])
    for begin, end in zip(first.tolist(), [*first[1:].tolist(), len(slots)], strict=False):
        yield int(slots[begin]) * ROTATION, begin, end


def simulate_to(
    out: str,
    start: datetime,
    hours: float,
    clients: int,
    seed: int,
    fmt: Format = "nfcapd",
    sampling: int = 1,
    profile: str = DEFAULT,
    progress: Progress | None = None,
) -> list[str]:
    """Simulate, and write the exports to a folder or an s3:// URL; returns where each of them is."""
    flows, truth = simulate_day(start, hours, clients, seed, sampling, profile)
    if "://" not in out:
        return [str(path) for path in write_exports(Path(out), flows, truth, fmt, progress)]
    with tempfile.TemporaryDirectory() as folder:
        return _upload(write_exports(Path(folder), flows, truth, fmt, progress), out)


def _upload(paths: list[Path], url: str) -> list[str]:
    from dnsanom.settings import load_settings
    from dnsanom.store.objects import ObjectStore

    if not url.startswith("s3://"):
        raise BadUseError(f"--out: {url!r} is neither a folder nor an s3:// URL")
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    store = ObjectStore(load_settings().s3.model_copy(update={"bucket": bucket}))
    store.ensure_bucket()
    keys = {f"{prefix.rstrip('/')}/{path.name}".lstrip("/"): path for path in paths}
    for key, path in keys.items():
        store.put(key, path.read_bytes())
    return [f"s3://{bucket}/{key}" for key in keys]

"""From the store into the lake, validated: flows a second and peak memory, against the usual way.

A real S3 server on this machine, a pull in a process of its own for each set of exports. The usual way is
`nfdump -o csv` and pandas for each export, a checkpoint of the same suite for each, and Parquet with pandas;
it has its exports on disk and Great Expectations imported.

Example:
    python -m benchmarks.pull 0.01
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil
import pyarrow as pa
from pydantic import SecretStr

from benchmarks._arguments import Arguments
from benchmarks.decode import generated
from benchmarks.validate import ROOT, project
from dnsanom.netflow import finish
from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.validate import validate
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.servers import objectstore
from dnsanom.settings import S3, Settings
from dnsanom.simulate.nfcapd import write_nfcapd
from dnsanom.store.objects import ObjectStore

NAME, SCALE = "benchmark-000", 1.0
#: Exports and flows of each: a small site's day, a large site's hour, two hours, day and three days, by which
#: memory is seen to stay where it was, and large exports.
SMALL, LARGE = (288, 4_400), (4, 1_000_000)
HOUR, HOURS, DAY, DAYS = (12, 50_000), (24, 50_000), (288, 50_000), (864, 50_000)
PEERS = {SMALL: 8, DAY: 2}
BAR, MOST = 500_000, 1.5 * 2**30
#: Seconds between two looks at a pull's processes.
_EVERY = 0.05


#: A pull as the command line runs it, without the imports of this module in its workers.
THERE = """
import json, sys, time
from pathlib import Path
from dnsanom.settings import load_settings
from dnsanom.store.pull import pull

marks, began = [], time.monotonic()
def mark(done, of, note):
    marks.append((int(note.split(" ")[0].replace(",", "")), time.monotonic() - began))
report = pull(load_settings(Path(sys.argv[1])), mark)
print(json.dumps((report.flows, marks[-1][1], marks[0])))
"""


@dataclass(frozen=True)
class Pulled:
    """A pull in its own process: flows and seconds, in all and of the first batch; processor time, memory."""

    flows: int
    seconds: float
    first: tuple[int, float]
    busy: float
    peak: int

    @property
    def running(self) -> float:
        """Flows a second once the workers have started, if there is more than one batch."""
        flows, seconds = self.first
        return (self.flows - flows) / (self.seconds - seconds) if self.flows > flows else 0.0


def main(scale: float = SCALE) -> int:
    """Print figures and ratios; 1 when nfdump is not installed."""
    if shutil.which("nfdump") is None:
        print("nfdump is not installed: nothing to compare with")
        return 1
    with tempfile.TemporaryDirectory() as folder, store(Path(folder)) as s3:
        sets = (SMALL, HOUR, HOURS, DAY, DAYS, LARGE)
        found = {of: measured(Path(folder), s3, *scaled(of, scale)) for of in sets}
        peers = {of: usual(Path(folder), *scaled((n, of[1]), scale)) for of, n in PEERS.items()}
    for of, peer in peers.items():
        print(
            f"{of[1]:,} flows an export: {found[of].flows / found[of].seconds / peer:.1f} times the usual way"
        )
    for more, few in ((DAY, HOUR), (DAYS, HOURS)):
        print(f"memory of {more[0]} exports to {few[0]}: {found[more].peak / found[few].peak:.2f}")
    print(f"most memory: {max(one.peak for one in found.values()) / 2**30:.2f} GiB (bar: {MOST / 2**30:g})")
    return 0


def scaled(of: tuple[int, int], scale: float) -> tuple[int, int]:
    """A set with fewer exports."""
    return max(2, round(of[0] * scale)), of[1]


@contextmanager
def store(folder: Path) -> Iterator[S3]:
    """An S3 server with its data in the folder."""
    var = folder / "var"
    running = objectstore.start(var)
    keys = (SecretStr(running.access_key), SecretStr(running.secret_key))
    try:
        yield S3(endpoint=running.endpoint, access_key=keys[0], secret_key=keys[1])
    finally:
        objectstore.stop(var)


def measured(folder: Path, s3: S3, count: int, flows: int) -> Pulled:
    """A set of exports put into a bucket of its own, and pulled."""
    here = s3.model_copy(update={"bucket": f"exports-{count}-{flows}"})
    bucket = ObjectStore(here)
    bucket.ensure_bucket()
    for key, data in exports(folder, count, flows):
        bucket.put(key, data)
    root = folder / here.bucket
    root.mkdir()
    settings = project(root).model_copy(update={"s3": here})
    shutil.copy(ROOT / "params.yaml", root)
    # What the upload has left to be written would be waited for by the first file that is made to last.
    os.sync()
    pulled = watched(settings)
    shutil.rmtree(root)
    rate, busy, peak = pulled.flows / pulled.seconds, pulled.busy, pulled.peak / 2**30
    print(f"{count} exports of {flows:,} flows: {pulled.seconds:.1f} s ({busy:.1f} of a processor),", end=" ")
    print(f"{rate:,.0f} flows/s, {pulled.running:,.0f} once started (bar: {BAR:,})", end=", ")
    print(f"peak {peak:.2f} GiB", flush=True)
    return pulled


def exports(folder: Path, count: int, flows: int) -> Iterator[tuple[str, bytes]]:
    """nfcapd files with the same flows and each with another name in it, so that none is another's copy."""
    path = folder / "export"
    write_nfcapd(path, generated(flows), NAME)
    data = path.read_bytes()
    for number in range(count):
        yield f"nfcapd.{number:04}", data.replace(NAME.encode(), f"benchmark-{number:03}".encode())


def watched(settings: Settings) -> Pulled:
    """A pull, and the memory of all its processes."""
    process = subprocess.Popen(
        [sys.executable, "-c", THERE, str(settings.root)],
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
    )
    peak, busy = 0, dict[int, float]()
    while process.poll() is None:
        peak = max(peak, used(psutil.Process(process.pid), busy))
        time.sleep(_EVERY)
    assert process.stdout is not None
    flows, seconds, first = json.loads(process.stdout.read())
    return Pulled(flows, seconds, (first[0], first[1]), sum(busy.values()), peak)


def environment(settings: Settings) -> dict[str, str]:
    """The store's settings as environment variables."""
    s3 = settings.s3
    assert s3.endpoint is not None
    assert s3.access_key is not None
    assert s3.secret_key is not None
    return {
        "DNSANOM_S3_ENDPOINT": s3.endpoint,
        "DNSANOM_S3_BUCKET": s3.bucket,
        "DNSANOM_S3_ACCESS_KEY": s3.access_key.get_secret_value(),
        "DNSANOM_S3_SECRET_KEY": s3.secret_key.get_secret_value(),
    }


def used(process: psutil.Process, busy: dict[int, float]) -> int:
    """Bytes that a process and all below it have in memory, a page that some share counted once; `busy` gets
    the processor seconds of each."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            busy[one.pid] = sum(one.cpu_times()[:2])
            total += one.memory_full_info().pss
        except psutil.NoSuchProcess:  # it ended meanwhile, and its memory is free
            continue
    return total


def usual(folder: Path, count: int, flows: int) -> float:
    """Flows a second by nfdump, pandas and a checkpoint an export, in this process."""
    root = folder / f"usual-{flows}"
    root.mkdir()
    settings = project(root)
    context = open_context(settings)
    files = []
    for key, data in exports(folder, count, flows):
        files.append(root / key)
        files[-1].write_bytes(data)
    began = time.monotonic()
    for file in files:
        one(file, settings, context)
    rate = count * flows / (time.monotonic() - began)
    print(f"nfdump -o csv, pandas, a checkpoint for each of {count} exports: {rate:,.0f} flows/s", flush=True)
    return rate


def one(file: Path, settings: Settings, context: Context) -> None:
    """One export in the usual way."""
    text = subprocess.run(["nfdump", "-q", "-r", str(file), "-o", "csv"], check=True, stdout=subprocess.PIPE)
    table = as_flows(pd.read_csv(pa.BufferReader(text.stdout), header=None), file.name)
    verdict = validate(table, file.name, settings, context)
    if not verdict.ok:
        raise SystemExit(f"{file.name}: {verdict.reason}")
    verdict.good.to_pandas().to_parquet(file.with_suffix(".parquet"), compression="zstd")


def as_flows(frame: pd.DataFrame, key: str) -> pa.Table:
    """nfdump's 48 columns by their places, as a flow table."""
    protocol = frame[7].str.strip().map({"UDP": 17, "TCP": 6})
    columns = {
        "first_seen": pa.array(pd.to_datetime(frame[0], utc=True).dt.as_unit("ms")),
        "duration": pa.array(frame[2]),
        "protocol": pa.array(protocol),
        "src_ip": pa.array(frame[3].str.strip(), pa.string()),
        "src_port": pa.array(frame[5]),
        "dst_ip": pa.array(frame[4].str.strip(), pa.string()),
        "dst_port": pa.array(frame[6]),
        "packets": pa.array(frame[11]),
        "bytes": pa.array(frame[12]),
        "flows": pa.array([1] * len(frame)),
        "row": pa.array(range(len(frame))),
    }
    return finish(columns, key).select(FLOW_SCHEMA.names)


if __name__ == "__main__":
    given = Arguments("benchmarks.pull", __doc__)
    given.size("scale", SCALE, "share of each set's exports")
    sys.exit(main(given.parse_args().scale))

"""Decoding an nfcapd file against nfdump printing it, and against nfdump only counting it.

A file of generated DNS flows, read by all in turn, several rounds; ratios of the medians. nfdump writes to
/dev/null; as `fmt:` it prints the fifteen columns of the flow table. Ours ends with the whole flow table in
memory, and runs twice in each round: the first time it takes memory anew, which a virtual machine may have
given back to its host while nfdump ran; then in memory that it has, as a worker does that reads one export
after the other. Then a file with a twentieth of DNS, of which ours ends with the DNS flows.

Example:
    python -m benchmarks.decode 200000
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks._arguments import Arguments
from benchmarks._timing import Seconds, in_turn, ratios
from dnsanom.netflow import decode, finish
from dnsanom.params import Dns
from dnsanom.simulate.nfcapd import write_nfcapd

FLOWS, ROUNDS, SEED = 1_500_000, 3, 7
NEW_MEMORY = "decode, anew"
OURS, PRINTS, CSV, COUNTS = "decode", "nfdump -o fmt", "nfdump -o csv", "nfdump -s srcip"
FORMAT = "fmt:%ts %td %pr %sap %dap %flg %tos %pkt %byt %pps %bps %bpp %fl"
START = 1_772_409_600_000


def main(count: int = FLOWS) -> int:
    """Print the ratios; 1 when nfdump is not installed."""
    if shutil.which("nfdump") is None:
        print("nfdump is not installed: nothing to compare with")
        return 1
    for share, names in ((1.0, (OURS, PRINTS, CSV, COUNTS)), (0.05, (OURS, COUNTS))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "nfcapd.202603020000"
            write_nfcapd(path, generated(count, share), "bench")
            size = f"{count:,} flows, {share:.0%} DNS, in {path.stat().st_size / 1e6:.0f} MB"
            print(f"{size}, medians of {ROUNDS} alternating runs", flush=True)
            all_of_them = contenders(path)
            report(count, measured({name: all_of_them[name] for name in names}))
    return 0


def generated(count: int, share: float = 1.0) -> pa.Table:
    """Flows of 20,000 clients and 60 servers, a tenth over IPv6, nine in ten without a duration.

    This share of them is DNS, the others are of the web.
    """
    draw = np.random.default_rng(SEED)
    wide, query = draw.random(count) < 0.1, draw.random(count) < 0.5
    names = [f"198.18.{n >> 8}.{n & 255}" for n in range(20_000)]
    names += [f"2001:db8:c000::{n + 1:x}" for n in range(20_000)]
    names += [f"198.51.100.{n}" for n in range(60)] + [f"2001:db8:53::{n + 1:x}" for n in range(60)]
    client = draw.integers(0, 20_000, count) + wide * 20_000
    server = 40_000 + (60 * draw.random(count) ** 3).astype(np.int64) + wide * 60
    high, packets = draw.integers(1024, 65_536, count), draw.geometric(0.9, count)
    low = np.where(draw.random(count) < share, 53, 443)
    columns = {
        "first_seen": pa.array(START + np.sort(draw.integers(0, 300_000, count)), pa.timestamp("ms", "UTC")),
        "duration": pa.array(np.where(draw.random(count) < 0.9, 0, draw.integers(1, 60_000, count)) / 1000),
        "protocol": pa.array(np.where(draw.random(count) < 0.97, 17, 6)),
        "src_ip": pa.array(names).take(pa.array(np.where(query, client, server))),
        "dst_ip": pa.array(names).take(pa.array(np.where(query, server, client))),
        "src_port": pa.array(np.where(query, high, low)),
        "dst_port": pa.array(np.where(query, low, high)),
        "tcp_flags": pa.array(np.zeros(count, np.int16)),
        "tos": pa.array(np.zeros(count, np.int16)),
        "packets": pa.array(packets),
        "bytes": pa.array(packets * draw.integers(57, 300, count)),
        "flows": pa.array(np.ones(count, np.int64)),
        "exporter": pa.repeat(pa.scalar("192.0.2.1"), count),
        "row": pa.array(np.arange(count)),
    }
    return finish(columns, "bench")


def contenders(path: Path) -> dict[str, Callable[[], object]]:
    """What is compared, each from the file on disk."""
    dns = Dns(ports=(53, 853))
    return {
        OURS: lambda: decode(path.read_bytes(), path.name, dns),
        PRINTS: lambda: nfdump("-q", "-N", "-r", str(path), "-o", FORMAT),
        CSV: lambda: nfdump("-q", "-N", "-r", str(path), "-o", "csv"),
        COUNTS: lambda: nfdump("-r", str(path), "-s", "srcip"),
    }


def nfdump(*arguments: str) -> None:
    """Run nfdump to its end, its output thrown away."""
    subprocess.run(["nfdump", *arguments], check=True, stdout=subprocess.DEVNULL)


def measured(runs: dict[str, Callable[[], object]]) -> dict[str, Seconds]:
    """Median wall and processor time of each in seconds, in turn in every round; ours first in new memory."""
    runs[OURS]()
    return in_turn({NEW_MEMORY: runs[OURS], **runs}, ROUNDS)[0]


def report(count: int, seconds: dict[str, Seconds]) -> None:
    """Print times, and how they compare."""
    for name, (wall, processor) in seconds.items():
        print(
            f"{name:16} {wall:6.2f} s  {wall / count * 1e6:5.2f} µs a flow  ({processor:.2f} s of processors)"
        )
    for name, aim in ((PRINTS, "bar: 10"), (CSV, "no bar"), (COUNTS, "aim: 1")):
        if name in seconds:
            wall, processor = ratios(seconds[name], seconds[OURS])
            anew, _ = ratios(seconds[name], seconds[NEW_MEMORY])
            more = f"{processor:.2f} times by processors, {anew:.2f} times in new memory"
            print(f"decode is {wall:.2f} times as fast as {name} ({aim}), {more}")


if __name__ == "__main__":
    given = Arguments("benchmarks.decode", __doc__)
    given.size("flows", FLOWS, "flows in the file")
    sys.exit(main(given.parse_args().flows))

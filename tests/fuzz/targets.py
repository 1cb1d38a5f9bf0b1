"""What is fuzzed: each format with small valid exports of it and the mutations that fit it."""

import bz2
import gzip
import json
import lzma
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import layout1_bytes
import nfcapd_bytes
import packing
import pyarrow as pa
import text_samples
from flow_rows import made_flows

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1
from dnsanom.simulate.csv48 import write_csv
from dnsanom.simulate.nfcapd import write_nfcapd
from fuzz import blocks, columnar, objects
from fuzz.mutate import BYTES, TEXT, Mutate, several

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Target:
    """A format: its valid exports, and how one of them, or a kept one, is hurt."""

    name: str
    seeds: tuple[bytes, ...]
    mutate: Mutate

    def __post_init__(self) -> None:
        if not self.seeds:
            raise ValueError(f"{self.name}: no seeds")

    @property
    def kept(self) -> list[Path]:
        """The inputs of the corpus."""
        return sorted((CORPUS / self.name).glob("*"))


def _written(write: Callable[[Path, pa.Table], None], count: int, seed: int) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        write(path, made_flows(count, seed=seed))
        return path.read_bytes()


def _nfcapd(path: Path, flows: pa.Table) -> None:
    write_nfcapd(path, flows, "edge")


def _nfcapds() -> list[Target]:
    layout2 = tuple(_written(_nfcapd, count, count) for count in (5, 12, 30))
    layout1 = (layout1_bytes.small(), _short_layout1())
    return [
        Target("nfcapd2", layout2, blocks.wounds(nf.LAYOUT, (nf.NOT_COMPRESSED, *nfcapd_bytes.PACK))),
        Target("nfcapd1", layout1, blocks.wounds(nf1.LAYOUT, (nf.NOT_COMPRESSED, *nf1.COMPRESSION.values()))),
    ]


def _short_layout1() -> bytes:
    """One block of plain flows under one map."""
    flows = [layout1_bytes.flow(0, bytes(8), packets=n) for n in range(1, 6)]
    return layout1_bytes.layout1(layout1_bytes.block(layout1_bytes.extension_map(0, 4, 6), *flows))


def _texts() -> list[Target]:
    csv48 = tuple(_written(write_csv, count, count) for count in (5, 20))
    headless = tuple(seed.partition(b"\n")[2] for seed in csv48)
    wound, found = several(TEXT), {"csv48": (*csv48, *headless)}
    for name, text in {**text_samples.SAMPLES, **text_samples.HEADLESS}.items():
        short = name.split(",")[0].replace(" ", "-").lower()
        found[short] = (*found.get(short, ()), text.encode(), (text * 3).encode())
    return [Target(name, seeds, wound) for name, seeds in found.items()]


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": packing.arrow("zstd"),
    "lz4": packing.arrow("lz4"),
}
_SKIPPED = struct.pack("<II", 0x184D2A50, 4) + b"skip"


def _wrapped(inner: tuple[bytes, ...]) -> Target:
    """Exports of other formats inside each compression, and now and then inside two."""
    text, raw, packs = several(TEXT), several(BYTES), list(PACKS.values())

    def mutate(data: bytes, draw: Random) -> bytes:
        """What is inside hurt before it is packed, or the packed bytes; frames joined, nested or skipped."""
        if draw.random() < 0.3:
            return raw(data, draw)
        pack, data = draw.choice(packs), draw.choice(inner)
        if draw.random() < 0.5:
            data = text(data, draw)
        if draw.random() < 0.1:
            data = draw.choice(packs)(data)
        at = int(draw.random() * len(data)) if draw.random() < 0.3 else 0
        packed = (pack(data[:at]) if at else b"") + pack(data[at:])
        if draw.random() < 0.1:
            packed = _SKIPPED + packed
        return raw(packed, draw) if draw.random() < 0.5 else packed

    return Target("wrapped", tuple(pack(data) for data in inner for pack in packs), mutate)


@cache
def targets() -> dict[str, Target]:
    """All targets by name."""
    csv = text_samples.CSV.encode()
    ndjson = b"".join(json.dumps(flow).encode() + b"\n" for flow in objects.GOFLOW2)
    made = [
        *_nfcapds(),
        *_texts(),
        *(Target(name, seeds, objects.wounds) for name, seeds in objects.seeds().items()),
        Target("parquet", columnar.seeds(), columnar.wounds),
        _wrapped((csv, ndjson, b"")),
    ]
    return {target.name: target for target in made}

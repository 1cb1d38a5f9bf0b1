"""Seeded damage to exports: a result or a DecodeError that names the export, never another error."""

import gzip
import time
from pathlib import Path

import nfcapd_bytes as made
import numpy as np
import pytest
from flow_rows import made_flows

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate.csv48 import write_csv
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
ROUNDS = 1500
SECONDS_EACH = 5


def damaged(data: bytes, draw: np.random.Generator) -> bytes:
    """One to four wounds: bytes or words set, pieces cut out, doubled or drawn anew, the end cut off."""
    hurt = bytearray(data)
    for _ in range(draw.integers(1, 5)):
        at, size = int(draw.integers(0, len(hurt) + 1)), int(draw.integers(1, 64))
        match draw.integers(0, 6):
            case 0:
                hurt[at : at + 1] = draw.bytes(1)
            case 1:
                hurt[at & ~1 : (at & ~1) + 2] = draw.choice(
                    [b"\0\0", b"\xff\xff", b"\x01\0", b"\x0c\0", b"\0\x80"]
                )
            case 2:
                del hurt[at : at + size]
            case 3:
                hurt[at:at] = hurt[at : at + size]
            case 4:
                hurt[at : at + size] = draw.bytes(size)
            case _ if draw.random() < 0.2:
                del hurt[at:]
    return bytes(hurt)


def outcome_of(data: bytes) -> Decoded | str:
    """What decoding gives: flows, or the message of a DecodeError; any other error fails the test."""
    try:
        return decode(data, "hurt", DNS, keep="all")
    except DecodeError as error:
        return str(error)


def exports(folder: Path) -> dict[str, bytes]:
    flows = made_flows(60)
    write_nfcapd(folder / "nfcapd", flows, "fuzz")
    write_csv(folder / "csv", flows)
    plain, text = (folder / "nfcapd").read_bytes(), (folder / "csv").read_bytes()
    footer = b"Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n60,1,1,1,1,1\n"
    return {
        "nfcapd": plain,
        "nfcapd.lz4": made.packed(plain, nf.LZ4),
        "csv": text.replace(b"\n", b"\r\n") + footer,
        "csv.gz": gzip.compress(text[:3000], mtime=0),
    }


@pytest.mark.parametrize("kind", ["nfcapd", "nfcapd.lz4", "csv", "csv.gz"])
def test_damage_ends_in_a_result_or_a_decode_error(kind: str, tmp_path: Path) -> None:
    data, draw, read = exports(tmp_path)[kind], np.random.default_rng(11), 0
    for number in range(ROUNDS):
        hurt, began = damaged(data, draw), time.monotonic()
        outcome = outcome_of(hurt)
        if isinstance(outcome, str):
            assert outcome.startswith("hurt: "), number
            assert "\n" not in outcome, number
        else:
            read += 1
            report = outcome.report
            assert outcome.flows.schema == FLOW_SCHEMA, number
            assert report.rows == report.kept + report.dropped + report.rejected, number
            assert (len(outcome.flows), len(outcome.rejected)) == (report.kept, report.rejected), number
            outcome.flows.validate(full=True)
        assert time.monotonic() - began < SECONDS_EACH, number
    assert 0 < read < ROUNDS

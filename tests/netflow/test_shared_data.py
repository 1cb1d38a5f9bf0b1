"""Real traffic, where it lies beside the project."""

import time
from pathlib import Path

import pyarrow.compute as pc
import pytest

from dnsanom.netflow import decode
from dnsanom.params import Dns

DATA = Path(__file__).parents[2].parent / "shared" / "data"
DNS = Dns(ports=(53, 853))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
CAPTURES = {
    "benign-resolver-client": 18_796,
    "tunnel-dnscat2-cname": 54,
    "tunnel-ozymandns": 17_067,
    "tunnel-dns2tcp": 38,
}


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_are_read_whole(name: str) -> None:
    data, began = (DATA / "captures" / f"{name}.csv.gz").read_bytes(), time.process_time()
    decoded = decode(data, name, DNS)
    took = time.process_time() - began
    assert decoded.report.kept == decoded.report.rows == CAPTURES[name]
    assert took < 2
    assert pc.min(decoded.flows["first_seen"]).as_py().year == 2023
    assert set(decoded.flows["protocol"].to_pylist()) <= {6, 17}


def test_nfdumps_own_csv_is_read() -> None:
    decoded = decode((DATA / "nfdump-text" / "iodine.csv.txt").read_bytes(), "iodine", DNS)
    assert decoded.flows["packets"].to_pylist() == [9087, 8358, 2, 2]
    assert decoded.flows["bytes"].to_pylist() == [827_276, 2_697_910, 198, 134]
    assert decoded.flows["duration"].to_pylist() == [3607.178, 3607.178, 0.034, 0.034]

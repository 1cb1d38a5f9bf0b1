"""The frame that expectations look at: what is derived, and how wide it is."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from broken_flows import changed
from flow_rows import made_flows

from dnsanom.quality.checks import count_dns, is_address, outside, repeated_rows
from dnsanom.quality.checks import frame as laid_out
from dnsanom.schema import FLOW_SCHEMA


def frame(flows: pa.Table) -> pd.DataFrame:
    return laid_out(flows, repeated_rows(flows), np.arange(flows.num_rows))


def test_integers_are_wide_and_places_are_the_index() -> None:
    flows = made_flows(50)
    made = laid_out(flows, repeated_rows(flows), np.arange(50) + 1000)
    assert {str(made[name].dtype) for name in ("protocol", "src_port", "row", "bytes")} == {"int64"}
    assert made.index.name is None
    assert made.index.tolist() == [*range(1000, 1050)]


def test_sound_flows_agree() -> None:
    made = frame(made_flows(500))
    assert (made[["pps_off", "bps_off", "bpp_off"]] < 1e-9).all(axis=None)
    assert made["malformed_address"].isna().all()
    assert (made["least_bytes"] == 20 * made["packets"]).all()
    ends = made["first_seen"] + pd.to_timedelta(made["duration"], unit="s").dt.round("ms")
    assert (made["last_seen"] == ends).all()


def test_dns_is_counted_by_either_port() -> None:
    flows = made_flows(300)
    ports = list(zip(flows["src_port"].to_pylist(), flows["dst_port"].to_pylist(), strict=True))
    for known in ((53,), (53, 853)):
        count = sum(bool(set(pair) & set(known)) for pair in ports)
        assert 0 < count < 300
        assert count_dns(flows, known) == count


def test_rows_that_are_there_twice_are_found_in_any_order() -> None:
    flows = made_flows(6)
    assert repeated_rows(flows).null_count == 6
    twice = changed(changed(flows, 4, row=1), 2, row=None)
    assert repeated_rows(twice).to_pylist() == [None, 1.0, None, None, 1.0, None]
    assert repeated_rows(FLOW_SCHEMA.empty_table()).to_pylist() == []


def test_the_first_malformed_address_is_shown() -> None:
    flows = changed(made_flows(10), 2, dst_ip="1.2.3", exporter="x")
    assert frame(flows)["malformed_address"].dropna().to_dict() == {2: "1.2.3"}


@pytest.mark.parametrize("duration", [math.nan, math.inf, -math.inf, 1e300, -1e300, None])
def test_no_duration_overflows_a_timestamp(duration: float | None) -> None:
    made = frame(changed(made_flows(10), 2, duration=duration))
    last_seen = made["last_seen"][2]
    assert last_seen is pd.NaT or last_seen.year > 2100


def test_nothing_is_derived_from_zero_packets_or_a_negative_duration() -> None:
    made = frame(changed(made_flows(10), 2, packets=0, duration=-1.0))
    assert made.loc[2, ["pps_off", "bps_off", "bpp_off"]].isna().all()


def test_an_empty_table_has_every_column() -> None:
    made = frame(FLOW_SCHEMA.empty_table())
    assert len(made) == 0
    assert set(FLOW_SCHEMA.names) < set(made.columns)


ADDRESSES = ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1")
NO_ADDRESSES = ("192.0.2.01", "192.0.2", "192.0.2.256", "", "1", "2001:db8::1::")


@pytest.mark.parametrize("text", [*ADDRESSES, *NO_ADDRESSES])
def test_addresses(text: str) -> None:
    is_ = text in ADDRESSES
    assert is_address(text) is is_
    found = frame(changed(made_flows(4), 1, src_ip=text))["malformed_address"]
    assert found.dropna().tolist() == ([] if is_ else [text])


def test_outside() -> None:
    values = pd.Series([-1.0, 0.0, 5.0, 10.0, 10.5, math.nan])
    assert outside(values, 0, 10).tolist() == [True, False, False, False, True, False]
    assert outside(values, 0, None).tolist() == [True, False, False, False, False, False]
    assert outside(values, None, 10).tolist() == [False, False, False, False, True, False]


def test_the_flows_cannot_be_changed_through_the_frame() -> None:
    flows = made_flows(20)
    before = flows["bytes"][0].as_py()
    made = frame(flows)
    with pytest.raises(ValueError, match="read-only"):
        made.loc[0, "bytes"] = 7
    assert flows["bytes"][0].as_py() == before

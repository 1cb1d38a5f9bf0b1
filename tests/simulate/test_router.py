"""The router: flows cut at the timeouts, fragments without ports, samples scaled as nfdump stores them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from dnsanom.simulate import simulate_day
from dnsanom.simulate.draws import generator
from dnsanom.simulate.packets import packets
from dnsanom.simulate.router import fragment, meter, sample

CLIENT, SERVER = 198 << 24 | 18 << 16 | 1, 240 << 24 | 7


def _times(*seconds: float) -> np.ndarray:
    return (np.array(seconds) * 1_000).astype(np.int64)


def test_a_pause_past_the_inactive_timeout_ends_a_flow() -> None:
    flows, _ = meter(packets(_times(0, 15, 31), CLIENT, SERVER, 1_025, 53, 70), 1)
    assert flows["packets"].to_pylist() == [2, 1]
    assert flows["duration"].to_pylist() == [15.0, 0.0]


def test_the_active_timeout_cuts_a_long_flow() -> None:
    flows, _ = meter(packets(_times(*range(0, 150, 5)), CLIENT, SERVER, 1_025, 53, 70), 1)
    assert flows["packets"].to_pylist() == [12, 12, 6]
    assert flows["bytes"].to_pylist() == [840, 840, 420]


def test_a_key_is_all_of_addresses_ports_protocol_and_tos() -> None:
    time = _times(0, 0, 0, 0)
    ports, tos = np.array([1_025, 1_026, 1_025, 1_025]), np.array([0, 0, 40, 0])
    flows, _ = meter(packets(time, CLIENT, SERVER, ports, 53, 70, tos=tos), 1)
    assert sorted(flows["packets"].to_pylist()) == [1, 1, 2]


def test_flows_come_in_the_order_in_which_they_end() -> None:
    time, ports = _times(0, 1, 9), np.array([1_025, 1_026, 1_025])
    flows, _ = meter(packets(time, CLIENT, SERVER, ports, 53, 70), 1)
    assert flows["src_port"].to_pylist() == [1_026, 1_025]


def test_a_large_datagram_becomes_fragments_without_ports() -> None:
    sent = fragment(packets(_times(0), SERVER, CLIENT, 53, 1_025, 3_400))
    assert sent.size.tolist() == [1_500, 970]
    assert sent.count.tolist() == [1, 2]
    assert (sent.sport.tolist(), sent.dport.tolist()) == ([53, 0], [1_025, 0])


def test_samples_are_scaled_once() -> None:
    sent = packets(np.arange(200_000), CLIENT, SERVER, 1_025, 53, 70, count=3)
    flows, _ = meter(sample(generator(1, "sample"), sent, 100), 100)
    assert sum(flows["packets"].to_pylist()) == pytest.approx(600_000, rel=0.05)
    assert all(n % 100 == 0 for n in flows["packets"].to_pylist())
    assert set(flows["sampling_rate"].to_pylist()) == {100}


def test_a_sampled_day_keeps_volume_and_loses_flows() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    whole, _ = simulate_day(start, 1, 60, seed=4)
    thin, _ = simulate_day(start, 1, 60, seed=4, sampling=10)
    assert thin.num_rows < 0.5 * whole.num_rows
    assert sum(thin["packets"].to_pylist()) == pytest.approx(sum(whole["packets"].to_pylist()), rel=0.1)
    assert set(whole["sampling_rate"].to_pylist()) == {1}


def test_routers_export_what_they_see() -> None:
    inside = 198 << 24 | 51 << 16 | 100 << 8 | 10
    sent = packets(_times(0, 0), CLIENT, np.array([inside, SERVER]), np.array([1, 2]), 53, 70)
    flows, _ = meter(sent, 1)
    exporters = dict(zip(flows["dst_ip"].to_pylist(), flows["exporter"].to_pylist(), strict=True))
    assert exporters == {"198.51.100.10": "192.0.2.1", "240.0.0.7": "192.0.2.2"}

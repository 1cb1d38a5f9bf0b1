"""The flows that an exporter which samples 1 packet in N would have recorded of the same traffic.

From a flow's record, each of its packets is drawn with the chance 1/N, and what is drawn becomes the record:

- packets: Binomial(packets, 1/N); the flow is gone when none was drawn. Bytes are the drawn packets times the
  flow's bytes a packet, rounded. Both are multiplied by N, as nfdump does, which `sampling_rate` and
  `scaled_by` say.
- duration: a flow's packets are taken to be equally far apart. Of n packets over d seconds, k drawn ones span
  d (k - 1) (n + 1) / ((k + 1) (n - 1)) in the mean, in the middle of the flow; one packet lasts 0 s.
- tcp_flags, tos: as they were.

The draw is the inverse of the binomial distribution at a number that an md5 of the seed, the export and the
row gives, so the order of the flows makes no difference, and what a rate of a thousand leaves is part of what
a hundred leaves.

What sampled packets would show and records can't: a sampled flow whose packets lie further apart than the
inactive timeout is several records, here one; the active timeout begins anew with the first drawn packet; all
of a flow's TCP flags stay, though the packets that had them may not be drawn; packets of a flow are alike in
size. Records that an exporter had cut at a timeout stay cut.
"""

from collections.abc import Iterator

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr import types as ir
from scipy.stats import binom

from dnsanom.params import Dataset
from dnsanom.rates import derive
from dnsanom.schema import DERIVED, FLOW_SCHEMA, TIMESTAMP

Numbers = npt.NDArray[np.float64]
#: Hexadecimal digits of the md5 that make the number; 32 bits tell apart chances of a rate of a thousand.
_DIGITS = 8


def thinned(flows: ibis.Table, rate: int, seed: int) -> ibis.Table:
    """The flows (FLOW_SCHEMA) as 1:`rate` sampling, 2 or more, would have recorded them. Runs a query.

    `flows` must hold exact counts: see `sampling.unsampled`. What is left is held in memory.
    """
    return recorded(numbered(flows, seed), rate)


def at_rates(con: ibis.BaseBackend, flows: ibis.Table, dataset: Dataset) -> Iterator[tuple[int, ibis.Table]]:
    """Each of the data set's rates with the records that it makes of the flows, which are gone through once.

    Makes a table `drawn` in the backend.
    """
    rates = sorted(dataset.sampling_rates)
    if rates:
        drawn = con.create_table("drawn", met(numbered(flows, dataset.seed), rates[0]))
        yield from ((rate, recorded(drawn, rate)) for rate in rates)


def numbered(flows: ibis.Table, seed: int) -> ibis.Table:
    """The flows with `drawn`, the number in (0, 1) that decides how many of their packets are drawn."""
    return flows.select(*FLOW_SCHEMA.names).mutate(drawn=_uniform(flows, seed))


def met(numbered: ibis.Table, rate: int) -> ibis.Table:
    """The numbered flows of which a rate draws a packet; higher rates draw of these only."""
    none = (numbered.packets * float(np.log1p(-1 / rate))).exp()
    return numbered.filter(numbered.drawn > none)


def recorded(numbered: ibis.Table, rate: int) -> ibis.Table:
    """The records that a rate makes of numbered flows. Runs a query."""
    return ibis.memtable(_recorded(met(numbered, rate).to_pyarrow(), rate))


def _uniform(flows: ibis.Table, seed: int) -> ir.FloatingValue:
    """A number in (0, 1) for each flow, by what names it: its export and row."""
    what = [ibis.literal(str(seed)), flows.export_key, flows.row.cast("string")]
    text = ibis.literal("|").join(what).hexdigest("md5")
    digits = (ibis.literal("0123456789abcdef").find(text.substr(i, 1)) for i in range(_DIGITS))
    places = [digit * 16 ** (_DIGITS - 1 - i) for i, digit in enumerate(digits)]
    return (sum(places[1:], places[0]).cast("float64") + 0.5) / 16**_DIGITS


def _recorded(left: pa.Table, rate: int) -> pa.Table:
    """The records of flows of which a packet was drawn."""
    flow = {name: left[name].to_numpy().astype(np.float64) for name in ("packets", "bytes", "duration")}
    sent, size = flow["packets"], np.rint(flow["bytes"] / flow["packets"])
    kept = np.maximum(binom.ppf(left["drawn"].to_numpy(), sent, 1 / rate), 1)
    before, duration = _times(flow["duration"], sent, kept)
    packets, octets = kept * rate, kept * size * rate
    first = left["first_seen"].cast(TIMESTAMP).cast(pa.int64()).to_numpy() + np.rint(1000 * before).astype(
        np.int64
    )
    new: dict[str, npt.NDArray[np.generic]] = {
        "first_seen": first,
        "duration": duration,
        "packets": packets.astype(np.int64),
        "bytes": octets.astype(np.int64),
        "sampling_rate": np.full(len(sent), rate),
        "scaled_by": np.full(len(sent), rate),
        **{name: value for name, value in derive(duration, packets, octets).items() if name in DERIVED},
    }
    columns = [pa.array(new[f.name]) if f.name in new else left[f.name] for f in FLOW_SCHEMA]
    return pa.table([c.cast(f.type) for c, f in zip(columns, FLOW_SCHEMA, strict=True)], schema=FLOW_SCHEMA)


def _times(duration: Numbers, sent: Numbers, kept: Numbers) -> tuple[Numbers, Numbers]:
    """Seconds before the first drawn packet, and from it to the last, whole milliseconds, in the mean."""
    gap = duration / np.maximum(sent - 1, 1)
    before = gap * ((sent + 1) / (kept + 1) - 1)
    lasting = gap * (sent + 1) * (kept - 1) / (kept + 1)
    return np.round(before, 3), np.round(lasting, 3)

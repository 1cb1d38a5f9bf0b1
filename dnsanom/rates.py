"""The rates of a flow: the one place that derives them."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
#: Seconds.
_SHORTEST = 1e-9


def derive(duration: Numbers, packets: Numbers, octets: Numbers) -> dict[str, Numbers]:
    """`pps`, `bps` and `bpp` of flows; as nfdump has it, no rate (0) where the duration is 0 s.

    Not rounded, where nfdump prints whole numbers. `bpp` is 0 for a flow without packets. Less than a
    nanosecond, which no exporter measures, is no duration: rates would be past all numbers.
    """
    lasting, sent = ~(np.abs(duration) < _SHORTEST), packets != 0
    return {
        "pps": np.divide(packets, duration, out=np.zeros(len(duration)), where=lasting),
        "bps": np.divide(8 * octets, duration, out=np.zeros(len(duration)), where=lasting),
        "bpp": np.divide(octets, packets, out=np.zeros(len(duration)), where=sent),
    }

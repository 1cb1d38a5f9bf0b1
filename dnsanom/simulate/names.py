"""What is asked: catalogues of names with Zipf popularity, each with its query's and its reply's size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dnsanom.simulate.draws import F64, I64, whole

#: Sizes (IP bytes) at cumulative shares: (share, bytes).
Sizes = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Names:
    """A catalogue: bytes of each name's query and reply, and the cumulative share of the questions."""

    query: I64
    reply: I64
    cumulative: F64

    def draw(self, rng: np.random.Generator, n: int) -> tuple[I64, I64]:
        """Query and reply bytes of `n` questions; one reply in 25 is another name's, since sets change."""
        name = np.searchsorted(self.cumulative, rng.random(n))
        other = np.searchsorted(self.cumulative, rng.random(n))
        answer = np.where(rng.random(n) < 0.04, other, name)
        query = self.query[name]
        return query, np.maximum(self.reply[answer], query)


def catalogue(
    rng: np.random.Generator, count: int, query: Sizes, reply: Sizes, *, zipf: float = 0.9, tie: float = 0.5
) -> Names:
    """A catalogue whose sizes, weighted by popularity, have the given quantiles.

    `zipf` is the exponent of popularity, `tie` how closely the reply's rank follows the query's (0 to 1).
    A reply repeats the question, so it is never smaller than the query.
    """
    share = 1 / np.arange(1, count + 1) ** zipf
    share /= share.sum()
    hidden = rng.standard_normal(count)
    answer = tie * hidden + np.sqrt(1 - tie**2) * rng.standard_normal(count)
    asked = _at_ranks(hidden, share, query)
    return Names(asked, np.maximum(_at_ranks(answer, share, reply), asked), _cumulative(share))


def _cumulative(share: F64) -> F64:
    total = np.cumsum(share)
    total[-1] = 1.0
    return total


def _at_ranks(order: F64, share: F64, sizes: Sizes) -> I64:
    """Sizes at the weighted mid-ranks of `order`."""
    place = np.argsort(order)
    rank = np.empty(len(order))
    rank[place] = np.cumsum(share[place]) - share[place] / 2
    shares, values = zip(*sizes, strict=True)
    return whole(np.interp(rank, shares, values))


def around(low: float, middle: float, high: float) -> Sizes:
    """Sizes of a host with few kinds of names: its 5th, 50th and 95th percentile."""
    return [(0, low - (middle - low) / 4), (0.05, low), (0.5, middle), (0.95, high), (1, high * 1.25)]


#: Queries and replies of ISP clients. With IPv6, retries and mail on top, the bulk has UGR'16's percentiles:
#: queries 57/72/86/101, replies 78/130/211/285/422 bytes at the 5th, 50th, 90th, 95th (and 99th).
BULK_QUERY: Sizes = [(0, 48), (0.05, 57), (0.5, 71), (0.9, 83), (0.95, 93), (0.99, 112), (1, 160)]
BULK_REPLY: Sizes = [
    (0, 62), (0.05, 78), (0.5, 129), (0.9, 197), (0.95, 256), (0.99, 390), (0.998, 560), (1, 900)
]  # fmt: skip
MAIL_QUERY: Sizes = [(0, 55), (0.05, 61), (0.5, 72), (0.9, 90), (1, 115)]
MAIL_REPLY: Sizes = [(0, 80), (0.05, 100), (0.5, 150), (0.8, 220), (0.95, 400), (1, 1300)]
#: An iterative resolver sets EDNS (11 bytes) and gets referrals and signatures.
ITERATIVE_QUERY: Sizes = [(0, 50), (0.05, 58), (0.5, 71), (0.9, 84), (0.95, 94), (1, 130)]
ITERATIVE_REPLY: Sizes = [(0, 75), (0.05, 86), (0.5, 138), (0.85, 205), (0.95, 320), (0.99, 600), (1, 1460)]

"""Which training rows a model learns from: every vector, every episode, and benign rows to fill up.

Rows are drawn in the order of an md5 over the seed and what the row is, so that the choice is random, and the
same each time and on any SQL engine.
"""

from collections.abc import Mapping

import ibis
from ibis.expr import types as ir

from dnsanom.dataset.moments import epoch_ms
from dnsanom.schema import BENIGN

#: Rows that stand for one drawn row while the exact number is still to be found, and some more.
SPARE, MORE = 2, 1_000


def quotas(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Rows to keep of each vector: attacks share half of `most` evenly, leftovers go to others.

    Benign rows fill up to `most`; where they are too few, attacks may have more than half.
    """
    attacks = {v: n for v, n in counts.items() if v != BENIGN}
    benign = counts.get(BENIGN, 0)
    kept = _shared_out(attacks, max(most // 2, most - benign))
    return kept | ({BENIGN: min(benign, most - sum(kept.values()))} if benign else {})


def _shared_out(counts: Mapping[str, int], most: int) -> dict[str, int]:
    kept: dict[str, int] = {}
    scarce_first = sorted(counts, key=lambda v: (counts[v], v))
    for left, vector in zip(range(len(counts), 0, -1), scarce_first, strict=True):
        kept[vector] = min(counts[vector], (most - sum(kept.values())) // left)
    return kept


def thin(rows: ibis.Table, counts: Mapping[str, int], keep: Mapping[str, int], seed: int) -> ibis.Table:
    """`keep[vector]` of each vector's `counts[vector]` rows, taken from its episodes in turn."""
    if not counts:
        return rows.limit(0)
    drawn = rows.mutate(drawn=_draw(rows, seed))
    likely = drawn.filter((drawn.vector != BENIGN) | (drawn.drawn <= _bound(counts, keep)))
    others = [name for name in rows.columns if name not in ("vector", "episode")]
    turn = ibis.window(group_by=["vector", "episode"], order_by=["drawn", *others])
    turned = likely.mutate(turn=ibis.row_number().over(turn))
    place = ibis.window(group_by="vector", order_by=["turn", "drawn", *others])
    placed = turned.mutate(place=ibis.row_number().over(place), most=_most(turned.vector, keep))
    return placed.filter(placed.place < placed.most).select(rows.columns)


def _draw(rows: ibis.Table, seed: int) -> ir.StringValue:
    what = [
        rows.client,
        rows.server,
        epoch_ms(rows.first_seen).cast("string"),
        rows.byte_count.cast("string"),
    ]
    return ibis.literal("|").join([ibis.literal(str(seed)), *what]).hexdigest("md5")


def _bound(counts: Mapping[str, int], keep: Mapping[str, int]) -> str:
    """An md5 below which lie more than enough benign rows, so that only those need to be sorted."""
    share = (SPARE * keep.get(BENIGN, 0) + MORE) / max(counts.get(BENIGN, 0), 1)
    return "g" if share >= 1 else f"{int(share * 16**8):08x}"


def _most(vector: ir.StringValue, keep: Mapping[str, int]) -> ir.IntegerValue:
    return ibis.cases(*((vector == v, n) for v, n in sorted(keep.items())), else_=0)

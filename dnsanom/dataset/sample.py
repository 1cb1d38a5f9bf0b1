"""Which training rows a model learns from: every vector, every episode, and benign rows to fill up.

Order within an episode is that of an md5 over the seed and what the row is, so that the choice is
random, the same each time, and the same on any SQL engine.
"""

from collections.abc import Mapping

import ibis

from dnsanom.dataset.moments import epoch_ms
from dnsanom.schema import BENIGN


def quotas(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Rows to keep of each vector: attacks share half of `most` evenly, leftovers passed on.

    Benign rows fill up to `most`; where they are too few, attacks may have more than half.
    """
    attacks = {v: n for v, n in counts.items() if v != BENIGN}
    benign = counts.get(BENIGN, 0)
    kept = _shared_out(attacks, max(most // 2, most - benign))
    return kept | ({BENIGN: min(benign, most - sum(kept.values()))} if benign else {})


def _shared_out(counts: Mapping[str, int], most: int) -> dict[str, int]:
    kept: dict[str, int] = {}
    for left, vector in zip(
        range(len(counts), 0, -1), sorted(counts, key=lambda v: (counts[v], v)), strict=True
    ):
        kept[vector] = min(counts[vector], (most - sum(kept.values())) // left)
    return kept


def thin(rows: ibis.Table, keep: Mapping[str, int], seed: int) -> ibis.Table:
    """At most `keep[vector]` rows of each vector, taken from its episodes in turn."""
    what = [
        rows.client,
        rows.server,
        epoch_ms(rows.first_seen).cast("string"),
        rows.byte_count.cast("string"),
    ]
    drawn = rows.mutate(drawn=ibis.literal(f"{seed}|").join(what).hexdigest("md5"))
    others = [drawn[name] for name in rows.columns]
    turn = ibis.row_number().over(
        ibis.window(group_by=[drawn.vector, drawn.episode], order_by=[drawn.drawn, *others])
    )
    turned = drawn.mutate(turn=turn)
    place = ibis.row_number().over(
        ibis.window(
            group_by=turned.vector, order_by=[turned.turn, turned.drawn, *(turned[n] for n in rows.columns)]
        )
    )
    most = ibis.cases(*((turned.vector == v, n) for v, n in sorted(keep.items())), else_=0)
    placed = turned.mutate(place=place, most=most)
    return placed.filter(placed.place < placed.most).select(rows.columns)

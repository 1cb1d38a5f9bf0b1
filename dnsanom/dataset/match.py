"""Which truth row covers which row: equal client and server (empty matches any) and times that touch.

Truth rows are spread over buckets of time, so that the join has an equality to hash on besides the pair,
and a busy server with thousands of truth rows stays cheap.
"""

import ibis
import pandas as pd

from dnsanom.dataset.moments import epoch_ms

#: Length of a bucket of the join, in ms.
BUCKET = 15 * 60_000
KEY = ("client", "server", "first_seen", "last_seen")


def match_truth(rows: ibis.Table, truth: pd.DataFrame) -> ibis.Table:
    """Rows with `vector` and `episode`, null where no truth row covers them; of several, the earliest's.

    A truth row's episode is its column of that name; without, its vector and span.

    Runs one query, for the longest row, since a row belongs to the bucket that it starts in.
    """
    ranked = _ranked(truth)
    longest = (epoch_ms(rows.last_seen) - epoch_ms(rows.first_seen)).max().to_pyarrow().as_py() or 0
    covers = [_covered(rows, part, keys) for keys, part in _by_kind(_spread(ranked, int(longest)))]
    if not covers:
        return rows.mutate(vector=ibis.null("string"), episode=ibis.null("string"))
    first = ibis.union(*covers) if len(covers) > 1 else covers[0]
    first = first.group_by(*KEY).aggregate(rank=first["rank"].min())
    names = ibis.memtable(ranked[["rank", "vector", "episode"]])
    found = first.join(names, "rank").select(*KEY, "vector", "episode")
    return rows.left_join(found, KEY).select(*rows.columns, "vector", "episode")


def _ranked(truth: pd.DataFrame) -> pd.DataFrame:
    order = ["start", "end", "vector", "client", "server"]
    ranked = truth.sort_values(order, kind="stable", ignore_index=True)
    for name in ("start", "end"):
        ranked[f"{name}_ms"] = ranked[name].dt.as_unit("ms").astype("int64")
    seconds = ((ranked["end_ms"] - ranked["start_ms"]) / 1000).astype(str)
    start = ranked["start"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str.slice(0, 23)
    if "episode" not in ranked:
        ranked["episode"] = ranked["vector"] + "@" + start + "+" + seconds + "s"
    return ranked.assign(rank=range(len(ranked)))


def _spread(ranked: pd.DataFrame, longest: int) -> pd.DataFrame:
    """A copy of each truth row for each bucket in which a row that it covers may start."""
    first = (ranked["start_ms"] - longest) // BUCKET
    count = ranked["end_ms"] // BUCKET - first + 1
    spread = ranked.loc[ranked.index.repeat(count.to_numpy())]
    bucket = first.loc[spread.index] + spread.groupby(level=0).cumcount()
    return spread.assign(bucket=bucket)[["client", "server", "bucket", "start_ms", "end_ms", "rank"]]


def _by_kind(spread: pd.DataFrame) -> list[tuple[list[str], pd.DataFrame]]:
    """The truth rows by which ends they name."""
    kinds = []
    for keys in (["client", "server"], ["client"], ["server"], []):
        part = spread
        for end in ("client", "server"):
            part = part[(part[end] != "") == (end in keys)]
        if len(part):
            kinds.append((keys, part))
    return kinds


def _covered(rows: ibis.Table, part: pd.DataFrame, keys: list[str]) -> ibis.Table:
    given = ibis.memtable(part[[*keys, "bucket", "start_ms", "end_ms", "rank"]])
    timed = rows.select(*KEY, first_ms=epoch_ms(rows.first_seen), last_ms=epoch_ms(rows.last_seen))
    both = timed.mutate(bucket=(timed.first_ms // BUCKET).cast("int64")).join(given, [*keys, "bucket"])
    return both.filter((both.first_ms <= both.end_ms) & (both.last_ms >= both.start_ms)).select(*KEY, "rank")

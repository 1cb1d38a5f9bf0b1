"""Training rows split once more, as the data set is: by time, with no client and no episode on two sides.

What is chosen on the later part by what was learned from the earlier one is chosen for attackers and clients
that were not met before, and without a look at validation or test rows.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from dnsanom.dataset.clients import Deal
from dnsanom.params import Clients, Dataset
from dnsanom.schema import BENIGN

Places = npt.NDArray[np.intp]
#: Shares of the time that are learned from, one after another, and of the prefixes that are dealt to it.
EARLIER, HALF = (0.4, 0.55, 0.7), 0.5


def folds(rows: pd.DataFrame, dataset: Dataset, ours: Sequence[str]) -> list[tuple[Places, Places]]:
    """Places of the rows to learn from and to ask about: each cut of time, with prefixes dealt both ways.

    rows: client, server, first_seen, vector, episode. A fold has benign rows and attacks in both parts. Where
    there is none with so few clients, they are not dealt; where the time is too short too, there is no fold.
    """
    cuts = [_late(rows, share) for share in EARLIER]
    dealt = [_fold(rows, late, side) for late in cuts for side in _dealt(rows, late, dataset, ours)]
    plain = [_fold(rows, late, late) for late in cuts]
    whole = ([fold for fold in made if _fit(rows, fold)] for made in (dealt, plain))
    return next((found for found in whole if found), [])


def _late(rows: pd.DataFrame, share: float) -> npt.NDArray[np.bool]:
    seen = rows["first_seen"]
    return np.asarray(seen > seen.min() + share * (seen.max() - seen.min()))


def _dealt(
    rows: pd.DataFrame, late: npt.NDArray[np.bool], dataset: Dataset, ours: Sequence[str]
) -> list[npt.NDArray[np.bool]]:
    """Whether each row's client is of the later part, one way and the other."""
    if dataset.clients is None:
        return []
    halves = dataset.clients.model_copy(update={"train": HALF, "validation": 1 - HALF})
    end = rows["server"].where(rows["client"].isin(list(ours)), rows["client"])
    prefix = end.map({address: Deal(halves, 0, {}).prefix(address) for address in end.unique()})
    often = pd.Series(late).groupby(prefix.to_numpy()).nunique() > 1
    drawn = _drawn(often.index[often].tolist(), halves, dataset.seed)
    of = prefix.map(drawn).to_numpy(dtype=float, na_value=np.nan)
    return [np.where(np.isnan(of), late, of == which) for which in (1.0, 0.0)]


def _drawn(prefixes: list[str], halves: Clients, seed: int) -> dict[str, float]:
    """The half that each prefix is of; drawn anew, since the first draw dealt all of these to training."""
    return {prefix: float(Deal(halves, seed, {}).side(f"inner {prefix}") > 0) for prefix in prefixes}


def _fold(
    rows: pd.DataFrame, late: npt.NDArray[np.bool], of_late: npt.NDArray[np.bool]
) -> tuple[Places, Places]:
    fit, held = ~late & ~of_late, late & of_late
    known = rows["episode"].isin(rows["episode"][fit].dropna())
    return np.flatnonzero(fit), np.flatnonzero(held & ~known.to_numpy())


def _fit(rows: pd.DataFrame, fold: tuple[Places, Places]) -> bool:
    """Whether both parts have benign rows and attacks."""
    parts = [set(rows["vector"].iloc[places]) for places in fold]
    return all(BENIGN in vectors and len(vectors) > 1 for vectors in parts)

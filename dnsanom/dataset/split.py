"""Training, validation and test rows by time, with a gap between, and no episode on two sides."""

from dataclasses import asdict, dataclass

import ibis

from dnsanom.dataset.moments import epoch_ms
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset

SIDES = ("train", "validation", "test")


@dataclass(frozen=True)
class Borders:
    """Start and (exclusive) end of each side in ms since 1970; what lies between two sides is dropped."""

    train_start: int
    train_end: int
    validation_start: int
    validation_end: int
    test_start: int
    test_end: int

    def span(self, side: str) -> tuple[int, int]:
        """Start and end of a side."""
        values = asdict(self)
        return values[f"{side}_start"], values[f"{side}_end"]


def borders(first: int, last: int, dataset: Dataset) -> Borders:
    """The borders of data from `first` to `last` (ms); the gap comes out of the later side.

    Raises DatasetError if the gap leaves nothing of a side.
    """
    end, gap = last + 1, dataset.gap_seconds * 1000
    one = first + round((end - first) * dataset.train)
    two = first + round((end - first) * (dataset.train + dataset.validation))
    found = Borders(first, one, one + gap, two, two + gap, end)
    for side in SIDES:
        start, stop = found.span(side)
        if start >= stop:
            raise DatasetError(
                f"dataset.gap_seconds: {dataset.gap_seconds}: leaves nothing of the {side} side of "
                f"{(end - first) / 1000:g} s of data"
            )
    return found


def split(rows: ibis.Table, at: Borders) -> ibis.Table:
    """The rows that are on a side, with `split`; an episode's rows past its first side are left out."""
    ms = epoch_ms(rows.first_seen)
    spans = [at.span(side) for side in SIDES]
    side = ibis.cases(*(((ms >= start) & (ms < end), i) for i, (start, end) in enumerate(spans)), else_=-1)
    placed = rows.mutate(side=side)
    placed = placed.filter(placed.side >= 0)
    attacks = placed.filter(placed.episode.notnull())
    first = attacks.group_by("episode").aggregate(first_side=attacks.side.min())
    both = placed.left_join(first, "episode").drop("episode_right")
    kept = both.filter(both.episode.isnull() | (both.side == both.first_side))
    names = ibis.cases(*((kept.side == i, name) for i, name in enumerate(SIDES)), else_=SIDES[-1])
    return kept.mutate(split=names).drop("side", "first_side")

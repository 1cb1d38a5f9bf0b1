"""Training, validation and test rows: in the order of time, with no client and no episode on two sides."""

from dataclasses import asdict, dataclass

import ibis
from ibis.expr import types as ir

from dnsanom.dataset.clients import NOWHERE
from dnsanom.dataset.moments import epoch_ms
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset

SIDES = ("train", "validation", "test")
#: What `split` adds to the rows of a data set, beside what it makes of them.
SPLIT_COLUMNS = ("side", "split", "left_out")
#: Why the split leaves a row out; the first that holds.
GAP, CLIENT, EPISODE = "gap", "client_of_another_side", "episode_of_an_earlier_side"
REASONS = (GAP, CLIENT, EPISODE)


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


def by_time(rows: ibis.Table, at: Borders) -> ibis.Table:
    """The rows with `side`, the number of the side whose time they begin in, or NOWHERE."""
    ms = epoch_ms(rows.first_seen)
    spans = [at.span(side) for side in SIDES]
    side = ibis.cases(
        *(((ms >= start) & (ms < end), i) for i, (start, end) in enumerate(spans)), else_=NOWHERE
    )
    return rows.mutate(side=side)


def split(timed: ibis.Table) -> ibis.Table:
    """Rows with `side` (by time) and `client_side` (NOWHERE: of any) as rows with `split` and `left_out`.

    One of the two is null. An episode stays on the first side that has a row of it.
    """
    elsewhere = (timed.client_side != NOWHERE) & (timed.client_side != timed.side)
    reason = ibis.cases((timed.side == NOWHERE, GAP), (elsewhere, CLIENT), else_=ibis.null("string"))
    given = timed.mutate(reason=reason)
    attacks = given.filter(given.episode.notnull() & given.reason.isnull())
    first = attacks.group_by("episode").aggregate(first_side=attacks.side.min())
    both = given.left_join(first, "episode").drop("episode_right")
    late = both.reason.isnull() & both.first_side.notnull() & (both.side != both.first_side)
    told = both.mutate(left_out=ibis.ifelse(late, EPISODE, both.reason))
    named = told.mutate(split=ibis.ifelse(told.left_out.isnull(), name(told.side), ibis.null("string")))
    return named.drop("client_side", "reason", "first_side")


def name(side: ir.IntegerValue) -> ir.StringValue:
    """The name of a side's number, null for NOWHERE."""
    return ibis.cases(*((side == i, text) for i, text in enumerate(SIDES)), else_=ibis.null("string"))

"""What two models alert differently in the same hours: only the one, only the other, both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from dnsanom.detect.alert import Alert, ModelRef, Scored, model_words, plural

Key = Callable[[Alert], str]
SIDES = ("both", "only_champion", "only_challenger")


@dataclass(frozen=True)
class Side:
    """One model: its alerts, their flagged windows (client, server, window in epoch s, alert), the hours that
    it has scored (ISO times, None for none), and what it scored of them just now."""

    model: ModelRef
    threshold: float
    alerts: list[Alert]
    windows: pd.DataFrame
    first: str | None
    last: str | None
    scored: Scored


@dataclass(frozen=True)
class Difference:
    """Alerts by who gives them; `both` has a champion's alert with each of the challenger's that it meets."""

    view: str
    champion: Side
    challenger: Side
    both: list[tuple[Alert, Alert]]
    only_champion: list[Alert]
    only_challenger: list[Alert]

    def by_vector(self) -> dict[str, dict[str, int]]:
        """How many alerts of each vector, as the champion calls it where both have it."""
        return self._counted(lambda alert: alert["vector"])

    def by_day(self) -> dict[str, dict[str, int]]:
        """How many alerts of each day (UTC, by first seen)."""
        return self._counted(lambda alert: alert["first_seen"][:10])

    @property
    def renamed(self) -> int:
        """Alerts that both have and call by different vectors."""
        return sum(one["vector"] != other["vector"] for one, other in self.both)

    def lines(self) -> list[str]:
        """The difference in plain lines."""
        champion, challenger = model_words(self.champion.model), model_words(self.challenger.model)
        span = f"{self.champion.first} to {self.champion.last}" if self.champion.first else "no hours yet"
        ours, theirs = (len({pair[side]["id"] for pair in self.both}) for side in (0, 1))
        both = f"{plural(ours, 'alert')} of the champion, {theirs} of the challenger"
        return [
            f"{challenger} beside the champion {champion}, {span}; nobody was alerted",
            f"  both: {both}, {self.renamed} by another vector",
            f"  only the champion: {plural(len(self.only_champion), 'alert')}",
            f"  only the challenger: {plural(len(self.only_challenger), 'alert')}",
            *_table("vector", self.by_vector()),
            *_table("day", self.by_day()),
        ]

    def _counted(self, key: Key) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        once = {one["id"]: one for one, _ in self.both}
        for side, alerts in zip(
            SIDES, (list(once.values()), self.only_champion, self.only_challenger), strict=True
        ):
            for alert in alerts:
                counts = found.setdefault(key(alert), dict.fromkeys(SIDES, 0))
                counts[side] += 1
        return dict(sorted(found.items()))


def compare(view: str, champion: Side, challenger: Side, gap: int) -> Difference:
    """Match alerts that flag a pair of client and server in common, no more than `gap` seconds apart."""
    meets = _meets(champion.windows, challenger.windows, gap)
    ours = {alert["id"]: alert for alert in champion.alerts}
    theirs = {alert["id"]: alert for alert in challenger.alerts}
    return Difference(
        view,
        champion,
        challenger,
        [(ours[one], theirs[other]) for one in ours for other in theirs if (one, other) in meets],
        [alert for id_, alert in ours.items() if id_ not in {one for one, _ in meets}],
        [alert for id_, alert in theirs.items() if id_ not in {other for _, other in meets}],
    )


def _meets(one: pd.DataFrame, other: pd.DataFrame, gap: int) -> set[tuple[str, str]]:
    """Ids of alerts that have windows of a pair in common, close in time."""
    if one.empty or other.empty:
        return set()
    keys = ["alert", "client", "server"]
    spans = [part.groupby(keys)["window"].agg(["min", "max"]).reset_index() for part in (one, other)]
    joined = spans[0].merge(spans[1], on=["client", "server"], suffixes=("", "_other"))
    near = (joined["min"] - joined["max_other"] <= gap) & (joined["min_other"] - joined["max"] <= gap)
    return set(joined.loc[near, ["alert", "alert_other"]].itertuples(index=False, name=None))


def _table(title: str, counts: dict[str, dict[str, int]]) -> Iterator[str]:
    if counts:
        yield f"  {title:16}{'both':>8}{'champion':>10}{'challenger':>12}"
    for name, row in counts.items():
        yield f"  {name:16}{row['both']:8}{row['only_champion']:10}{row['only_challenger']:12}"

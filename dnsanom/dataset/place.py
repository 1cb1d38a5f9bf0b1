"""Where each row of a data set goes: its label, its side, and why it is left out if it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import pandas as pd

from dnsanom.dataset.clients import Deal, client_sides, deal, our_resolvers
from dnsanom.dataset.labels import RULE, TRUTH, label
from dnsanom.dataset.moments import epoch_ms
from dnsanom.dataset.split import Borders, borders, by_time, split
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset, Dns, Rule


@dataclass(frozen=True)
class Plan:
    """How rows are labelled and split; made of all rows of a view, and used for thinned ones too.

    at: the sides' times; how: how clients are dealt to them; ours: our resolvers; source: what `truth` is.
    """

    at: Borders
    how: Deal | None
    ours: Sequence[str]
    rules: Sequence[Rule]
    truth: pd.DataFrame | None
    verdicts: pd.DataFrame | None = None
    source: str = TRUTH

    def place(self, rows: ibis.Table) -> ibis.Table:
        """Rows of the view with labels, `side` by time, and either `split` or the reason `left_out`."""
        labelled = label(rows, self.rules, self.truth, self.verdicts, self.source)
        return split(client_sides(by_time(labelled, self.at), self.how, self.ours))

    def repeated(self, placed: ibis.Table) -> "Plan":
        """The plan that gives other flows of the same traffic the labels that it gave these rows.

        Rules would say something else of rows with other features; so what they said becomes spans of pairs.
        """
        if self.truth is not None:
            return self
        ruled = placed.filter((placed.label_source == RULE) & placed.episode.notnull())
        spans = ruled.group_by("client", "server", "vector", "episode").aggregate(
            start=ruled.first_seen.min(), end=ruled.last_seen.max()
        )
        return replace(self, truth=spans.to_pandas(), source=RULE if self.rules else "none")


def plan(
    rows: ibis.Table,
    dataset: Dataset,
    dns: Dns,
    rules: Sequence[Rule],
    truth: pd.DataFrame | None,
    verdicts: pd.DataFrame | None = None,
) -> Plan:
    """The plan that rows of a view ask for. Runs queries; raises DatasetError if they can't be split."""
    ms = epoch_ms(rows.first_seen)
    first, last = rows.aggregate(first=ms.min(), last=ms.max()).to_pyarrow().to_pylist()[0].values()
    if first is None:
        raise DatasetError("frozen flows: no DNS flow among them, nothing to learn from")
    at, ours = borders(first, last, dataset), our_resolvers(rows, dns)
    return Plan(at, deal(by_time(rows, at), dataset, ours), ours, rules, truth, verdicts)

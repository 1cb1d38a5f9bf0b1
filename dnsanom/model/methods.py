"""The baselines at work: what they answer, at the threshold that they would have had in a model's place."""

from dataclasses import dataclass

import pandas as pd

from dnsanom.detect.merge import Merging, merging
from dnsanom.model import baselines
from dnsanom.model.scoring import Metrics, alerting, confusion, likeliest, macro_f1, per_vector
from dnsanom.model.threshold import LEAST, choose
from dnsanom.settings import Settings


@dataclass(frozen=True)
class Method:
    """What a baseline says of rows, and the threshold of its alerts."""

    answers: pd.DataFrame
    threshold: float

    def figures(self, rows: pd.DataFrame, merge: Merging) -> Metrics:
        """F1 of the vectors said, and what comes of alerts."""
        table = confusion(rows["vector"], likeliest(self.answers))
        return {
            "macro_f1": macro_f1(table),
            "rows": len(rows),
            "vectors": per_vector(table),
            **alerting(rows, self.answers, self.threshold, merge),
        }


def methods(
    settings: Settings, view: str, rows: pd.DataFrame, train: pd.DataFrame, validation: pd.DataFrame
) -> dict[str, Method]:
    """Every baseline, with what needs training rows fitted on them."""
    said = {
        baselines.PORT: baselines.by_port(rows, train, view),
        baselines.MAJORITY: baselines.by_majority(rows, train),
    }
    known = {name: Method(baselines.as_answers(vector), LEAST) for name, vector in said.items()}
    trees = baselines.Ceiling(train, view, settings.params.dataset.seed)
    budget, merge = settings.params.detect.false_alerts_per_day, merging(settings.params)
    chosen = choose(validation, trees.answers(validation), budget, merge)
    ceiling = {baselines.CEILING: Method(trees.answers(rows), chosen.score)}
    return rules_only(settings, view, rows) | known | ceiling


def rules_only(settings: Settings, view: str, rows: pd.DataFrame) -> dict[str, Method]:
    """The baseline that needs no training rows."""
    rules = settings.params.labels.get(view, ())  # type: ignore[call-overload]
    return {baselines.RULES: Method(baselines.as_answers(baselines.by_rules(rows, rules)), LEAST)}

"""What an evaluation found: the rows, the answers to them, and all the figures that the report shows."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dnsanom.model.bundle import Bundle
from dnsanom.model.scoring import Metrics, confusion, likeliest

#: Figures of the chosen model that stand at the top of metrics.json.
FIRST = ("macro_f1", "pr_auc", "false_alerts_per_day", "alert_precision")


@dataclass(frozen=True)
class Evaluation:
    """Where labels come from, the chosen model, figures and answers of each model and baseline.

    `parts` are what else the report has of the chosen model, by name; a part that could not be had is not
    there.
    """

    view: str
    note: str
    chosen: str
    bundles: dict[str, Bundle]
    models: dict[str, Metrics]
    baselines: dict[str, Metrics]
    budget: float
    rows: pd.DataFrame
    answers: dict[str, pd.DataFrame]
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> Metrics:
        """Figures of the chosen model."""
        return self.models[self.chosen]

    @property
    def bundle(self) -> Bundle:
        """The chosen model."""
        return self.bundles[self.chosen]

    def confusion(self, model: str) -> pd.DataFrame:
        """Confusion table of a model's most probable vectors."""
        return confusion(self.rows["vector"], likeliest(self.answers[model]))

    def figures(self) -> Metrics:
        """All figures as metrics.json has them; the sentence on labels comes first."""
        return {
            "labels": self.note,
            "view": self.view,
            "chosen": self.chosen,
            **{name: self.best[name] for name in FIRST},
            "models": self.models,
            "baselines": self.baselines,
            **self.parts,
        }

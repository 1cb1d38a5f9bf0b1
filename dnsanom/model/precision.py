"""What rounding costs: a setting learned and asked with values rounded, and with values as they are."""

import numpy as np
import pandas as pd

from dnsanom.model import asked as questions
from dnsanom.model.candidates import Setting
from dnsanom.model.task import Task, task
from dnsanom.model.trials import run_trials
from dnsanom.params import Sweep

#: Validation rows that both are asked about at most.
_ROWS = 20_000
Cost = dict[str, float | int | None]


def rounding_cost(
    model: str,
    setting: Setting,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    view: str,
    features: list[str],
    limits: Sweep,
    seed: int,
) -> Cost:
    """Distinct training rows and macro-F1 of a setting, exact and at `limits.resolution`.

    Both are learned from all training rows, and asked about the same validation rows, a seeded draw of at
    most 20,000.
    """
    rng = np.random.default_rng(seed)
    few = validation.iloc[np.sort(rng.permutation(len(validation))[:_ROWS])]
    made = {
        name: task(train, few, view, features, limits, seed, step)
        for name, step in (("", limits.resolution), ("_exact", None))
    }
    told: Cost = {"resolution": limits.resolution, "rows_compared": len(few)}
    for name, what in made.items():
        told[f"distinct_train{name}"] = len(np.unique(what.train.rows, axis=0))
        told[f"macro_f1{name}"] = _macro_f1(model, setting, what)
    return told


def _macro_f1(model: str, setting: Setting, what: Task) -> float:
    (trial,) = run_trials(model, [setting], what)
    return float(questions.metrics(what.asked, trial.answer, trial.score)["macro_f1"])

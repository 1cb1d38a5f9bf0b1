"""How far a random split flatters: the same setting where training and test rows are drawn from one pot.

Rows of one episode, of one client and of one minute then lie on both sides, so that the model has seen what
it is asked about. Most published figures are of such splits.
"""

from typing import Any

import pandas as pd

from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.novelty import Novelty
from dnsanom.model.refit import fitted, pipeline
from dnsanom.model.scoring import confusion, likeliest, macro_f1, per_vector
from dnsanom.settings import Settings

#: Rows that are asked about at most.
MOST = 20_000


def random_split(
    settings: Settings, bundle: Bundle, train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame
) -> dict[str, Any]:
    """Macro-F1 and F1 of each vector of the setting, on as many training rows as it had, drawn from all."""
    seed = settings.params.dataset.seed
    pot = pd.concat([train, validation, test], ignore_index=True).sample(frac=1, random_state=seed)
    learnt, asked = pot.iloc[: len(train)], pot.iloc[len(train) :].iloc[:MOST]
    what, trial = fitted(settings, bundle, learnt, asked.iloc[:1_000])
    known = Novelty().fit(what.train.rows, what.train.of, what.train.weight)
    made = Bundle(pipeline(what, trial), bundle.card, known)
    table = confusion(asked["vector"], likeliest(predict(made, asked)))
    return {"macro_f1": macro_f1(table), "rows": len(asked), "vectors": per_vector(table)}

"""The choice of features by what a model can do with them on later rows of other clients."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from handflows import RESOLVER, START
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier

from dnsanom.dataset.features import TOLD, WRAPPED, choose
from dnsanom.dataset.inner import folds
from dnsanom.dataset.learner import NEIGHBOURS, Learner
from dnsanom.params import Clients, Dataset

NAMES = ["host", "useful", "copy", "noise", "constant", "both"]
DATASET = Dataset(clients=Clients(ipv4_prefix=32), features=2)
ONE = {"benign": 1.0, "flood": 1.0, "scan": 1.0}


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two thousand rows of 60 clients, who are told by `host`; floods and scans by `useful` and `both`."""
    draw = np.random.default_rng(5)
    client = draw.integers(0, 60, 2_000)
    vector = np.where(client < 20, "flood", np.where(client < 40, "scan", "benign"))
    useful = np.where(vector == "benign", 0, 10) + draw.normal(size=2_000)
    return pd.DataFrame(
        {
            "client": [f"198.18.0.{c}" for c in client],
            "server": RESOLVER,
            "first_seen": [
                START + timedelta(seconds=float(s)) for s in np.sort(draw.uniform(0, 9_000, 2_000))
            ],
            "vector": vector,
            "episode": pd.Series(np.where(vector == "benign", None, client.astype(str)), dtype="str"),
            "host": draw.permutation(60)[client] * 100.0,
            "useful": useful,
            "copy": useful * 2 + 1,
            "noise": draw.normal(size=2_000),
            "constant": 1.0,
            "both": np.where(vector == "scan", 10, 0) + draw.normal(size=2_000),
        }
    )


def test_what_holds_for_other_clients_is_taken_and_what_names_a_host_is_not(rows: pd.DataFrame) -> None:
    choice = choose(rows, NAMES, [], DATASET, ONE, [RESOLVER])
    assert set(choice.features) in ({"useful", "both"}, {"copy", "both"})
    assert choice.by == WRAPPED
    assert tuple(choice.adds) == choice.features
    assert list(choice.adds.values()) == sorted(choice.adds.values())
    assert list(choice.adds.values())[-1] > 0.95
    assert choice.scores[choice.features[0]]["place"] == 1


def test_the_order_of_the_rows_changes_nothing(rows: pd.DataFrame) -> None:
    mixed = rows.sample(frac=1, random_state=1, ignore_index=True)
    given = (NAMES, [], DATASET, ONE, [RESOLVER])
    assert choose(mixed, *given) == choose(rows, *given)


def test_rows_that_can_t_be_split_are_judged_by_what_features_tell(rows: pd.DataFrame) -> None:
    short = rows.assign(first_seen=START)
    choice = choose(short, NAMES, [], DATASET, ONE, [RESOLVER])
    assert choice.by == TOLD
    assert choice.adds == {}
    assert len(choice.features) == 2


def test_no_client_and_no_episode_is_in_both_parts_of_a_fold(rows: pd.DataFrame) -> None:
    made = folds(rows, DATASET, [RESOLVER])
    assert len(made) == 6
    for fit, held in made:
        assert rows["first_seen"].iloc[fit].max() < rows["first_seen"].iloc[held].min()
        assert not set(rows["client"].iloc[fit]) & set(rows["client"].iloc[held])
        assert not set(rows["episode"].iloc[fit].dropna()) & set(rows["episode"].iloc[held].dropna())
    halves = [set(rows["client"].iloc[fit]) for fit, _ in made[:2]]
    assert not halves[0] & halves[1]


def test_few_clients_are_not_dealt(rows: pd.DataFrame) -> None:
    two = rows[rows["client"].isin(["198.18.0.1", "198.18.0.50"])].reset_index(drop=True)
    two["episode"] = two["episode"].where(two["episode"].isna(), two.index.astype(str))
    assert len(folds(two, DATASET, [RESOLVER])) == 3


def test_the_learner_scores_as_scikit_learn_does(rows: pd.DataFrame) -> None:
    draw = np.random.default_rng(1)
    fit, held = draw.permutation(2_000)[:1_400], draw.permutation(2_000)[1_400:]
    standing = {"benign": 5.0, "flood": 1.0, "scan": 2.0}
    learner = Learner.of(rows, NAMES, [], standing, fit, held)
    taken = [1, 3]
    peer = KNeighborsClassifier(NEIGHBOURS, weights="distance", metric="manhattan")
    said = peer.fit(learner.fit[:, taken], learner.fit_of).predict(learner.held[:, taken])
    wanted = f1_score(learner.held_of, said, average="macro", sample_weight=learner.weight)
    assert learner.macro_f1(["useful", "noise"]) == pytest.approx(wanted, abs=0.01)

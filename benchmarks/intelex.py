"""scikit-learn-intelex (sklearnex) beside scikit-learn and our own: SVM and nearest neighbours of a sweep.

Rows are the window data set of a simulated day, distinct and scaled as a sweep has them. (a) SVC is fitted on
them with their weights, on as many as `sweep.svm_rows` lets and on all; (b) the machines fitted on all are
asked for their margins; (c) kNN is asked, theirs fitted on the repeated rows, as it takes no weights; (d) the
distinct rows are searched for the nearest. In each, what dnsanom does comes first, and the others are held
against it: medians of rounds taken in turn, in brackets of processor time, and how many answers are equal.

Example:
    python -m benchmarks.intelex 20
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from benchmarks._arguments import Arguments
from benchmarks._timing import Seconds, in_turn, ratios
from benchmarks.sweep import made
from dnsanom.model.calibrated import width
from dnsanom.model.candidates import grid
from dnsanom.model.distinct import Cells, Floats, in_parts
from dnsanom.model.ground import Grounds, Place
from dnsanom.model.knn import WeightedKNeighborsClassifier
from dnsanom.model.neighbours import tree_of
from dnsanom.model.svm import CalibratedSVC
from dnsanom.model.task import Task

CLIENTS, ROUNDS, VIEW = 40, 3, "window"
KNN = ((7, "uniform", "euclidean"), (7, "distance", "euclidean"), (7, "distance", "manhattan"))
NEAREST = (1, 15)
SKLEARN, THEIRS = "scikit-learn", "sklearnex"


@dataclass(frozen=True)
class Contender:
    """What is timed, and what it answers, as an array of one answer an element."""

    run: Callable[[], Any]
    answers: Callable[[Any], NDArray[Any]] = np.asarray


def main(clients: int = CLIENTS) -> int:
    """Print times, ratios and agreement; 1 when scikit-learn-intelex is not installed."""
    if find_spec("sklearnex") is None:
        print(
            "scikit-learn-intelex is not installed: nothing to compare with "
            "(.venv/bin/uv pip install scikit-learn-intelex)"
        )
        return 1
    with tempfile.TemporaryDirectory() as folder:
        settings = made(Path(folder), clients, (VIEW,))
        rows = Grounds(settings, VIEW).at(Place("chosen", settings.params.dns.window_seconds)).task
    costs = [s["C"] for s in grid(settings.params.sweep, "svm") if s["kernel"] == "rbf"]
    print(
        f"{len(rows.train.rows):,} distinct of {rows.train.weight.sum():,.0f} training rows, "
        f"{len(rows.asked.rows):,} distinct validation rows; medians of {ROUNDS} alternating runs"
    )
    for C in costs:
        for seen in (rows.few, rows.train):
            what = f"SVC rbf, C={C:g}, fitted on {len(seen.rows):,} rows"
            fitted = compared(what, fits(C, seen, rows.asked.rows))
        compared("margins of the last", margins(C, rows, fitted))
    for of in KNN:
        compared("kNN, k={} {} {}".format(*of), votes(rows, *of))
    for k in NEAREST:
        compared(f"distances to the {k} nearest", searches(rows, k))
    return 0


def fits(C: float, seen: Cells, rows: Floats) -> dict[str, Contender]:
    """Fits on weighted rows; answers are the classes of other rows."""
    from sklearnex import svm

    def fit(kind: type) -> Any:
        model = kind(C=C, gamma=width("scale", seen.rows, seen.weight), decision_function_shape="ovo")
        return model.fit(seen.rows, seen.of, seen.weight)

    return {
        SKLEARN: Contender(lambda: fit(SVC), lambda model: model.predict(rows)),
        THEIRS: Contender(lambda: fit(svm.SVC), lambda model: model.predict(rows)),
    }


def margins(C: float, rows: Task, fitted: dict[str, Any]) -> dict[str, Contender]:
    """Margins of the pairs of classes; answers are which class of each pair they favour."""
    asked = rows.asked.rows
    ours = CalibratedSVC(C=C).fit(rows.train.rows, rows.train.of, rows.train.weight)
    theirs = {
        name: Contender(partial(model.decision_function, asked), _favoured) for name, model in fitted.items()
    }
    return {"matrix products": Contender(lambda: in_parts(ours.margins, asked), _favoured), **theirs}


def _favoured(found: Floats) -> NDArray[np.bool]:
    return np.asarray(found > 0).ravel()


def votes(rows: Task, k: int, weights: str, metric: str) -> dict[str, Contender]:
    """Classes by nearest neighbours; all are fitted before, the others on repeated rows."""
    from sklearnex import neighbors

    seen, asked = rows.train, rows.asked.rows
    ours = WeightedKNeighborsClassifier(k, weights, metric).fit(seen.rows, seen.of, seen.weight)  # type: ignore[arg-type]
    repeated = np.repeat(np.arange(len(seen.rows)), seen.weight.astype(np.intp))

    def asked_of(kind: type, algorithm: str, **more: int) -> Contender:
        model = kind(k, weights=weights, metric=metric, algorithm=algorithm, **more)
        model.fit(seen.rows[repeated], seen.of[repeated])
        return Contender(lambda: model.predict(asked))

    return {
        "distinct rows": Contender(
            lambda: in_parts(ours.predict_proba, asked), lambda found: ours.classes_[found.argmax(axis=1)]
        ),
        f"{SKLEARN}, kd_tree": asked_of(KNeighborsClassifier, "kd_tree", n_jobs=-1),
        f"{THEIRS}, kd_tree": asked_of(neighbors.KNeighborsClassifier, "kd_tree"),
        f"{THEIRS}, brute": asked_of(neighbors.KNeighborsClassifier, "brute"),
    }


def searches(rows: Task, k: int) -> dict[str, Contender]:
    """Distances to the nearest distinct rows, trees made anew as dnsanom makes them; in billionths."""
    from sklearnex import neighbors

    seen, asked, ranks = rows.train.rows, rows.asked.rows, list(range(1, k + 1))

    def theirs(algorithm: str) -> Contender:
        near = neighbors.NearestNeighbors(n_neighbors=k, algorithm=algorithm)
        return Contender(lambda: near.fit(seen).kneighbors(asked)[0], _rounded)

    def ours() -> Floats:
        tree = tree_of(seen)
        return in_parts(lambda part: np.asarray(tree.query(part, ranks)[0]), asked)

    return {
        "cKDTree": Contender(ours, _rounded),
        f"{THEIRS}, kd_tree": theirs("kd_tree"),
        f"{THEIRS}, brute": theirs("brute"),
    }


def _rounded(found: Floats) -> Floats:
    return np.asarray(found).round(9).ravel()


def compared(what: str, contenders: dict[str, Contender]) -> dict[str, Any]:
    """Print how long each took, and how those after the first compare with it; give what each found."""
    median, found = in_turn({name: contender.run for name, contender in contenders.items()}, ROUNDS)
    answers = {name: contender.answers(found[name]) for name, contender in contenders.items()}
    first, *others = contenders
    print(f"{what}\n    {first:22}{_told(median[first])}", flush=True)
    for name in others:
        wall, processor = ratios(median[first], median[name])
        equal = f"{(answers[name] == answers[first]).sum():,} of {len(answers[first]):,} answers equal"
        print(
            f"    {name:22}{_told(median[name])}: {wall:.2f} ({processor:.2f}) times as fast, {equal}",
            flush=True,
        )
    return found


def _told(times: Seconds) -> str:
    return "{:7.3f} s ({:.3f} of processors)".format(*times)


if __name__ == "__main__":
    given = Arguments("benchmarks.intelex", __doc__)
    given.size("clients", CLIENTS, "clients of the simulated day")
    sys.exit(main(given.parse_args().clients))

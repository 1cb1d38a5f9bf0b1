"""Settings drawn by Optuna: where good ones were, more are tried; hopeless ones are dropped early.

The only module that imports Optuna. Its study is in `var/sweeps/search.db`, a trial with all that came of it:
a search that was killed goes on, and one that is asked for more trials adds them. Trials are drawn in batches
of fixed size and tried side by side, so that how many processors there are changes the time and not the draw.

Before a setting learns from all training rows it does from a share, then a larger one; at each only what is
among the better half of all that came as far goes on (successive halving: Jamieson & Talwalkar, AISTATS 2016;
asynchronous, as Li et al., MLSys 2020, have it and Optuna implements it).
"""

import json
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import optuna
from optuna.trial import Trial, TrialState
from threadpoolctl import threadpool_limits

from dnsanom.model.board import Result
from dnsanom.model.candidates import Setting
from dnsanom.model.ground import Place
from dnsanom.model.plan import Plan, tried
from dnsanom.params import KnnSpace

#: Trials that are drawn at once; the first ones are drawn blindly.
_BATCH, _BLIND = 4, 12
#: Of the settings that come as far as a share of the rows, one in so many goes on.
_HALVING = 2
_DONE = (TrialState.COMPLETE, TrialState.PRUNED)
Drawn = tuple[Trial, Setting, Place]


class Search:
    """The study of a plan, up to `trials` trials."""

    def __init__(self, this: Plan, trials: int) -> None:
        self._plan, self._most = this, trials
        self._space = this.settings.params.sweep.search
        logging.getLogger("optuna").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self._study = _study(this)
        for lost in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._study.tell(lost.number, state=TrialState.FAIL)
        self._found = {_key(r.setting, r.place): r for r in self._kept()}

    @property
    def results(self) -> list[Result]:
        """What came of each setting, once."""
        return list(self._found.values())

    @property
    def count(self) -> int:
        """Trials that are finished."""
        return len(self._study.get_trials(deepcopy=False, states=_DONE))

    @property
    def run(self) -> str | None:
        """Id of the tracking run of a search that was broken off."""
        kept = self._study.user_attrs.get("run")
        return None if kept is None else str(kept)

    def goes_to(self, run: str | None) -> None:
        """Keep the id of the tracking run; None when it is through."""
        self._study.set_user_attr("run", run)

    def trials(self) -> Iterator[Result]:
        """Try what is left to try; what comes of each setting that was not tried before."""
        while (count := self.count) < self._most:
            self._study.sampler = optuna.samplers.TPESampler(
                seed=self._plan.seed + count, n_startup_trials=_BLIND, constant_liar=True
            )
            size = min(_BATCH - count % _BATCH, self._most - count)
            yield from self._batch([self._draw() for _ in range(size)])

    def _draw(self) -> Drawn:
        trial = self._study.ask()
        return trial, self._setting(trial), self._place(trial)

    def _setting(self, trial: Trial) -> Setting:
        space = self._space.knn if self._plan.model == "knn" else self._space.svm
        if isinstance(space, KnnSpace):
            return {
                "n_neighbors": trial.suggest_int("n_neighbors", *space.n_neighbors, log=True),
                "weights": trial.suggest_categorical("weights", space.weights),
                "metric": trial.suggest_categorical("metric", space.metric),
            }
        return {
            "kernel": trial.suggest_categorical("kernel", space.kernel),
            "C": _short(trial.suggest_float("C", *space.C, log=True)),
            "gamma": _short(trial.suggest_float("gamma", *space.gamma, log=True)),
        }

    def _place(self, trial: Trial) -> Place:
        places = self._plan.places(self._space.features, self._space.window_seconds)
        features = list(dict.fromkeys(place.features for place in places))
        lengths = list(dict.fromkeys(place.window_seconds for place in places))
        which = trial.suggest_categorical("features", features)
        return Place(which, trial.suggest_categorical("window_seconds", lengths))

    def _batch(self, drawn: list[Drawn]) -> Iterator[Result]:
        """A batch from share to share, what is dropped told on the way."""
        new = {_key(setting, place): (setting, place) for _, setting, place in drawn}
        new = {key: of for key, of in new.items() if key not in self._found}
        for _, place in new.values():
            _ = self._plan.grounds.at(place).times
        known = dict(self._found)
        for step, share in enumerate((*self._space.shares, 1.0)):
            waiting = [d for d in drawn if self._open(known, d)]
            results = self._tried([new[key] for key in dict.fromkeys(_key(*d[1:]) for d in waiting)], share)
            for trial, setting, place in waiting:
                result = results[_key(setting, place)]
                if share < 1:
                    trial.report(result.metrics["macro_f1"], _HALVING**step)
                if share == 1 or trial.should_prune():
                    known.setdefault(_key(setting, place), result)
        for trial, setting, place in drawn:
            result = known[_key(setting, place)]
            self._tell(trial, result)
            if self._found.setdefault(_key(setting, place), result) is result and _key(setting, place) in new:
                new.pop(_key(setting, place))
                yield result

    def _open(self, known: dict[str, Result], drawn: Drawn) -> bool:
        return _key(*drawn[1:]) not in known

    def _tried(self, of: list[tuple[Setting, Place]], share: float) -> dict[str, Result]:
        """What comes of settings on a share of the rows, side by side."""

        def try_one(one: tuple[Setting, Place]) -> Result:
            (result,) = tried(self._plan.model, [one[0]], self._plan.grounds.at(one[1]), share)
            return result

        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return {_key(r.setting, r.place): r for r in pool.map(try_one, of)}

    def _tell(self, trial: Trial, result: Result) -> None:
        trial.set_user_attr("result", result.to_json())
        state = TrialState.PRUNED if result.pruned else TrialState.COMPLETE
        self._study.tell(trial, None if result.pruned else result.metrics["macro_f1"], state=state)

    def _kept(self) -> Iterator[Result]:
        for trial in self._study.get_trials(deepcopy=False, states=_DONE):
            yield Result.from_json(trial.user_attrs["result"])


def _study(this: Plan) -> optuna.Study:
    """The study of all that results hang on, and of the ranges; Optuna can't change ranges of a study."""
    folder = this.settings.var / "sweeps"
    folder.mkdir(parents=True, exist_ok=True)
    ranges = this.settings.params.sweep.search.model_dump(mode="json", exclude={"trials"})
    named = json.dumps([this.made_of(), ranges], sort_keys=True)
    return optuna.create_study(
        storage=f"sqlite:///{folder / 'search.db'}",
        study_name=f"{this.view}-{this.model}-{sha256(named.encode()).hexdigest()[:16]}",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=_HALVING),
    )


def _key(setting: Setting, place: Place) -> str:
    return json.dumps([setting, place.features, place.window_seconds], sort_keys=True)


def _short(value: float) -> float:
    """Three digits, which is as fine as a range on a log scale needs."""
    return float(f"{value:.3g}")

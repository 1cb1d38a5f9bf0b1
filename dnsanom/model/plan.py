"""What a sweep is of: a view, a kind of model, and the places and settings that it tries."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnsanom.model.asked import confusion, metrics
from dnsanom.model.board import Result
from dnsanom.model.candidates import Setting, grid
from dnsanom.model.ground import Ground, Grounds, Place
from dnsanom.model.intervals import replicated
from dnsanom.model.trials import Trial, run_trials
from dnsanom.params import FeatureSet
from dnsanom.settings import Settings


@dataclass(frozen=True)
class Plan:
    """What is swept: the view, the kind of model, the rows of each place, and the tags of runs."""

    settings: Settings
    view: str
    model: str
    grounds: Grounds
    tags: dict[str, str]

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self.settings.params.dataset.seed

    @property
    def folder(self) -> Path:
        """Where the best model goes."""
        return self.settings.candidate(self.view, self.model)

    @property
    def standard(self) -> Ground:
        """The chosen features of the windows that params.yaml says."""
        return self.grounds.at(Place("chosen", self.settings.params.dns.window_seconds))

    def places(self, features: tuple[FeatureSet, ...], window_seconds: tuple[int, ...]) -> list[Place]:
        """Each set of features with each length of windows; the flow view has no windows."""
        own = (self.settings.params.dns.window_seconds,)
        lengths = (window_seconds or own) if self.view == "window" else own
        return [Place(which, length) for length in lengths for which in features]

    def grid(self) -> list[tuple[Place, list[Setting]]]:
        """The grid's settings, the simplest first, at each of its places."""
        sweep = self.settings.params.sweep
        return [
            (place, grid(sweep, self.model)) for place in self.places(sweep.features, sweep.window_seconds)
        ]

    def made_of(self) -> dict[str, Any]:
        """What results hang on, beside setting and place: with the same, they would be the same."""
        params = self.settings.params
        limits = params.sweep.model_dump(mode="json", include={"svm_rows", "nystroem_rows", "resolution"})
        data = params.model_dump(mode="json", include={"dns", "sampling", "noise", "labels", "dataset"})
        return {**self.tags, "seed": self.seed, **limits, **data}


def plan(settings: Settings, view: str, model: str, search: str) -> Plan:
    """The plan of a sweep. Raises DatasetError when there is nothing to learn from."""
    grounds = Grounds(settings, view)
    standard = grounds.at(Place("chosen", settings.params.dns.window_seconds))
    return Plan(
        settings, view, model, grounds, standard.tags | {"model": model, "kind": "sweep", "search": search}
    )


def tried(model: str, settings: list[Setting], ground: Ground, share: float = 1) -> Iterator[Result]:
    """What comes of settings on a share of a ground's training rows, asked about all validation rows."""
    what = ground.task if share == 1 else ground.task.at(share, ground.seed)
    for trial in run_trials(model, settings, what):
        yield _result(trial, ground, share)


def _result(trial: Trial, ground: Ground, share: float) -> Result:
    what = ground.task.asked
    return Result(
        setting=trial.setting,
        place=ground.place,
        share=share,
        metrics=metrics(what, trial.answer, trial.score),
        confusion=confusion(what, trial.answer),
        replicates=tuple(replicated(what, trial.answer, ground.times).round(6).tolist()),
        fit_seconds=trial.fit_seconds,
        predict_seconds=trial.predict_seconds,
    )

"""What a sweep's settings are tried on: data sets by length of their windows, seen by sets of features."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dnsanom.dataset import fingerprint
from dnsanom.dataset.prepare import prepare
from dnsanom.model import frames, intervals
from dnsanom.model.asked import Asked, asked
from dnsanom.model.bundle import matrix
from dnsanom.model.candidates import Setting
from dnsanom.model.precision import Cost, rounding_cost
from dnsanom.model.task import Task, task
from dnsanom.params import FeatureSet
from dnsanom.settings import Settings


@dataclass(frozen=True)
class Place:
    """A set of features, and the length of windows (s)."""

    features: FeatureSet
    window_seconds: int


@dataclass(frozen=True)
class Ground:
    """The rows of a place: the settings for windows of its length, its features by name.

    Rows are read when they are asked for, and kept.
    """

    settings: Settings
    view: str
    place: Place
    features: list[str]

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self.settings.params.dataset.seed

    @cached_property
    def train(self) -> pd.DataFrame:
        """Training rows, all their columns."""
        return frames.load_train(self.settings, self.view)

    @cached_property
    def validation(self) -> pd.DataFrame:
        """Validation rows, all their columns."""
        return frames.load(self.settings, self.view, "validation")

    @cached_property
    def task(self) -> Task:
        """The rows as models are fitted on them and asked about them."""
        limits, where = self.settings.params.sweep, (self.settings, self.view)
        train = frames.counted(*where, "train", self.features, ("vector",))
        validation = frames.counted(*where, "validation", self.features, ("vector", "episode"))
        return task(train, validation, self.view, self.features, limits, self.seed, limits.resolution)

    @cached_property
    def whole(self) -> Asked:
        """What is asked of each validation row, in the order of `validation`."""
        rows = np.asarray(self.task.before.transform(matrix(self.validation, self.view)))
        return asked(rows, self.validation["vector"], self.validation["episode"])

    @cached_property
    def times(self) -> intervals.Times:
        """How often what is asked comes in each replicate."""
        return intervals.draw(self.task.asked, self.seed)

    @cached_property
    def tags(self) -> dict[str, str]:
        """What runs on these rows say of them."""
        sources = frames.counted(self.settings, self.view, "validation", (), ("label_source",))
        return frames.tags(self.settings, self.view, sources)

    def rounding_cost(self, model: str, setting: Setting) -> Cost:
        """What the resolution costs a setting."""
        limits, rows = self.settings.params.sweep, (self.train, self.validation)
        return rounding_cost(model, setting, *rows, self.view, self.features, limits, self.seed)


class Grounds:
    """The grounds of a view; those of other windows than params.yaml's are made when they are asked for."""

    def __init__(self, settings: Settings, view: str) -> None:
        self._settings, self._view = settings, view
        self._made: dict[Place, Ground] = {}

    def at(self, place: Place) -> Ground:
        """A place's ground. Raises DatasetError when there is nothing to learn from."""
        if place not in self._made:
            self._made[place] = self._ground(place)
        return self._made[place]

    def _ground(self, place: Place) -> Ground:
        settings, view = self._settings.at_window(place.window_seconds), self._view
        prepared(settings, view, self._settings)
        vectors = frames.counted(settings, view, "train", (), ("vector",))["vector"]
        frames.check_vectors(settings, view, set(vectors))
        return Ground(settings, view, place, frames.features(settings, view, place.features))


def prepared(settings: Settings, view: str, standard: Settings) -> None:
    """Make the view's data set for windows that are not params.yaml's, unless it is there and of the same.

    It is of the same flows and parameters when the standard one is, whose md5 is noted beside it.
    """
    folder = settings.dataset(view)
    if folder == standard.dataset(view):
        return
    note, made_of = folder.with_name(f"{folder.name}.json"), _made_of(standard, view)
    if folder.is_dir() and note.exists() and json.loads(note.read_text()) == made_of:
        return
    note.unlink(missing_ok=True)
    prepare(settings, view)
    note.write_text(json.dumps(made_of) + "\n")


def _made_of(standard: Settings, view: str) -> dict[str, Any]:
    return {"standard": fingerprint.md5(standard, view), "code": frames.code_version(standard.root)}

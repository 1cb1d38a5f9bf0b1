"""params.yaml as frozen tables: what the data is and which experiments are run. Unknown keys are errors."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from dnsanom.errors import SettingsError, one_line
from dnsanom.frozen import Frozen as Frozen
from dnsanom.params_dataset import Clients as Clients
from dnsanom.params_dataset import Dataset as Dataset
from dnsanom.schema import ATTACKS


def _check_network(text: str) -> str:
    ip_network(text)
    return text


def _check_vector(vector: str) -> str:
    if vector not in ATTACKS:
        raise ValueError(f"unknown vector, known are {', '.join(ATTACKS)}")
    return vector


Network = Annotated[str, AfterValidator(_check_network)]
Port = Annotated[int, Field(ge=1, le=65_535)]
View = Literal["flow", "window"]


class Dns(Frozen):
    """What DNS traffic is here, and which addresses are ours."""

    ports: tuple[Port, ...]
    resolvers: tuple[Network, ...] = ()
    client_networks: tuple[Network, ...] = ()
    window_seconds: int = Field(60, ge=1, le=86_400)

    def networks(self, role: Literal["resolvers", "client_networks"]) -> list[IPv4Network | IPv6Network]:
        """The role's prefixes, parsed; a lone address is a prefix of full length."""
        return [ip_network(n) for n in getattr(self, role)]


class Quality(Frozen):
    """Limits of an export as a whole."""

    max_bad_share: float = Field(0.2, ge=0, le=1)
    min_dns_share: float = Field(0.01, ge=0, le=1)
    earliest: str = "2000-01-01T00:00:00Z"
    #: Validation results and their pages that stay, the newest.
    keep_results: int = Field(2016, ge=1, le=10_000)


class Pull(Frozen):
    """How exports are taken from the store."""

    #: How long an object that looks unfinished may have been still before it counts as broken.
    settle_seconds: float = Field(default=900, ge=0)

    @property
    def settle_time(self) -> timedelta:
        """`settle_seconds` as a time span."""
        return timedelta(seconds=self.settle_seconds)


class Lake(Frozen):
    """What becomes of the lake's hours as they grow old; null is never."""

    #: Hours this much older than the newest have their small files made one.
    compact_after_hours: float | None = Field(6, ge=1)
    keep_days: float | None = Field(None, gt=0)


class SamplingRule(Frozen):
    """How the counts of some exporters' flows are scaled; no `exporters` means all of them."""

    exporters: tuple[Network, ...] = ()
    policy: Literal["announced", "default", "override", "reject"]
    rate: int | None = Field(None, ge=1, le=10_000_000)

    @model_validator(mode="after")
    def _has_its_rate(self) -> "SamplingRule":
        needs = self.policy in ("default", "override")
        if needs != (self.rate is not None):
            raise ValueError(f"policy {self.policy} {'needs a' if needs else 'takes no'} rate")
        return self

    def networks(self) -> list[IPv4Network | IPv6Network]:
        """The exporters' prefixes, parsed."""
        return [ip_network(n) for n in self.exporters]


class Noise(Frozen):
    """Which shipped lists tag rows, and which of the tags keep a row out of training."""

    lists: tuple[str, ...] = ()
    drop_from_training: tuple[str, ...] = ()


class Rule(Frozen):
    """A label rule: rows for which `when` holds get `vector`."""

    vector: Annotated[str, AfterValidator(_check_vector)]
    when: str


class KnnGrid(Frozen):
    """Hyperparameters of k nearest neighbours that are tried in every combination."""

    n_neighbors: tuple[Annotated[int, Field(ge=1)], ...]
    weights: tuple[Literal["uniform", "distance"], ...]
    metric: tuple[Literal["euclidean", "manhattan", "chebyshev"], ...]


class SvmGrid(Frozen):
    """Hyperparameters of the support vector machine that are tried in every combination."""

    kernel: tuple[Literal["rbf", "linear", "poly", "nystroem"], ...]
    C: tuple[Annotated[float, Field(gt=0)], ...]
    gamma: tuple[Literal["scale", "auto"] | Annotated[float, Field(gt=0)], ...]


def _check_range(ends: tuple[float, float]) -> tuple[float, float]:
    if not 0 < ends[0] <= ends[1]:
        raise ValueError("must be [lowest, highest], both more than 0")
    return ends


Range = Annotated[tuple[float, float], AfterValidator(_check_range)]
#: Features that a model sees: the data set's choice, all fifteen, or so many first of the choice.
FeatureSet = Literal["chosen", "all"] | Annotated[int, Field(ge=1, le=15)]


class KnnSpace(Frozen):
    """What a search draws k nearest neighbours' hyperparameters from."""

    n_neighbors: Annotated[tuple[int, int], AfterValidator(_check_range)] = (1, 50)
    weights: tuple[Literal["uniform", "distance"], ...] = ("uniform", "distance")
    metric: tuple[Literal["euclidean", "manhattan", "chebyshev"], ...] = ("euclidean", "manhattan")


class SvmSpace(Frozen):
    """What a search draws the support vector machine's hyperparameters from; C and gamma on a log scale."""

    kernel: tuple[Literal["rbf", "linear", "poly", "nystroem"], ...] = ("rbf", "nystroem")
    C: Range = (0.1, 1000.0)
    gamma: Range = (0.01, 10.0)


class Search(Frozen):
    """How `dnsanom sweep --search optuna` looks for what the grid may have missed."""

    trials: int = Field(40, ge=1)
    knn: KnnSpace = KnnSpace()
    svm: SvmSpace = SvmSpace()
    features: tuple[FeatureSet, ...] = Field(("chosen", "all"), min_length=1)
    #: Lengths of the window view's windows; empty: dns.window_seconds alone.
    window_seconds: tuple[Annotated[int, Field(ge=1, le=86_400)], ...] = ()
    #: Shares of the training rows that a setting is tried on first; the worse half is dropped at each.
    shares: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.05, 0.25)

    @model_validator(mode="after")
    def _grows(self) -> "Search":
        if list(self.shares) != sorted(set(self.shares)):
            raise ValueError(f"shares {list(self.shares)} must grow")
        return self


class Sweep(Frozen):
    """The grids, and the ranges of a search."""

    knn: KnnGrid
    svm: SvmGrid
    #: Feature sets and, of the window view, lengths of windows that the grid is tried on; none: the standard.
    features: tuple[FeatureSet, ...] = Field(("chosen",), min_length=1)
    window_seconds: tuple[Annotated[int, Field(ge=1, le=86_400)], ...] = ()
    #: Training rows that a support vector machine is fitted on; its time grows with their square.
    svm_rows: int = Field(5_000, ge=100)
    #: The same of the nystroem kernel, whose time grows with their number.
    nystroem_rows: int = Field(50_000, ge=100)
    #: Values are rounded to multiples of this, on the log scale where a feature has one; None: not at all.
    resolution: float | None = Field(0.01, gt=0)
    search: Search = Field(default_factory=lambda: Search.model_validate({}))


class Detect(Frozen):
    """How scores become alerts."""

    view: View = "window"
    false_alerts_per_day: float = Field(20, gt=0)
    #: Share of these that what resembles nothing labelled may make.
    unknown_share: float = Field(0.2, gt=0, le=1)
    merge_seconds: int = Field(300, ge=0)
    #: A window of the lake is final when the newest flow is past it by both of these, or the clock by settle.
    active_timeout_seconds: int = Field(60, ge=0)
    margin_seconds: int = Field(60, ge=0)
    settle_seconds: int = Field(900, ge=0)
    #: A single flagged window with fewer packets is no alert by itself.
    lone_packets: int = Field(20, ge=0)
    #: How far back an alerted client's own windows are looked at, to say what is usual for it.
    history_hours: float = Field(6, gt=0)

    @property
    def unknown_alerts_per_day(self) -> float:
        """False alerts a day that unknown rows may make."""
        return self.false_alerts_per_day * self.unknown_share


class Gate(Frozen):
    """What a candidate needs to become champion."""

    min_gain: float = Field(0.0, ge=0)
    #: No vector's F1 may fall by more.
    max_vector_loss: float = Field(0.1, ge=0, le=1)
    min_rows_per_second: float = Field(5_000, ge=0)
    max_model_bytes: int = Field(50_000_000, ge=1)


class Params(Frozen):
    """params.yaml."""

    dns: Dns
    pull: Pull = Pull()
    quality: Quality
    #: The first rule that an exporter meets holds; without one, what is announced does.
    sampling: tuple[SamplingRule, ...] = ()
    lake: Lake = Field(default_factory=lambda: Lake.model_validate({}))
    noise: Noise
    labels: dict[View, tuple[Rule, ...]]
    dataset: Dataset
    sweep: Sweep
    detect: Detect
    gate: Gate


def load_params(path: Path) -> Params:
    """The parameters in a params.yaml. Raises SettingsError that names the key, the value and the rule."""
    try:
        loaded = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; run in a project folder or set DNSANOM_ROOT") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: not YAML: {one_line(error)}") from error
    try:
        return Params.model_validate(loaded)
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """The first problem of a validation as `key: value: rule`."""
    problem: Any = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"]) or "top level"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown parameter (value {problem['input']!r})"
    if problem["type"] == "missing":
        return f"{where}: missing parameter"
    return f"{where}: {problem['input']!r}: {problem['msg']}"

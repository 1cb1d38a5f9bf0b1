"""What detection hands on: alerts as plain JSON objects, and the report of a run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypedDict


class Evidence(TypedDict):
    """One feature that stands out: its value at the alert's peak, the usual one, how far apart they are.

    `usual` and `spread` are of benign training rows, `own` is the median of the client's windows before and
    `peers` that of other clients of its kind at the time, None where there are too few. `share` is how much
    of the score is due to the feature.
    """

    feature: str
    unit: str
    value: float
    usual: float
    spread: float
    own: float | None
    peers: float | None
    z: float
    direction: str
    in_model: bool
    share: float
    words: str


class Neighbour(TypedDict):
    """A labelled training row near the alert's peak: its vector, its distance in standard deviations of the
    model's features, and how many equal training rows it stands for."""

    vector: str
    distance: float
    rows: int


class ModelRef(TypedDict):
    """The model that gave the score; `version` is None when it is not registered."""

    name: str
    version: str | None


class Peak(TypedDict):
    """The flagged window that the evidence is of: the highest score, among equals the most packets."""

    window: str
    client: str
    server: str


class Alert(TypedDict):
    """One incident. `client` or `server` is None where many took part; `clients` and `servers` count them."""

    id: str
    first_seen: str
    last_seen: str
    client: str | None
    server: str | None
    clients: int
    servers: int
    examples: list[str]
    vector: str
    vectors: dict[str, int]
    score: float
    threshold: float
    severity: int
    windows: int
    window_seconds: int
    spans: list[list[str]]
    peak: Peak
    flows: int
    packets: int
    bytes: int
    words: str
    evidence: list[Evidence]
    neighbours: list[Neighbour]
    noise: list[str]
    exports: list[str]
    view: str
    model: ModelRef
    data_md5: str
    code: str


@dataclass(frozen=True)
class Unread:
    """A source that gave no flows, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class Scored:
    """How much traffic was looked at. `first` and `last` are ISO times, None when nothing was."""

    hours: int = 0
    rows: int = 0
    flows: int = 0
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class Detection:
    """A run of detection: its alerts by falling severity, what was scored, and what could not be read.

    `withdrawn` are ids of earlier alerts that later exports took back; `rejected` counts rows of readable
    sources that were not flows, which nobody keeps when exports are read directly. `lone` counts single
    flagged windows too small for an alert. Iterates over the alerts.
    """

    alerts: list[Alert]
    view: str
    model: ModelRef
    threshold: float
    scored: Scored
    from_lake: bool
    sources: int = 0
    unread: tuple[Unread, ...] = ()
    ignored: tuple[Unread, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()
    lone: int = 0

    def __iter__(self) -> Iterator[Alert]:
        return iter(self.alerts)

    def __len__(self) -> int:
        return len(self.alerts)

    @property
    def failed(self) -> bool:
        """Sources were given and not one of them could be read."""
        return bool(self.unread) and self.sources == len(self.unread)

    @property
    def idle(self) -> bool:
        """The lake had nothing that this model has not scored."""
        return self.from_lake and not self.scored.hours

    def by_vector(self) -> dict[str, int]:
        """Number of alerts a vector, most frequent first."""
        names = [alert["vector"] for alert in self.alerts]
        return dict(sorted(((n, names.count(n)) for n in set(names)), key=lambda item: (-item[1], item[0])))

    def lines(self) -> list[str]:
        """The run in plain lines, for a terminal or a log."""
        return [
            *(f"not read: {one.reason}" for one in self.unread),
            *(f"left out: {one.source}: {one.reason}" for one in self.ignored),
            *(f"{key}: {count:,} rows rejected" for key, count in self.rejected.items()),
            self._summary(),
            *(f"  {count} {vector}" for vector, count in self.by_vector().items()),
            *([f"  {plural(self.lone, 'single window')} too small for an alert"] if self.lone else []),
            *(f"withdrawn: {id_}" for id_ in self.withdrawn),
        ]

    def _summary(self) -> str:
        s = self.scored
        model = model_words(self.model)
        if self.idle:
            return f"nothing new in the lake for {model}; earlier alerts stand"
        span = f", {s.first} to {s.last}" if s.first else ""
        unit = {"window": "windows", "flow": "flow rows"}[self.view]
        return f"{plural(len(self), 'alert')} in {s.rows:,} {unit} of {s.flows:,} flows{span}, by {model}"


def model_words(model: ModelRef) -> str:
    """`dnsanom-window version 3`, or `dnsanom-window (unregistered)`."""
    return model["name"] + (f" version {model['version']}" if model["version"] else " (unregistered)")


def plural(count: int, noun: str) -> str:
    """`1 alert`, `2 alerts`, `1,200 alerts`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

"""What is usual for an alert's client by its own windows before, and for its peers at the same time.

Both are read from the flows that the alert came from: the lake, or the exports that were given. Own history
reads the flows of the alerted clients alone, peers the few minutes up to each alert's peak. All alerts of a
run are told by one query each, so that it costs little, and nothing where there is no alert.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import ibis
import pandas as pd

from dnsanom.dataset import views
from dnsanom.dataset.networks import Prefixes, pack, prefixes
from dnsanom.detect.merge import PAIR
from dnsanom.detect.score import epoch_seconds
from dnsanom.schema import feature_names
from dnsanom.settings import Settings
from dnsanom.store import lake as lakes
from dnsanom.store.lake_files import Folder

HOUR = 3600
#: Peers are what other clients did in so many seconds up to the end of the peak window.
PEERS_SECONDS = 600
#: Seconds of traffic whose rows are in memory at once.
AT_ONCE = 7_200
#: Fewer windows of its own, or fewer other clients, are no history to tell of.
LEAST_OWN, LEAST_PEERS = 3, 3
#: Features that need the flows of everybody, which a client's own history has not.
OTHERS = ("fan_in",)
#: What makes two rows alike in kind: the roles of both ends, and of a flow the way it goes.
KIND = {"window": ("server_role",), "flow": ("src_role", "dst_role", "src_port_class", "dst_port_class")}


#: Epoch seconds from and until.
Span = tuple[int, int]


@dataclass(frozen=True)
class Usual:
    """Medians by feature, and how many rows and clients they are of; none where there are too few."""

    values: dict[str, float] = field(default_factory=dict)
    rows: int = 0
    clients: int = 0


@dataclass(frozen=True)
class Norm:
    """What is usual for one alert's client, and for its peers."""

    own: Usual = Usual()
    peers: Usual = Usual()


@dataclass(frozen=True)
class History:
    """Where to look for what was usual: a lake, rows of a view, windows of so many seconds."""

    lake: Folder
    settings: Settings
    view: str
    window_seconds: int

    def norms(self, peaks: pd.DataFrame, flagged: pd.DataFrame) -> list[Norm]:
        """What is usual for each peak: columns client, window (the peak's), first (epoch s), the features.

        Of its peers, windows that are `flagged` themselves (client, server, window) are left out: those who
        take part in an attack together are no measure of one another.
        """
        besides = pd.MultiIndex.from_frame(flagged[PAIR])
        own, peers = dict(self._own(peaks)), dict[object, Usual]()
        for spans in _batches(self._spans(peaks["window"])):
            rows = self._around(spans)
            here = peaks[(peaks["window"] >= spans[0][0]) & (peaks["window"] < spans[-1][1])]
            rows = rows[~pd.MultiIndex.from_frame(rows[PAIR]).isin(besides)]
            peers |= {at: self._peers(rows, peak) for at, peak in here.iterrows()}
        return [Norm(own[at], peers[at]) for at in peaks.index]

    def _own(self, peaks: pd.DataFrame) -> Iterator[tuple[object, Usual]]:
        """Windows of the clients before each alert's first window, as far back as the settings say."""
        back = int(self.settings.params.detect.history_hours * HOUR)
        since, until = _time(int(peaks["first"].min()) - back), _time(int(peaks["first"].max()))
        flows, clients = lakes.read(self.lake, since, until), sorted(set(peaks["client"]))
        mine_all = flows.filter(flows.src_ip.isin(clients) | flows.dst_ip.isin(clients)).to_pyarrow()
        rows = self._rows(ibis.memtable(mine_all))
        names = [name for name in feature_names(self.view) if name not in OTHERS]
        for at, peak in peaks.iterrows():
            mine = rows[(rows["client"] == peak["client"]) & (rows["window"] < peak["first"])]
            mine = mine[(mine["window"] >= peak["first"] - back) & _alike(mine, peak, self.view)]
            yield at, _usual(mine, names) if mine["window"].nunique() >= LEAST_OWN else Usual()

    def _around(self, spans: list[Span]) -> pd.DataFrame:
        """Rows of everybody in these spans, with the client's role."""
        flows = lakes.read(self.lake, _time(spans[0][0]), _time(spans[-1][1]))
        within = [
            (flows.first_seen >= _time(since)) & (flows.first_seen < _time(end)) for since, end in spans
        ]
        rows = self._rows(flows.filter(ibis.or_(*within)))
        return rows.assign(role=rows["client"].map(self._roles(rows["client"])))

    def _spans(self, windows: "pd.Series[int]") -> list[Span]:
        """The time up to each of these windows' ends that peers are looked for in, overlaps made one."""
        found: list[Span] = []
        for window in sorted({int(start) for start in windows}):
            since, until = self._before(window)
            joins = bool(found) and since <= found[-1][1]
            found[-1 if joins else len(found) :] = [(found[-1][0] if joins else since, until)]
        return found

    def _before(self, window: int) -> Span:
        until = window + self.window_seconds
        return until - max(PEERS_SECONDS, self.window_seconds), until

    def _peers(self, rows: pd.DataFrame, peak: "pd.Series[float]") -> Usual:
        since, until = self._before(int(peak["window"]))
        near = (rows["window"] >= since) & (rows["window"] < until)
        client = str(peak["client"])
        role = self._roles(pd.Series([client]))[client]
        alike = near & (rows["client"] != client) & (rows["role"] == role) & _alike(rows, peak, self.view)
        found = rows[alike]
        enough = found["client"].nunique() >= LEAST_PEERS
        return _usual(found, feature_names(self.view)) if enough else Usual()

    def _rows(self, flows: ibis.Table) -> pd.DataFrame:
        """The view's rows of these flows: client, server, window (epoch s) and the features."""
        dns = self.settings.params.dns.model_copy(update={"window_seconds": self.window_seconds})
        table = views.rows(flows, self.view, dns, self.settings.params.sampling)
        rows: pd.DataFrame = table.select(
            "client", "server", "first_seen", *feature_names(self.view)
        ).execute()
        return rows.assign(
            window=epoch_seconds(rows["first_seen"]) // self.window_seconds * self.window_seconds
        )

    def _roles(self, addresses: "pd.Series[str]") -> dict[str, int]:
        dns = self.settings.params.dns
        resolvers, clients = prefixes(dns.networks("resolvers")), prefixes(dns.networks("client_networks"))
        return {address: _role(address, resolvers, clients) for address in addresses.unique()}


def _batches(spans: list[Span]) -> Iterator[list[Span]]:
    """Spans that are looked at together, about `AT_ONCE` seconds of them."""
    batch: list[Span] = []
    for span in spans:
        batch.append(span)
        if sum(until - since for since, until in batch) >= AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _role(address: str, resolvers: Prefixes, clients: Prefixes) -> int:
    """2 one of our resolvers, 1 one of our clients, 0 elsewhere, as in the features."""
    packed = pack(address)
    return 2 if packed in resolvers else int(packed in clients)


def _alike(rows: pd.DataFrame, peak: "pd.Series[float]", view: str) -> "pd.Series[bool]":
    names = list(KIND[view])
    return (rows[names] == peak[names].astype("float64")).all(axis=1)


def _usual(rows: pd.DataFrame, names: list[str]) -> Usual:
    medians = rows[names].median()
    return Usual(
        {name: round(float(medians[name]), 6) for name in names}, len(rows), int(rows["client"].nunique())
    )


def _time(seconds: int) -> pd.Timestamp:
    return pd.Timestamp(seconds, unit="s", tz="UTC")

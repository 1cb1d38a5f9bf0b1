"""An alert derived again from its exports, in words, and whether anything differs from the record."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dnsanom.detect import state
from dnsanom.detect.alert import Alert, model_words, plural
from dnsanom.detect.derive import derive, first_flows, lake_of
from dnsanom.detect.detect import Run
from dnsanom.detect.differ import differences
from dnsanom.detect.find import find
from dnsanom.errors import BadUseError, ObjectGoneError, StoreError
from dnsanom.model import frames
from dnsanom.model.bundle import Bundle, open_bundle
from dnsanom.settings import Settings
from dnsanom.store.ledger import Ledger
from dnsanom.store.ledger_tables import Entry
from dnsanom.store.objects import ObjectStore


@dataclass(frozen=True)
class Explanation:
    """An alert on record, and what came of deriving it again: what differs, and what is good to know."""

    alert: Alert
    found_in: str
    derived_from: str
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    flows: list[dict[str, Any]]

    @property
    def equal(self) -> bool:
        """Whether the alert came out as it is on record, and its exports are what they were."""
        return not self.differences

    def lines(self) -> list[str]:
        """All of it in plain lines."""
        return [
            *_about(self.alert),
            "",
            "flows of its peak window, the first of them:",
            *_flows(self.flows),
            "",
            f"derived again from {self.derived_from}, by {model_words(self.alert['model'])}",
            *(f"  note: {note}" for note in self.notes),
            *(f"  differs: {line}" for line in self.differences),
            "the same alert" if self.equal else plural(len(self.differences), "difference"),
        ]


def explain(
    settings: Settings, alert_id: str, file: Path | None = None, model: str | None = None, fetch: bool = False
) -> Explanation:
    """Derive the alert of this id again and compare it with its record.

    `model` names the model where the alert's own is not registered; `fetch` has the exports decoded anew from
    the store though the lake holds them. Raises BadUseError without such an alert, RegistryError without its
    model.
    """
    alert, found_in = find(settings, alert_id, file)
    bundle = open_bundle(settings, alert["view"], model or _uri(alert))
    run = Run(settings, alert["view"], bundle, state.model_of(bundle.card))
    differ, notes = _versions(settings, alert, bundle)
    gone, told = _exports(settings, alert)
    with lake_of(settings, alert, fetch) as (lake, whole, unread):
        again = derive(run, lake, alert, whole)
        differ += gone + [f"export {one.reason}" for one in unread]
        differ += differences(alert, again, whole) if again else ["no such alert comes out any more"]
        flows = first_flows(lake, alert, alert["window_seconds"])
    source = "the lake" if whole else f"{plural(len(alert['exports']), 'export')}, decoded anew"
    if not whole:
        told.append("its past and its peers are not compared: its exports alone do not hold them")
    return Explanation(alert, found_in, source, tuple(differ), tuple(notes + told), flows)


def _uri(alert: Alert) -> str:
    model = alert["model"]
    if model["version"] is None:
        raise BadUseError(f"{alert['id']}: {model_words(model)}: name the model by --model FOLDER or URI")
    return f"models:/{model['name']}/{model['version']}"


def _versions(settings: Settings, alert: Alert, bundle: Bundle) -> tuple[list[str], list[str]]:
    """What differs of data and code on record from the model's own, and from what is here now."""
    differ = [
        f"{what}: recorded {recorded}, the model's card says {bundle.card[key]}"
        for what, recorded, key in (
            ("data version", alert["data_md5"], "data_md5"),
            ("code commit", alert["code"], "code"),
        )
        if recorded != bundle.card[key]
    ]
    here = frames.code_version(settings.root)
    other = here not in ("unknown", alert["code"])
    return differ, [f"model of code {alert['code']}, this is {here}"] if other else []


def _exports(settings: Settings, alert: Alert) -> tuple[list[str], list[str]]:
    """What ledger and store say of the alert's exports: what differs, and what could not be looked at."""
    ledger = settings.ledger
    if isinstance(ledger, Path) and not ledger.exists():
        return [], ["there is no ledger, so nothing is known of its exports' contents"]
    with Ledger(ledger) as opened:
        entries = {key: _newest(opened.entries(), key) for key in alert["exports"]}
    differ, notes, hashes = [], [], {}
    for key, entry in entries.items():
        if entry is None:
            notes.append(f"export {key}: not in the ledger")
        elif entry.state != "committed":
            differ.append(f"export {key}: {entry.state}" + (f": {entry.reason}" if entry.reason else ""))
        elif entry.sha256:
            hashes[key] = entry.sha256
    changed, away = _contents(settings, hashes)
    return differ + changed, notes + away


def _newest(entries: list[Entry], key: str) -> Entry | None:
    found = [entry for entry in entries if entry.key == key]
    committed = [entry for entry in found if entry.state == "committed"]
    return max(committed or found, key=lambda entry: entry.finished or 0, default=None)


def _contents(settings: Settings, hashes: dict[str, str]) -> tuple[list[str], list[str]]:
    """Compare objects with the hashes by which the ledger knows their contents."""
    if not settings.s3.endpoint and not settings.s3.access_key:
        return [], ["no store is configured, so its objects' contents are not compared"] if hashes else []
    differ: list[str] = []
    try:
        store = ObjectStore(settings.s3)
        for key, known in hashes.items():
            try:
                content = sha256(store.get(key)).hexdigest()
            except ObjectGoneError:
                differ.append(f"export {key}: gone from the store")
                continue
            if content != known:
                differ.append(f"export {key}: its content is {content[:12]}…, the ledger knows {known[:12]}…")
    except StoreError as error:
        return differ, [f"contents are not compared: {error}"]
    return differ, []


def _about(alert: Alert) -> Iterator[str]:
    """The alert in words."""
    yield f"{alert['id']}  {alert['vector'].replace('_', ' ')}, severity {alert['severity']}"
    yield f"  {alert['words']}"
    yield f"  {alert['first_seen']} to {alert['last_seen']}, {plural(alert['windows'], 'window')} of pairs"
    counts = (plural(alert[key], key.removesuffix("s")) for key in ("flows", "packets", "bytes"))
    yield f"  {', '.join(counts)}; score {alert['score']:.4f}, alert from {alert['threshold']:.4f}"
    for piece in alert["evidence"]:
        share = f"{100 * piece.get('share', 0):.0f} % of the score"
        share = share if piece["in_model"] else "not seen by the model"
        yield f"  - {piece['words']} ({share})"
    near = (
        f"{n['vector']} at {n['distance']:.2f} ({plural(n['rows'], 'row')})"
        for n in alert.get("neighbours", [])
    )
    yield f"  nearest labelled: {', '.join(near) or 'none'}"
    yield f"  exports: {', '.join(alert['exports'])}"


def _flows(flows: list[dict[str, Any]]) -> Iterator[str]:
    if not flows:
        yield "  none are here any more"
    for row in flows:
        when = row["first_seen"].isoformat(" ", "milliseconds")[:23]
        ends = f"{row['src_ip']}:{row['src_port']} → {row['dst_ip']}:{row['dst_port']}"
        counts = f"{row['packets']:,} packets, {row['bytes']:,} bytes, {row['duration']:g} s"
        yield f"  {when}  {ends}  protocol {row['protocol']}, {counts}"

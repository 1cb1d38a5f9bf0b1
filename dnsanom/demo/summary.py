"""What the demo ends with: a page of plain text about exports, models, alerts, and where to look."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.detect.alert import Alert
from dnsanom.model import tracking
from dnsanom.params import View
from dnsanom.quality import quarantine
from dnsanom.schema import VECTORS
from dnsanom.settings import Settings
from dnsanom.store.ledger import Ledger

#: Rows of the leader-board and alerts that are shown.
BEST, FIRST = 5, 5


def lines(
    settings: Settings, views: tuple[View, ...], alerts: list[Alert], pages: dict[str, Path]
) -> Iterator[str]:
    """Everything, in the order of the data's way. `alerts` are the newest hours', the most severe first."""
    yield from _exports(settings)
    yield from _leader_board(settings, views)
    yield from _vectors(settings, views)
    yield from _champions(settings, views)
    yield from _alerts(alerts)
    yield from _places(pages)


def _exports(settings: Settings) -> Iterator[str]:
    with Ledger(settings.ledger) as ledger:
        entries = ledger.entries()
    flows = sum(entry.kept or 0 for entry in entries if entry.kind == "flows" and entry.state == "committed")
    states = pd.Series([entry.state for entry in entries]).value_counts()
    yield "\nExports"
    counts = ", ".join(f"{n:,} {state}" for state, n in states.items())
    yield f"  {len(entries):,} seen: {counts}; {flows:,} DNS flows"
    for entry in quarantine.entries(settings.quarantine):
        size = f"{entry.size:,} rows" if entry.kind == "rows" else "whole file"
        yield f"  quarantined  {entry.key} ({size}): {entry.reason}"
    for twice in (entry for entry in entries if entry.state == "duplicate"):
        yield f"  duplicate    {twice.key}: same content as {twice.reason}, not counted again"


def _leader_board(settings: Settings, views: tuple[View, ...]) -> Iterator[str]:
    yield "\nLeader-board of the sweep (macro-F1 and PR-AUC on validation rows)"
    for view in views:
        rows = [
            {**row, "model": m}
            for m in ("knn", "svm")
            for row in _read(settings.candidate(view, m) / "sweep.json")
            if row["pruned"] is None
        ]
        rows.sort(key=lambda row: -row["macro_f1"])
        yield f"  {view}: {len(rows)} settings, the best {BEST}"
        for row in rows[:BEST]:
            setting = ", ".join(f"{k}={v}" for k, v in row["setting"].items())
            yield f"    {row['macro_f1']:.3f}  {row['pr_auc']:.3f}  {row['model']}  {setting}"


def _vectors(settings: Settings, views: tuple[View, ...]) -> Iterator[str]:
    reports = {view: _read(settings.report(view) / "metrics.json") for view in views}
    chosen = {view: report["models"][report["chosen"]] for view, report in reports.items()}
    yield "\nF1 per vector on the test rows"
    yield from (f"  {view}: {report['labels']}" for view, report in reports.items())
    heads = (f"{view} ({reports[view]['chosen']})" for view in views)
    yield "  " + " " * 14 + "".join(f"{head:>16}{'rows':>9}" for head in heads)
    for vector in VECTORS:
        rows = [chosen[view]["vectors"].get(vector) for view in views]
        cells = (f"{row['f1']:16.3f}{row['support']:9,}" if row else f"{'-':>16}{0:9}" for row in rows)
        yield f"  {vector:14}" + "".join(cells)
    yield "  " + f"{'macro-F1':14}" + "".join(f"{chosen[view]['macro_f1']:16.3f}{'':9}" for view in views)


def _champions(settings: Settings, views: tuple[View, ...]) -> Iterator[str]:
    yield "\nChampions"
    for view in views:
        card = tracking.load_champion(settings, view).card
        setting = ", ".join(f"{k}={v}" for k, v in card["setting"].items())
        name = f"{card['name']} version {card['version']}"
        yield f"  {name}: {card['model']}, {setting}; learned from data {card['data_md5']}"


def _alerts(alerts: list[Alert]) -> Iterator[str]:
    yield f"\nFirst alerts of {len(alerts):,} in the hours that no model had seen"
    for alert in alerts[:FIRST]:
        ends = f"{alert['client'] or 'many'} → {alert['server'] or 'many'}"
        score = f"score {alert['score']:.3f} (threshold {alert['threshold']:.3f})"
        yield f"  {alert['first_seen']}  {alert['vector']}  {ends}"
        yield f"    {score}, {alert['flows']:,} flows, {alert['id']}"
        yield from (f"    {evidence['words']}" for evidence in alert["evidence"][:3])


def _places(pages: dict[str, Path]) -> Iterator[str]:
    yield "\nLook at it"
    yield from (f"  {name:12} {path}" for name, path in pages.items())
    yield "  MLflow UI, Prefect UI and these pages: `make up` starts the servers and prints the addresses"


def agreement(alerts: list[Alert], truth: pd.DataFrame) -> str:
    """How the alerts compare with the truth that the simulator wrote, in one line.

    A truth row is found if an alert overlaps it in time and names its ends, or many in the place of one.
    """
    episodes = [{str(k): str(v) for k, v in row.items()} for row in truth.to_dict("records")]
    found = sum(any(_meets(alert, row) for alert in alerts) for row in episodes)
    true = sum(any(_meets(alert, row) for row in episodes) for alert in alerts)
    false = f"{len(alerts) - true} of {len(alerts)} alerts are false"
    return f"the simulator knows better: {found} of {len(episodes)} attacked pairs were alerted, {false}"


def _meets(alert: Alert, row: dict[str, str]) -> bool:
    client, server = alert["client"] or row["client"], alert["server"] or row["server"]
    ends = row["client"] in ("", client) and row["server"] in ("", server)
    return ends and alert["first_seen"] <= row["end"] and alert["last_seen"] >= row["start"]


def _read(path: Path) -> Any:
    return json.loads(path.read_text())

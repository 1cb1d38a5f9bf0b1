"""What analysts say of alerts, as rows of labels."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from handflows import CLIENT, FAR, OTHER, OUTSIDE, RESOLVER, START, truth
from handset import HOUR, flows

from dnsanom.cli import cli
from dnsanom.dataset.freeze import freeze
from dnsanom.dataset.truth import read_truth, write_truth
from dnsanom.dataset.verdicts import add, rows_of
from dnsanom.errors import BadUseError
from dnsanom.prefixes import prefixes
from dnsanom.settings import Settings
from dnsanom.store import lake
from dnsanom.store import truth as stored_truth

SPANS = [
    ["2026-03-02T00:01:00.000Z", "2026-03-02T00:03:00.000Z"],
    ["2026-03-02T00:04:00.000Z", "2026-03-02T00:05:00.000Z"],
]


def _alert(**changed: Any) -> dict[str, Any]:
    alert = {"id": "0123456789abcdef", "client": CLIENT, "server": OUTSIDE, "clients": 1, "servers": 1}
    alert |= {"examples": [], "spans": SPANS, "peak": {"client": CLIENT, "server": OUTSIDE}}
    return {**alert, **changed}


def _ends(settings: Settings, alert: dict[str, Any]) -> list[tuple[str, str]]:
    rows = rows_of(alert, "scan", prefixes(settings.params.dns.networks("resolvers")))
    assert len(rows) % len(SPANS) == 0
    return list(dict.fromkeys(zip(rows["client"], rows["server"], strict=True)))


def test_a_verdict_is_of_the_alert_s_pairs_and_spans(settings: Settings) -> None:
    rows = rows_of(_alert(), "tunnel", prefixes([]))
    wanted = truth((CLIENT, OUTSIDE, 60, 179.999, "tunnel"), (CLIENT, OUTSIDE, 240, 299.999, "tunnel"))
    assert rows.to_dict("list") == wanted.to_dict("list")
    few = _alert(client=None, clients=2, examples=[CLIENT, OTHER])
    assert _ends(settings, few) == [(CLIENT, OUTSIDE), (OTHER, OUTSIDE)]
    many = {"client": None, "clients": 40, "examples": [CLIENT, OTHER]}
    assert _ends(settings, _alert(**many)) == [("", OUTSIDE)]
    assert _ends(settings, _alert(**many, server=RESOLVER)) == [(CLIENT, RESOLVER), (OTHER, RESOLVER)]
    assert _ends(settings, _alert(**many, server=None, servers=30)) == [(CLIENT, OUTSIDE)]
    assert _ends(settings, _alert(server=None, servers=500, examples=[FAR])) == [(CLIENT, "")]
    with pytest.raises(BadUseError, match="vector 'worm': unknown, known are benign, "):
        rows_of(_alert(), "worm", prefixes([]))


def test_a_later_verdict_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "data" / "verdicts.csv"
    add(path, truth((CLIENT, OUTSIDE, 0, 60, "tunnel"), (OTHER, OUTSIDE, 0, 60, "tunnel")))
    add(path, truth((CLIENT, OUTSIDE, 0, 60, "benign")))
    assert sorted(read_truth(path)["vector"]) == ["benign", "tunnel"]


def test_the_command_finds_the_newest_alerts(settings: Settings) -> None:
    run = CliRunner()
    nothing = run.invoke(cli, ["verdict", "01", "benign"])
    assert isinstance(nothing.exception, BadUseError)
    assert "data/alerts: no alerts; name a file by --alerts" in str(nothing.exception)
    folder = settings.data / "alerts"
    folder.mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps([_alert(), _alert(id="0199")]))
    done = run.invoke(cli, ["verdict", "0123", "benign"], catch_exceptions=False)
    assert done.output.startswith("2 rows of benign in ")
    assert set(read_truth(settings.verdicts)["vector"]) == {"benign"}
    for id_, count in (("01", 2), ("ff", 0)):
        refused = run.invoke(cli, ["verdict", id_, "benign"])
        assert f"one.json: alert '{id_}': {count} of 2 alerts have that id" in str(refused.exception)
    broken = run.invoke(cli, ["verdict", "01", "benign", "--alerts", str(settings.root / "params.yaml")])
    assert "params.yaml: not a list of alerts: " in str(broken.exception)


def test_verdicts_are_frozen_with_the_flows_and_not_taken_for_truth(settings: Settings) -> None:
    lake.write(settings.lake, flows(), "exports/0")
    for key, rows in {
        "labels/truth.csv": truth((CLIENT, OUTSIDE, 0, 60, "tunnel")),
        "labels/verdicts-march.csv": truth((CLIENT, OUTSIDE, 0, 60, "benign"), (OTHER, "", 0, 9, "scan")),
    }.items():
        write_truth(rows, settings.root / "given.csv")
        stored_truth.keep(settings.truth, key, (settings.root / "given.csv").read_bytes())
    add(settings.verdicts, truth((OTHER, "", 0, 9, "flood")))
    folder = freeze(settings, START, START + HOUR)
    assert read_truth(folder / "truth.csv")["vector"].tolist() == ["tunnel"]
    assert sorted(read_truth(folder / "verdicts.csv")["vector"]) == ["benign", "flood"]
    stored_truth.remove(settings.truth, "labels/verdicts-march.csv")
    settings.verdicts.unlink()
    freeze(settings, START, START + HOUR)
    assert not (folder / "verdicts.csv").exists()

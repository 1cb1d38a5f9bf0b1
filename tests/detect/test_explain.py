"""Alerts derived again, with a real registry, lake, ledger and store."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hand_made import day, halves, put, table, tunnel

from dnsanom.detect.alert import Alert
from dnsanom.detect.detect import detect_to
from dnsanom.detect.explain import Explanation, explain
from dnsanom.errors import BadUseError
from dnsanom.model import tracking
from dnsanom.model.bundle import Bundle
from dnsanom.netflow import decode
from dnsanom.schema import feature_names
from dnsanom.settings import Settings
from dnsanom.simulate.csv48 import write_csv
from dnsanom.store import lake
from dnsanom.store.objects import ObjectStore
from dnsanom.store.pull import pull


def register(settings: Settings, folder: str) -> None:
    """Log the model of the folder, and make it version 1 and champion of the window view."""
    bundle, name = Bundle.load(Path(folder)), "dnsanom-window"
    client = tracking.connect(settings)
    with tracking.run(settings, "window", "made by hand", {}) as run:
        row = pd.DataFrame([dict.fromkeys(feature_names("window"), 0.0)])
        model_id = run.model(bundle, Path(folder), row)
    client.create_registered_model(name)
    made = client.create_model_version(name, f"models:/{model_id}", run.id, model_id=model_id)
    client.set_registered_model_alias(name, tracking.CHAMPION, made.version)


@pytest.fixture
def alerted(stored: Settings, folder: str) -> Settings:
    """A project with a champion, whose lake was pulled from a store, and the alerts of it."""
    register(stored, folder)
    store = ObjectStore(stored.s3)
    for flows in halves(day()):
        path = stored.root / "export.csv"
        write_csv(path, flows)
        store.put(f"edge/{flows['export_key'][0].as_py()}.csv", path.read_bytes())
    pull(stored)
    detect_to(stored, [], "window", None, stored.data / "alerts" / "now.json")
    return stored


def alerts(settings: Settings) -> dict[str, Alert]:
    found: list[Alert] = json.loads((settings.data / "alerts" / "now.json").read_text())
    return {alert["vector"]: alert for alert in found}


def told(found: Explanation) -> str:
    return "\n".join(found.lines())


def test_every_alert_comes_out_as_it_is_on_record(alerted: Settings) -> None:
    assert set(alerts(alerted)) == {"tunnel", "scan", "flood"}
    for alert in alerts(alerted).values():
        found = explain(alerted, alert["id"][:8])
        assert (found.equal, found.differences) == (True, ())
    tunnel_ = told(explain(alerted, alerts(alerted)["tunnel"]["id"]))
    assert "derived again from the lake, by dnsanom-window version 1" in tunnel_
    assert "→ 198.51.100.10:53  protocol 17, 200 packets, 46,000 bytes, 50 s" in tunnel_
    assert tunnel_.endswith("the same alert")
    fetched = explain(alerted, alerts(alerted)["tunnel"]["id"], fetch=True)
    assert fetched.equal
    assert "2 exports, decoded anew" in told(fetched)


def test_what_was_changed_on_record_is_named(alerted: Settings) -> None:
    path = alerted.data / "alerts" / "now.json"
    content = json.loads(path.read_text())
    for alert in content:
        alert |= {"score": alert["score"] / 2, "flows": alert["flows"] + 1, "data_md5": "0" * 32}
    path.write_text(json.dumps(content))
    found = explain(alerted, alerts(alerted)["tunnel"]["id"])
    assert not found.equal
    for start in ("data version: recorded 000", "flows: recorded 17, now 16", "score: recorded 0.4"):
        assert any(line.startswith(start) for line in found.differences)


def test_exports_that_changed_or_went_are_named(alerted: Settings) -> None:
    alert = alerts(alerted)["tunnel"]
    ObjectStore(alerted.s3).put(alert["exports"][0], b"other")
    found = explain(alerted, alert["id"])
    assert any("its content is" in line and alert["exports"][0] in line for line in found.differences)
    nowhere = alerted.model_copy(
        update={"s3": alerted.s3.model_copy(update={"prefix": "", "bucket": "none"})}
    )
    assert not explain(nowhere, alert["id"]).equal or "not compared" in told(explain(nowhere, alert["id"]))


def test_flows_that_came_later_are_a_difference(alerted: Settings) -> None:
    alert = alerts(alerted)["tunnel"]
    put(alerted, table(tunnel(60 * 55, 1), "late"))
    found = explain(alerted, alert["id"])
    assert any(line.startswith("windows: recorded 8, now 9") for line in found.differences)
    lake.remove(alerted.lake, "late")
    assert explain(alerted, alert["id"]).equal


def test_an_alert_of_files_is_derived_from_the_files(
    settings: Settings, model_folder: Callable[[str], str], tmp_path: Path
) -> None:
    path, out, model = tmp_path / "export.csv", tmp_path / "alerts.json", model_folder("window")
    write_csv(path, table(day(), "whole"))
    assert len(decode(path.read_bytes(), "x", settings.params.dns).flows)
    detect_to(settings, [str(path)], "window", model, out)
    (id_,) = [a["id"] for a in json.loads(out.read_text()) if a["vector"] == "scan"]
    found = explain(settings, id_, out, model)
    assert found.equal, found.differences
    assert "there is no ledger" in told(found)
    path.unlink()
    assert any("no such" in line for line in explain(settings, id_, out, model).differences)


def test_an_unknown_id_is_one_line(settings: Settings) -> None:
    with pytest.raises(BadUseError, match=r"^abc: no alert of this id in "):
        explain(settings, "abc")

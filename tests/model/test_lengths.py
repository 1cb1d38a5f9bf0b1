"""A change of the windows' length: the champion is no rival then, and not passed over unawares."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from test_promote import chosen, tags, version

from dnsanom.cli import cli
from dnsanom.model import registry, tracking
from dnsanom.model.bundle import Bundle, digest
from dnsanom.model.promote import promote, rollback
from dnsanom.settings import Settings, load_settings


def change_candidate(settings: Settings, model: str, **changes: object) -> None:
    """Make the candidate another one by its card, as if it had been swept and evaluated so."""
    folder, report = settings.candidate("window", model), settings.report("window") / "chosen.json"
    bundle, told = Bundle.load(folder), json.loads(report.read_text())
    replace(bundle, card=bundle.card | changes).save(folder)
    if told["model"] == model:
        report.write_text(json.dumps(told | {"digest": digest(folder)}))


@pytest.fixture
def changed(copied: Settings, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project whose champion is of windows of 60 s, and its parameters and candidates of 30 s."""
    path = copied.root / "params.yaml"
    path.write_text(path.read_text().replace("  window_seconds: 60\n", "  window_seconds: 30\n"))
    for model in ("knn", "svm"):
        change_candidate(copied, model, window_seconds=30)
    monkeypatch.chdir(copied.root)
    return load_settings()


def dnsanom_promote(*options: str) -> str:
    result = CliRunner().invoke(cli, ["promote", "--view", "window", *options])
    assert result.exit_code == 0, result.output
    return result.output


def window_check(settings: Settings) -> dict[str, object]:
    told = json.loads(registry.attached(settings, "window", "2", "verdict.json"))
    found: dict[str, object] = {check["name"]: check for check in told["checks"]}["window_seconds"]
    return found


def test_a_champion_of_other_windows_is_not_tried_on_rows_that_are_not_its_own(changed: Settings) -> None:
    found = promote(changed, "window")
    assert not found.promote
    assert found.reasons[0] == (
        "made of windows of 30 s, the champion (version 1) of 60 s, so no test row is made for both; set "
        "dns.window_seconds to 60, or if the change is meant, `dnsanom shadow --view window --challenger 2` "
        "compares their alerts and `dnsanom promote --view window --new-window` promotes without a rival"
    )
    assert [check.name for check in found.checks] == [
        "window_seconds",
        "macro_f1",
        "false_alerts_per_day",
        "rows_per_second",
        "bytes",
    ]
    assert not any(check.champion for check in found.checks[1:])
    assert (version(changed, "champion"), version(changed, "previous")) == ("1", None)
    assert tags(changed, "2")["verdict"] == "kept out"


def test_a_change_that_is_meant_is_promoted_and_on_record(changed: Settings) -> None:
    assert dnsanom_promote().startswith("not promoted\n  made of windows of 30 s, the champion (version 1)")
    said = "made of windows of 30 s, the champion (version 1) of 60 s, as --new-window says is meant"
    assert dnsanom_promote("--new-window").startswith(f"promoted\n  {said}")
    assert (version(changed, "champion"), version(changed, "previous")) == ("2", "1")
    assert tracking.load_champion(changed, "window").card["window_seconds"] == 30
    assert tags(changed, "2")["reasons"].startswith(said)
    assert said in registry.attached(changed, "window", "2", "model_card.md")
    told = window_check(changed)
    assert (told["ok"], told["candidate"], told["champion"]) == (True, 30, 60)


def test_the_way_back_leads_to_windows_of_the_old_length(changed: Settings) -> None:
    promote(changed, "window", new_window=True)
    assert rollback(changed, "window") == "1"
    assert tracking.load_champion(changed, "window").card["window_seconds"] == 60
    assert "version 2 was rolled back" in promote(changed, "window", new_window=True).reasons[0]
    assert rollback(changed, "window") == "2"


def test_the_flag_passes_no_champion_of_the_same_windows_over(copied: Settings) -> None:
    change_candidate(copied, chosen(copied), threshold=0.61)
    found = promote(copied, "window", new_window=True)
    assert not found.promote
    assert "against the champion's" in found.reasons[0]

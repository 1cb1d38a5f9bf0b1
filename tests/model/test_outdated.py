"""Champions of an earlier version: one line that says what to do, and a gate that leaves them out."""

import json
from pathlib import Path

import pytest
from test_bundle import bundle
from test_promote import chosen, spoil, tags, version

from dnsanom.errors import OutdatedModelError, RegistryError
from dnsanom.model import registry, tracking
from dnsanom.model.bundle import Bundle
from dnsanom.model.evaluate import evaluate
from dnsanom.model.promote import promote, rollback
from dnsanom.settings import Settings

RULE = r"made by another version of dnsanom \(.*{}.*\); sweep, evaluate and promote again with this one$"
GONE = "gone"


def change_card(folder: Path, **changes: object) -> None:
    path = folder / "card.json"
    card = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in card.items() if value != GONE}))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"features": ["query_flows"]}, "no feature query_flows in the window view"),
        ({"window_seconds": GONE}, "its card has no window_seconds"),
    ],
)
def test_an_old_card_is_told_as_that(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    bundle().save(tmp_path)
    change_card(tmp_path, **changes)
    with pytest.raises(OutdatedModelError, match=RULE.format(why)):
        Bundle.load(tmp_path)


def test_a_bundle_without_a_later_part_is_told_as_that(tmp_path: Path) -> None:
    bundle().save(tmp_path)
    (tmp_path / "novelty.skops").unlink()
    with pytest.raises(OutdatedModelError, match=RULE.format(r"no novelty\.skops")):
        Bundle.load(tmp_path)


def test_types_that_dnsanom_had_once_are_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle().save(tmp_path)
    monkeypatch.setattr("dnsanom.model.skopsfile.TRUSTED", ("dnsanom.model.novelty.Novelty",))
    with pytest.raises(OutdatedModelError, match=RULE.format("its types are dnsanom.model.knn")):
        Bundle.load(tmp_path)


def test_a_model_that_lacks_what_this_version_needs_is_told_as_that(tmp_path: Path) -> None:
    made = bundle()
    del made.novelty.limit_
    made.save(tmp_path)
    with pytest.raises(OutdatedModelError, match=RULE.format("it answers no row: ")):
        Bundle.load(tmp_path)


def age(settings: Settings, number: str) -> None:
    """Take from a version's logged model what earlier versions of dnsanom did not have."""
    client = tracking.connect(settings)
    source = client.get_model_version("dnsanom-window", number).source
    model = client.get_logged_model(source.removeprefix("models:/"))
    folder = Path(model.artifact_location.removeprefix("file://"))
    (folder / "extra_files" / "novelty.skops").unlink()


def test_an_outdated_champion_is_no_rival_and_no_way_back(untracked: Settings) -> None:
    promote(untracked, "window")
    age(untracked, "1")
    with pytest.raises(RegistryError, match=r"models:/dnsanom-window/1.*made by another version"):
        tracking.load_champion(untracked, "window")
    spoil(untracked, chosen(untracked))
    evaluate(untracked, "window")
    found = promote(untracked, "window")
    assert found.promote
    assert "no rival: models:/dnsanom-window/1" in found.reasons[-1]
    assert (version(untracked, "champion"), version(untracked, "previous")) == ("2", "1")
    assert tags(untracked, "2")["verdict"] == "promoted"
    with pytest.raises(OutdatedModelError):
        rollback(untracked, "window")
    assert version(untracked, "champion") == "2"


def test_verdict_and_card_are_kept_with_the_version(trained: Settings) -> None:
    verdict = json.loads(registry.attached(trained, "window", "1", "verdict.json"))
    assert (verdict["promote"], verdict["version"], verdict["champion"]) == (True, "1", None)
    assert [check["name"] for check in verdict["checks"]] == [
        "macro_f1",
        "false_alerts_per_day",
        "rows_per_second",
        "bytes",
    ]
    card = registry.attached(trained, "window", "1", "model_card.md")
    described = tracking.connect(trained).get_model_version("dnsanom-window", "1").description
    assert card == described
    assert card.startswith("# dnsanom-window version 1\n")

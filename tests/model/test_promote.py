"""Promotion and rollback on a real registry."""

import json
from dataclasses import replace

import pytest

from dnsanom.errors import NoChampionError, RegistryError
from dnsanom.model import tracking
from dnsanom.model.bundle import Bundle, digest, open_bundle
from dnsanom.model.evaluate import evaluate
from dnsanom.model.promote import promote, rollback
from dnsanom.settings import Settings


def version(settings: Settings, alias: str) -> str | None:
    return tracking.alias_version(settings, "window", alias)


def tags(settings: Settings, number: str) -> dict[str, str]:
    found: dict[str, str] = tracking.connect(settings).get_model_version("dnsanom-window", number).tags
    return found


def versions(settings: Settings) -> int:
    return len(tracking.connect(settings).search_model_versions("name = 'dnsanom-window'"))


def spoil(settings: Settings, model: str, labels: dict[str, str] | None = None) -> None:
    """Make the candidate another one: a new threshold, and classes that change places if `labels` says so."""
    folder = settings.candidate("window", model)
    bundle = Bundle.load(folder)
    if labels:
        last = bundle.pipeline[-1]
        last.classes_ = last.classes_.copy()
        last.classes_[:] = [labels.get(c, c) for c in last.classes_]
    card = {**bundle.card, "threshold": 0.61}
    replace(bundle, card=card).save(folder)


def chosen(settings: Settings) -> str:
    return str(json.loads((settings.report("window") / "chosen.json").read_text())["model"])


def test_the_first_candidate_is_champion_and_says_why(trained: Settings) -> None:
    assert version(trained, "champion") == "1"
    assert version(trained, "previous") is None
    said = tags(trained, "1")
    assert said["verdict"] == "promoted"
    assert said["reasons"].startswith("first champion: macro-F1 0.")
    assert said["digest"] == digest(trained.candidate("window", chosen(trained)))


def test_the_champion_is_the_candidate(trained: Settings) -> None:
    champion = tracking.load_champion(trained, "window")
    candidate = Bundle.load(trained.candidate("window", chosen(trained)))
    assert champion.card == {**candidate.card, "name": "dnsanom-window", "version": "1"}
    for source in ("models:/dnsanom-window@champion", "models:/dnsanom-window/1"):
        assert open_bundle(trained, "window", source).card == champion.card


def test_the_same_candidate_is_registered_once(copied: Settings) -> None:
    found = promote(copied, "window")
    assert not found.promote
    assert found.reasons == ("version 1 is the champion already",)
    assert versions(copied) == 1


def test_an_equal_candidate_is_kept_out_with_its_reasons(copied: Settings) -> None:
    spoil(copied, chosen(copied))
    evaluate(copied, "window")
    found = promote(copied, "window")
    assert not found.promote
    assert "a gain of +0.0000 (95 % interval +0.0000 to +0.0000), not more than" in found.reasons[0]
    assert (version(copied, "champion"), versions(copied)) == ("1", 2)
    assert tags(copied, "2")["verdict"] == "kept out"
    assert tags(copied, "2")["reasons"] == "; ".join(found.reasons)
    promote(copied, "window")
    assert versions(copied) == 2


def test_a_better_candidate_moves_the_alias_and_rollback_moves_it_back(untracked: Settings) -> None:
    better(untracked)
    assert (version(untracked, "champion"), version(untracked, "previous")) == ("2", "1")
    assert tags(untracked, "2")["verdict"] == "promoted"
    assert rollback(untracked, "window") == "1"
    assert (version(untracked, "champion"), version(untracked, "previous")) == ("1", "2")
    assert tags(untracked, "2")["verdict"] == "rolled back"


def test_what_was_rolled_back_comes_back_by_rollback_only(untracked: Settings) -> None:
    better(untracked)
    rollback(untracked, "window")
    found = promote(untracked, "window")
    assert not found.promote
    assert "version 2 was rolled back" in found.reasons[0]
    assert rollback(untracked, "window") == "2"
    assert tags(untracked, "2")["verdict"] == "promoted"


def better(settings: Settings) -> None:
    """A first champion that takes scans for tunnels, then the true candidate against it."""
    folder, kind = settings.candidate("window", chosen(settings)), chosen(settings)
    good = Bundle.load(folder)
    spoil(settings, kind, {"scan": "tunnel", "tunnel": "scan"})
    evaluate(settings, "window")
    assert promote(settings, "window").promote
    good.save(folder)
    evaluate(settings, "window")
    found = promote(settings, "window")
    assert found.promote
    assert any(reason.startswith("better: ") and "scan +" in reason for reason in found.reasons)


def test_no_champion_names_the_command_and_makes_no_store(settings: Settings) -> None:
    with pytest.raises(
        NoChampionError, match=r"no champion yet in sqlite:.*; `dnsanom promote --view window`"
    ):
        tracking.load_champion(settings, "window")
    assert not settings.var.exists()


def test_nothing_to_roll_back_to(copied: Settings) -> None:
    with pytest.raises(RegistryError, match="dnsanom-window: no version has the alias previous"):
        rollback(copied, "window")


def test_promote_needs_an_evaluation_of_this_very_candidate(copied: Settings, project: Settings) -> None:
    with pytest.raises(RegistryError, match="no evaluated candidate; run `dnsanom evaluate --view window`"):
        promote(project, "window")
    spoil(copied, chosen(copied))
    with pytest.raises(RegistryError, match="was swept since; run `dnsanom evaluate --view window`"):
        promote(copied, "window")


def test_a_candidate_from_elsewhere_is_logged_when_it_is_promoted(untracked: Settings) -> None:
    assert promote(untracked, "window").promote
    assert tracking.load_champion(untracked, "window").card["version"] == "1"


def test_unknown_models_are_one_line(trained: Settings) -> None:
    for uri in ("models:/nobody@champion", "models:/dnsanom-window/99", "runs:/0123/model", "nonsense:/x"):
        with pytest.raises(RegistryError) as caught:
            tracking.load_uri(trained, uri)
        assert uri in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("uri", ["file:///tmp/mlruns", "mlruns", "ftp://host/x"])
def test_a_file_store_is_refused(settings: Settings, uri: str) -> None:
    with pytest.raises(RegistryError, match="must be sqlite:///FILE or a server's address"):
        tracking.connect(settings.model_copy(update={"mlflow_uri": uri}))


def test_an_absent_server_is_said_at_once(settings: Settings) -> None:
    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:9: no MLflow server answers"):
        tracking.connect(settings.model_copy(update={"mlflow_uri": "http://127.0.0.1:9"}))

"""The model card says what was recorded, and nothing where nothing was."""

import json

from dnsanom.model.bundle import Bundle
from dnsanom.model.modelcard import markdown
from dnsanom.settings import Settings


def card(settings: Settings, verdict: str = "promoted") -> tuple[str, Bundle]:
    kind = json.loads((settings.report("window") / "chosen.json").read_text())["model"]
    bundle = Bundle.load(settings.candidate("window", kind))
    return markdown(settings, "window", bundle, "7", verdict, ("because of this",)), bundle


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_a_card_has_the_figures_of_the_report(trained: Settings) -> None:
    text, bundle = card(trained)
    report = json.loads((trained.report("window") / "metrics.json").read_text())
    figures = report["models"][report["chosen"]]
    assert text.startswith("# dnsanom-window version 7\n")
    assert "**promoted**\n\n- because of this\n" in text
    assert f"macro-F1 {figures['macro_f1']}" in section(text, "Figures on the test rows")
    assert str(bundle.card["data_md5"]) in section(text, "Data")
    assert report["labels"] in section(text, "Labels and splits")
    assert f"| tunnel | {figures['vectors']['tunnel']['f1']:.3f}" in section(text, "Vectors")
    assert "never learned, so at best told as unknown: amplification" in section(text, "Limits")


def test_what_sampling_hides_stands_in_the_card(copied: Settings) -> None:
    path = copied.report("window") / "metrics.json"
    recall = {"episodes": 9, "found": 4}
    edge = {"kind": "under", "strength": 300.0, "below": 5, "below_found": 1, "episodes": 9, "found": 4}
    told = {"lacking": None, "macro_f1": 0.5, "episode_recall": recall, "visible": {"tunnel": edge}}
    sampling = {"100": told, "1000": {"lacking": "train rows are of benign"}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sampling": sampling}))
    text = section(card(copied)[0], "Sampling")
    assert "- 1:100: macro-F1 0.5, 4 of 9 episodes found" in text
    assert "tunnel under 300.0 bytes/s is mostly not seen (1 of 5 found)" in text
    assert "- 1:1000: nothing can be learned: train rows are of benign" in text


def test_without_a_summary_nothing_is_made_up(copied: Settings) -> None:
    (copied.report("window") / "metrics.json").write_text("{}")
    text, _ = card(copied)
    assert "Labels" not in section(text, "Labels and splits")
    assert "None" not in section(text, "Figures on the test rows")

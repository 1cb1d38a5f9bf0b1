"""The data set of a view, from frozen flows to files."""

import json
from hashlib import md5
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from handflows import CLIENT, arrow, at, flow, truth
from handset import SCANNER, facts, flows, freeze_by_hand, with_dataset

from dnsanom.dataset.fingerprint import folder_md5
from dnsanom.dataset.prepare import prepare
from dnsanom.dataset.summary import notes
from dnsanom.dataset.truth import write_truth
from dnsanom.errors import DatasetError, SettingsError
from dnsanom.params import Clients, Noise
from dnsanom.schema import LABEL_COLUMNS, ROW_COLUMNS, SEEN, TIMESTAMP, feature_names
from dnsanom.settings import Settings

FILES = {"train.parquet", "validation.parquet", "test.parquet", "features.json", "summary.json"}


@pytest.fixture
def frozen(settings: Settings) -> Settings:
    freeze_by_hand(settings, flows())
    return with_dataset(settings)


def _bytes(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): md5(p.read_bytes()).hexdigest() for p in files}


def _sides(folder: Path) -> dict[str, pd.DataFrame]:
    return {side: pd.read_parquet(folder / f"{side}.parquet") for side in ("train", "validation", "test")}


@pytest.mark.parametrize("view", ["window", "flow"])
def test_a_data_set_holds_what_it_promises(frozen: Settings, view: str) -> None:
    folder = prepare(frozen, view)
    assert folder == frozen.dataset(view)
    assert {p.name for p in folder.iterdir()} == FILES
    schema = pq.read_schema(folder / "train.parquet")
    direction = ["direction"] if view == "flow" else []
    assert schema.names == [*ROW_COLUMNS, *direction, *feature_names(view), *LABEL_COLUMNS, SEEN]
    assert schema.field("first_seen").type == schema.field("last_seen").type == TIMESTAMP
    sides = _sides(folder)
    assert all(set(rows["vector"]) == {"benign", "tunnel"} for rows in sides.values())
    episodes = pd.concat(rows["episode"].dropna().drop_duplicates() for rows in sides.values())
    assert len(episodes) > 6
    assert episodes.is_unique
    for one, two in (("train", "validation"), ("validation", "test")):
        gap = sides[two]["first_seen"].min() - sides[one]["first_seen"].max()
        assert gap.total_seconds() >= 60
    assert len(json.loads((folder / "features.json").read_text())["features"]) == 7


@pytest.mark.parametrize("view", ["window", "flow"])
def test_the_same_flows_give_the_same_bytes(frozen: Settings, view: str) -> None:
    first = _bytes(prepare(frozen, view))
    shuffled = flows().take(pa.array(pd.Series(range(flows().num_rows)).sample(frac=1, random_state=1)))
    half = shuffled.num_rows // 2
    pq.write_table(shuffled.slice(0, half), frozen.flows / "hour=2026-03-02T00.parquet")
    pq.write_table(shuffled.slice(half), frozen.flows / "hour=2026-03-02T01.parquet")
    assert _bytes(prepare(frozen, view)) == first


def test_the_summary_counts_every_row(frozen: Settings) -> None:
    thinned = with_dataset(frozen, max_train_rows=100)
    summary = json.loads((prepare(thinned, "window") / "summary.json").read_text())
    sides = _sides(frozen.dataset("window"))
    assert summary["window_seconds"] == thinned.params.dns.window_seconds
    assert {side: told["rows"] for side, told in summary["sides"].items()} == {
        s: len(r) for s, r in sides.items()
    }
    kept = sum(len(rows) for rows in sides.values())
    assert summary["rows"] == kept + sum(summary["left_out"].values())
    assert [reason for reason, n in summary["left_out"].items() if not n] == [
        "client_of_another_side",
        "episode_of_an_earlier_side",
    ]
    assert summary["sides"]["test"]["share_kept"] == {"benign": 1, "attacks": 1}
    vectors = summary["sides"]["train"]["vectors"]
    assert [(v["vector"], v["label_source"]) for v in vectors] == [("benign", "truth"), ("tunnel", "truth")]


def test_noise_leaves_training_only(frozen: Settings) -> None:
    sides = _sides(prepare(frozen, "window"))
    assert SCANNER not in set(sides["train"]["client"])
    assert all((sides[s]["noise"] == "known_scanners").any() for s in ("validation", "test"))
    params = frozen.params.model_copy(update={"noise": Noise(lists=("known_scanners",))})
    kept = _sides(prepare(frozen.model_copy(update={"params": params}), "window"))
    assert SCANNER in set(kept["train"]["client"])


def test_training_is_thinned_and_the_other_sides_are_not(frozen: Settings) -> None:
    whole = _sides(prepare(frozen, "flow"))
    thin = _sides(prepare(with_dataset(frozen, max_train_rows=100), "flow"))
    assert thin["train"]["vector"].value_counts().to_dict() == {"benign": 50, "tunnel": 50}
    assert thin["train"]["episode"].nunique() == whole["train"]["episode"].nunique()
    assert thin["test"].equals(whole["test"])
    assert thin["validation"].equals(whole["validation"])


def _poisoned(start: float) -> pa.Table:
    """The flows with absurd values from so many seconds on; addresses and times are as they were."""
    table = flows()
    late = pc.greater_equal(table["first_seen"], pa.scalar(at(start), TIMESTAMP))
    for name, value in (("bytes", 9_000_000), ("packets", 77_777), ("duration", 59.0), ("bpp", 40_000.0)):
        spoilt = pc.if_else(late, pa.scalar(value, table[name].type), table[name])
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), spoilt)
    return table


@pytest.mark.parametrize("clients", [None, Clients(ipv4_prefix=32)])
def test_poisoned_later_rows_change_nothing_before_them(frozen: Settings, clients: Clients | None) -> None:
    wanted = with_dataset(frozen, clients=clients, max_train_rows=300)
    clean = _bytes(prepare(wanted, "window"))
    for border, kept in ((0.6, ["features", "train"]), (0.8, ["features", "train", "validation"])):
        freeze_by_hand(frozen, _poisoned(3600 * border + 60))
        told = facts()
        late = told["start"] > at(3600 * border + 60)
        assert late.any()
        # Labels are permuted too: what was a tunnel is benign, and what was benign floods.
        swapped = truth(*((f"198.18.0.{n}", "", 3600 * border + 60, 3600, "flood") for n in range(20, 35)))
        write_truth(pd.concat([told[~late], swapped], ignore_index=True), frozen.flows / "truth.csv")
        made = _bytes(prepare(wanted, "window"))
        same = [name for name in FILES if made[name] == clean[name]]
        assert sorted(name.split(".")[0] for name in same) == kept


def test_without_truth_rules_label(frozen: Settings) -> None:
    (frozen.flows / "truth.csv").unlink()
    sides = _sides(prepare(frozen, "window"))
    assert all(set(rows["label_source"]) == {"rule"} for rows in sides.values())
    # The pauses are too short to part the tunnels, so they are one episode, which stays on its first side.
    assert sides["train"]["episode"].nunique() == 1
    assert set(sides["test"]["vector"]) == {"benign"}


def test_no_frozen_flows_and_no_dns_are_errors(settings: Settings) -> None:
    with pytest.raises(DatasetError, match="data/flows: no frozen flows; run `dnsanom freeze` first"):
        prepare(settings, "window")
    freeze_by_hand(settings, flows().slice(0, 0))
    with pytest.raises(DatasetError, match="no DNS flow among them"):
        prepare(settings, "window")


def test_no_client_is_on_two_sides_and_what_that_costs_is_said(frozen: Settings) -> None:
    clients = Clients(ipv4_prefix=32, train=0.4, validation=0.3)
    folder = prepare(with_dataset(frozen, clients=clients), "window")
    sides = _sides(folder)
    met = [set(rows["client"]) for rows in sides.values()]
    assert all(met)
    assert sum(map(len, met)) == len(set.union(*met)) > 25
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["left_out"]["client_of_another_side"] > 300
    # One client has all the tunnels, so two sides lose them.
    (side,) = [side for side, rows in sides.items() if "tunnel" in set(rows["vector"])]
    lost = {s: [] if s == side else ["tunnel"] for s in sides}
    assert summary["vectors_lost"] == lost
    assert len(summary["notes"]) == 2
    assert notes(folder) == summary["notes"]
    assert summary["notes"][0].startswith(f"{next(s for s in lost if lost[s])}: no row of tunnel is left (")


def test_a_split_that_leaves_nothing_of_a_side_is_an_error(frozen: Settings) -> None:
    with pytest.raises(DatasetError, match=r"dataset.clients: leaves nothing of the \w+ side: its \d+ rows"):
        prepare(with_dataset(frozen, clients=Clients(ipv4_prefix=8)), "window")
    noise = Noise(lists=("known_scanners",), drop_from_training=("known_scanners",))
    freeze_by_hand(frozen, arrow([flow(t, SCANNER, 6000, CLIENT, 53) for t in range(0, 3600, 9)]), False)
    params = frozen.params.model_copy(update={"noise": noise})
    with pytest.raises(DatasetError, match=r"no training row but of hosts in noise\.drop_from_training"):
        prepare(frozen.model_copy(update={"params": params}), "window")


@pytest.mark.parametrize("view", ["window", "flow"])
def test_the_same_rows_are_made_of_sampled_packets(frozen: Settings, view: str) -> None:
    (frozen.dataset(view) / "sampled" / "20").mkdir(parents=True)
    folder = prepare(with_dataset(frozen, sampling_rates=(5,)), view)
    assert {p.name for p in (folder / "sampled").iterdir()} == {"5"}
    whole, sampled = _sides(folder), _sides(folder / "sampled" / "5")
    for side, rows in sampled.items():
        assert list(rows.columns) == list(whole[side].columns)
        assert set(rows["vector"]) == {"benign", "tunnel"}
        assert (rows["packet_count"] % 5 == 0).all()
        known = set(zip(whole[side]["client"], whole[side]["server"], whole[side]["vector"], strict=True))
        assert set(zip(rows["client"], rows["server"], rows["vector"], strict=True)) <= known
        assert set(rows["episode"].dropna()) <= set(whole[side]["episode"].dropna())
        assert whole[side]["first_seen"].min() <= rows["first_seen"].min()
    summary = json.loads((folder / "summary.json").read_text())["sampled"]["5"]
    assert summary["sides"]["test"]["rows"] == len(sampled["test"])


def test_an_unknown_noise_list_is_an_error(frozen: Settings) -> None:
    params = frozen.params.model_copy(update={"noise": Noise(lists=("bots",))})
    with pytest.raises(SettingsError, match=r"noise.lists: 'bots': unknown"):
        prepare(frozen.model_copy(update={"params": params}), "window")


def test_a_folder_s_md5_goes_by_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("2")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c").write_text("1")
    first = folder_md5(tmp_path)
    assert first.endswith(".dir")
    (tmp_path / "b").rename(tmp_path / "d")
    assert folder_md5(tmp_path) != first
    with pytest.raises(FileNotFoundError):
        folder_md5(tmp_path / "none")


def test_rules_label_sampled_rows_as_they_label_all_and_a_verdict_stands_over_them(frozen: Settings) -> None:
    (frozen.flows / "truth.csv").unlink()
    write_truth(truth((CLIENT, "", 0, 300, "benign")), frozen.flows / "verdicts.csv")
    folder = prepare(with_dataset(frozen, sampling_rates=(20,)), "window")
    train, sampled = _sides(folder)["train"], _sides(folder / "sampled" / "20")["train"]
    for rows in (train, sampled):
        mine = rows[(rows["client"] == CLIENT) & (rows["first_seen"] < at(300))]
        assert set(mine["label_source"]) == {"verdict"}
        assert set(mine["vector"]) == {"benign"}
        assert set(rows.loc[rows["vector"] == "tunnel", "label_source"]) == {"rule"}
    assert set(sampled["episode"].dropna()) == set(train["episode"].dropna())


def test_flows_that_memory_does_not_hold_say_which_setting_to_raise(frozen: Settings) -> None:
    small = frozen.model_copy(update={"memory_gb": 0.001})
    with pytest.raises(DatasetError, match=r"flows: 0.001 GB do not hold these flows; set DNSANOM_MEMORY_GB"):
        prepare(small, "window")

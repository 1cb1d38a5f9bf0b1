"""Labels: truth over rules, episodes, and who is covered."""

import ibis
import pandas as pd
import pytest
from handflows import CLIENT, DNS, FAR, OTHER, OUTSIDE, RESOLVER, at, flow, table, truth

from dnsanom.dataset.labels import label
from dnsanom.dataset.views import rows
from dnsanom.errors import RuleError
from dnsanom.params import Rule
from dnsanom.schema import LABEL_COLUMNS

BIG = Rule(vector="tunnel", when="query_bpp > 100")
MANY = Rule(vector="flood", when="query_packets > 50")


def _view(*flows: dict[str, object]) -> ibis.Table:
    return rows(table(flows), "window", DNS)


def _labels(view: ibis.Table, rules: tuple[Rule, ...], facts: pd.DataFrame | None) -> pd.DataFrame:
    made: pd.DataFrame = label(view, rules, facts).order_by("first_seen", "client", "server").to_pandas()
    assert tuple(made.columns) == (*view.columns, *LABEL_COLUMNS)
    return made


def test_the_first_rule_that_a_row_meets_names_it() -> None:
    view = _view(
        flow(0, CLIENT, 4000, RESOLVER, 53, packets=60, size=200),
        flow(1, OTHER, 4000, RESOLVER, 53, packets=60),
        flow(2, OUTSIDE, 4000, RESOLVER, 53),
    )
    made = _labels(view, (BIG, MANY), None)
    assert made["vector"].tolist() == ["tunnel", "flood", "benign"]
    assert set(made["label_source"]) == {"rule"}
    assert made["episode"].isna().tolist() == [False, False, True]


def test_without_rules_and_truth_every_row_is_benign_by_nothing() -> None:
    made = _labels(_view(flow(0, CLIENT, 4000, RESOLVER, 53)), (), None)
    assert made[["vector", "label_source"]].to_numpy().tolist() == [["benign", "none"]]


def test_an_episode_by_rules_ends_at_a_pause_of_ten_minutes() -> None:
    times = [0, 60, 640, 1300]
    view = _view(
        *(flow(t, CLIENT, 4000, RESOLVER, 53, size=200) for t in times),
        flow(30, OTHER, 4000, RESOLVER, 53, size=200),
    )
    made = _labels(view, (BIG,), None)
    mine = made.loc[made["client"] == CLIENT, "episode"].tolist()
    assert mine[0] == mine[1] == mine[2] != mine[3]
    assert made.loc[made["client"] == OTHER, "episode"].item() not in mine


def test_truth_stands_over_the_rules() -> None:
    view = _view(
        flow(0, CLIENT, 4000, RESOLVER, 53, size=200),
        flow(1, OTHER, 4000, RESOLVER, 53, size=200),
        flow(90, CLIENT, 4000, RESOLVER, 53, size=200),
    )
    made = _labels(view, (BIG,), truth((CLIENT, RESOLVER, 0, 30, "scan")))
    assert made["vector"].tolist() == ["scan", "benign", "benign"]
    assert set(made["label_source"]) == {"truth"}


def test_truth_that_is_empty_makes_all_benign() -> None:
    made = _labels(_view(flow(0, CLIENT, 4000, RESOLVER, 53, size=200)), (BIG,), truth())
    assert made[["vector", "label_source"]].to_numpy().tolist() == [["benign", "truth"]]


@pytest.mark.parametrize(
    ("client", "server", "covered"),
    [
        (CLIENT, RESOLVER, [1, 0, 0]),
        (CLIENT, "", [1, 0, 1]),
        ("", RESOLVER, [1, 1, 0]),
        ("", "", [1, 1, 1]),
        (RESOLVER, CLIENT, [0, 0, 0]),
    ],
)
def test_an_empty_end_matches_any(client: str, server: str, covered: list[int]) -> None:
    view = _view(
        flow(0, CLIENT, 4000, RESOLVER, 53),
        flow(1, OTHER, 4000, RESOLVER, 53),
        flow(2, CLIENT, 4000, FAR, 53),
    )
    made = _labels(view, (), truth((client, server, -10, 10, "scan")))
    assert (made["vector"] == "scan").tolist() == [bool(c) for c in covered]


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [(-100, 999.999, 0), (-100, 1000, 1), (1030, 1031, 1), (1060, 9999, 1), (1060.001, 9999, 0)],
)
def test_times_that_touch_overlap(start: float, end: float, covered: int) -> None:
    view = _view(flow(1000, CLIENT, 4000, RESOLVER, 53, last=60.0))
    made = _labels(view, (), truth((CLIENT, RESOLVER, start, end, "tunnel")))
    assert (made["vector"] == "tunnel").tolist() == [bool(covered)]


def test_a_long_row_meets_truth_far_from_where_it_starts() -> None:
    view = _view(flow(0, CLIENT, 4000, RESOLVER, 53, last=7200.0), flow(1, OTHER, 4000, RESOLVER, 53))
    made = _labels(view, (), truth((CLIENT, RESOLVER, 7000, 7001, "tunnel"), (OTHER, "", 7000, 7001, "scan")))
    assert made["vector"].tolist() == ["tunnel", "benign"]


def test_of_two_truth_rows_the_earlier_names_the_row() -> None:
    view = _view(flow(30, CLIENT, 4000, RESOLVER, 53))
    made = _labels(view, (), truth((CLIENT, "", 20, 40, "scan"), ("", RESOLVER, 10, 40, "flood")))
    assert made["vector"].tolist() == ["flood"]
    assert len(made) == 1


def test_truth_rows_of_one_vector_and_span_are_one_episode() -> None:
    view = _view(*(flow(i, c, 4000, RESOLVER, 53) for i, c in enumerate([CLIENT, OTHER, OUTSIDE])))
    facts = truth(
        (CLIENT, RESOLVER, 0, 60, "flood"), (OTHER, RESOLVER, 0, 60, "flood"), (OUTSIDE, "", 0, 61, "flood")
    )
    episodes = _labels(view, (), facts)["episode"].tolist()
    assert episodes[0] == episodes[1] != episodes[2]


def test_an_analyst_s_benign_is_no_episode() -> None:
    made = _labels(_view(flow(0, CLIENT, 4000, RESOLVER, 53)), (), truth((CLIENT, "", 0, 60, "benign")))
    assert made["vector"].item() == "benign"
    assert made["episode"].isna().item()


def test_the_join_agrees_with_looking_at_every_pair() -> None:
    clients = [f"198.18.1.{i}" for i in range(6)]
    view = _view(
        *(flow(37.0 * i, clients[i % 6], 4000, RESOLVER, 53, last=(i % 5) * 100.0) for i in range(120))
    )
    facts = truth(
        *(
            (clients[i % 6] if i % 3 else "", RESOLVER, 211.0 * i, 211.0 * i + 20 * i, "scan")
            for i in range(20)
        )
    )
    made = _labels(view, (), facts)
    for row in made.itertuples():
        hit = any(
            f.client in ("", row.client) and f.start <= row.last_seen and f.end >= row.first_seen
            for f in facts.itertuples()
        )
        assert (row.vector == "scan") == hit


def test_a_malformed_rule_is_an_error_even_under_truth() -> None:
    view = _view(flow(0, CLIENT, 4000, RESOLVER, 53))
    with pytest.raises(RuleError, match="'query_bbp' unknown column, known are client, server"):
        label(view, (Rule(vector="tunnel", when="query_bbp > 1"),), truth((CLIENT, "", 0, 1, "scan")))


def test_the_window_s_start_is_what_is_labelled() -> None:
    made = _labels(_view(flow(5, CLIENT, 4000, RESOLVER, 53)), (), truth((CLIENT, "", 0, 4.9, "scan")))
    assert (made["first_seen"].item(), made["vector"].item()) == (at(5), "benign")


def test_a_verdict_stands_over_truth_and_rules_where_it_covers() -> None:
    view = _view(
        flow(0, CLIENT, 4000, RESOLVER, 53, size=200),
        flow(1, OTHER, 4000, RESOLVER, 53, size=200),
        flow(2, OUTSIDE, 4000, RESOLVER, 53),
        flow(3, FAR, 4000, RESOLVER, 53, size=200),
    )
    said = truth(
        (CLIENT, RESOLVER, 0, 50, "benign"), (OTHER, "", 0, 50, "tunnel"), (OUTSIDE, RESOLVER, 0, 50, "flood")
    )
    made = label(view, (BIG,), None, said).order_by("first_seen").to_pandas()
    assert made["vector"].tolist() == ["benign", "tunnel", "flood", "tunnel"]
    assert made["label_source"].tolist() == ["verdict", "verdict", "verdict", "rule"]
    assert made["episode"].isna().tolist() == [True, False, False, False]
    facts = truth((CLIENT, RESOLVER, 0, 90, "tunnel"), (OTHER, RESOLVER, 0, 90, "tunnel"))
    told = label(view, (BIG,), facts, said).order_by("first_seen").to_pandas()
    assert told["vector"].tolist() == ["benign", "tunnel", "flood", "benign"]
    assert told["label_source"].tolist() == ["verdict", "verdict", "verdict", "truth"]
    # Where a verdict confirms truth, the row stays in truth's episode.
    assert told["episode"][1] == label(view, (), facts).order_by("first_seen").to_pandas()["episode"][1]

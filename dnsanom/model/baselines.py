"""What needs no model: the label rules, and the most frequent vector of a kind of port."""

import ibis
import pandas as pd

from dnsanom.dataset.labels import label
from dnsanom.params import Rule
from dnsanom.schema import BENIGN, LABEL_COLUMNS

#: Columns that say which ports a row is about; a window has none but the server's role.
PORTS = {"flow": ("src_port_class", "dst_port_class"), "window": ("server_role",)}


def by_rules(rows: pd.DataFrame, rules: tuple[Rule, ...]) -> pd.Series:
    """The vector that the first matching rule names, benign where none does."""
    table = rows.drop(columns=[c for c in LABEL_COLUMNS if c in rows]).assign(place=range(len(rows)))
    named = label(ibis.memtable(table), rules, None).select("place", "vector")
    found = named.to_pandas().sort_values("place")["vector"]
    return pd.Series(found.to_numpy(), index=rows.index, dtype="str")


def by_port(rows: pd.DataFrame, train: pd.DataFrame, view: str) -> pd.Series:
    """The vector that training rows of the same ports have most often, benign for ports never seen."""
    ports = list(PORTS[view])
    counts = train.groupby([*ports, "vector"]).size().reset_index(name="rows")
    counts = counts.sort_values(["rows", "vector"], ascending=[False, True])
    most = counts.drop_duplicates(ports)[[*ports, "vector"]]
    found = rows[ports].merge(most, on=ports, how="left")["vector"].fillna(BENIGN)
    return pd.Series(found.to_numpy(), index=rows.index, dtype="str")

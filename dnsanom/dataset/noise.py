"""Noise: well-known hosts, by dated lists that ship with the project.

Rows are always tagged, and left out of training only.
"""

import csv
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from ipaddress import ip_network

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from dnsanom.dataset.networks import Network, addresses, lookup, prefixes
from dnsanom.errors import SettingsError
from dnsanom.params import Noise

#: A list's columns: the prefix, who runs it, where that is published, and when it was looked up.
LIST_COLUMNS = ("prefix", "name", "source", "date")


def _folder() -> Traversable:
    return files("dnsanom.dataset") / "lists"


def list_names() -> list[str]:
    """Names of the lists that ship with the project."""
    return sorted(f.name.removesuffix(".csv") for f in _folder().iterdir() if f.name.endswith(".csv"))


def read_list(name: str) -> list[Network]:
    """The prefixes of a shipped list. Raises SettingsError for an unknown list or a bad line."""
    if name not in list_names():
        raise SettingsError(
            f"params.yaml: noise.lists: {name!r}: unknown, known are {', '.join(list_names())}"
        )
    text = (_folder() / f"{name}.csv").read_text()
    lines = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    try:
        return [ip_network(line["prefix"]) for line in lines]
    except (KeyError, ValueError) as error:
        raise SettingsError(
            f"{name}.csv: line {lines.line_num}: {error}: not an address or prefix"
        ) from error


def tag(flows: ibis.Table, noise: Noise) -> ibis.Table:
    """Flows with `noise`: the first of the lists that holds either end, else null.

    Runs one query, for the distinct addresses.
    """
    sets = [(rank, prefixes(read_list(name))) for rank, name in enumerate(noise.lists)]
    ranks = lookup(addresses(flows) if sets else [], sets, pa.int64(), "rank")
    src = ranks.select(src_ip="address", src_rank="rank")
    dst = ranks.select(dst_ip="address", dst_rank="rank").view()
    joined = flows.left_join(src, "src_ip").drop("src_ip_right").left_join(dst, "dst_ip").drop("dst_ip_right")
    rank = ibis.least(joined.src_rank.fill_null(len(sets)), joined.dst_rank.fill_null(len(sets)))
    return joined.mutate(noise=_name(rank, noise.lists)).drop("src_rank", "dst_rank")


def _name(rank: ir.IntegerValue, names: Sequence[str]) -> ir.StringValue:
    if not names:
        return ibis.null("string")
    return ibis.cases(*((rank == i, name) for i, name in enumerate(names)), else_=ibis.null("string"))

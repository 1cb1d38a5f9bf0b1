"""Which vector stands for several rows, and which vectors are alike."""

import pandas as pd

#: Vectors that are one thing seen from two sides: too many queries, and large replies.
FAMILIES = {
    "flood": "queries",
    "water_torture": "queries",
    "tcp_abuse": "queries",
    "amplification": "replies",
    "fragments": "replies",
}


def family(vector: str) -> str:
    """What the vector is one side of; most vectors are families of their own."""
    return FAMILIES.get(vector, vector)


def majority(rows: pd.DataFrame, by: str | list[str]) -> "pd.Series[str]":
    """The vector with the largest sum of scores in each group; a tie goes by the alphabet."""
    keys = [by] if isinstance(by, str) else by
    sums = rows.groupby([*keys, "vector"], sort=True)["score"].sum().reset_index()
    best = sums.sort_values([*keys, "score", "vector"], ascending=[True] * len(keys) + [False, True])
    return best.drop_duplicates(keys).set_index(keys)["vector"]

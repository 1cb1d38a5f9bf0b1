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


#: Faults that stand until somebody mends them, though they show only now and then: seconds up to which a
#: pause does not end the incident.
STANDING = {"open_resolver": 3_600}


def pauses(vectors: "pd.Series[str]", merge_seconds: int) -> "pd.Series[int]":
    """How long a pause may be, in seconds, before each row for it to belong to the incident before."""
    return vectors.map(lambda vector: max(merge_seconds, STANDING.get(vector, 0))).astype("int64")


def reach(merge_seconds: int) -> int:
    """The longest pause of any vector, in seconds."""
    return max(merge_seconds, *STANDING.values())


def family(vector: str) -> str:
    """What the vector is one side of; most vectors are families of their own."""
    return FAMILIES.get(vector, vector)


def majority(rows: pd.DataFrame, by: str | list[str]) -> "pd.Series[str]":
    """The vector with the largest sum of scores in each group; a tie goes by the alphabet."""
    keys = [by] if isinstance(by, str) else by
    sums = rows.groupby([*keys, "vector"], sort=True)["score"].sum().reset_index()
    best = sums.sort_values([*keys, "score", "vector"], ascending=[True] * len(keys) + [False, True])
    return best.drop_duplicates(keys).set_index(keys)["vector"]

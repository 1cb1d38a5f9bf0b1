"""How much of the network's traffic a part of a data set is: clients of other sides are left out of it."""

from pathlib import Path

from dnsanom.model.recorded import recorded

#: The file in which a data set says what it holds.
SUMMARY = "summary.json"
#: Where a frame's `attrs` keep the share.
SHARE = "traffic_share"


def traffic_share(folder: Path, part: str) -> float:
    """The share of the benign rows in a part's time that are in it; 1 where the data set does not say.

    What is counted on the part, false alerts say, is that much of what all clients would give.
    """
    side = recorded(folder / SUMMARY).get("sides", {}).get(part, {})
    return float(side.get("share_kept", {}).get("benign") or 1.0)

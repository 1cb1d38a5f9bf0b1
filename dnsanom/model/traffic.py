"""How much of the network's traffic a part of a data set is: clients of other sides are left out of it."""

import json
from pathlib import Path

#: Where a frame's `attrs` keep the share.
SHARE = "traffic_share"


def traffic_share(folder: Path, part: str) -> float:
    """The share of the benign rows in a part's time that are in it; 1 where the data set does not say.

    What is counted on the part, false alerts say, is that much of what all clients would give.
    """
    path = folder / "summary.json"
    if not path.exists():
        return 1.0
    side = json.loads(path.read_text()).get("sides", {}).get(part, {})
    return float(side.get("share_kept", {}).get("benign") or 1.0)

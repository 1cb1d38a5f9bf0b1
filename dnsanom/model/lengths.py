"""Models of windows of different lengths: no row is made for both, so the gate can't compare them."""

from dnsanom.model.bundle import Bundle
from dnsanom.model.gate import Check


def apart(candidate: Bundle, champion: Bundle, meant: bool) -> Check | None:
    """The gate's condition where the lengths differ: that the change was meant. None where they are equal.

    candidate: as registered, with its version. The flow view's rows differ too: `gap` is at most a window.
    """
    new, old = (int(bundle.card["window_seconds"]) for bundle in (candidate, champion))
    if new == old:
        return None
    view, rival = candidate.card["view"], f"the champion (version {champion.card['version']})"
    told = f"made of windows of {new} s, {rival} of {old} s"
    if meant:
        words = f"{told}, as --new-window says is meant: the champion is no rival on these test rows"
    else:
        shadow = f"`dnsanom shadow --view {view} --challenger {candidate.card['version']}`"
        words = (
            f"{told}, so no test row is made for both; set dns.window_seconds to {old}, or if the change is "
            f"meant, {shadow} compares their alerts and `dnsanom promote --view {view} --new-window` "
            "promotes without a rival"
        )
    return Check("window_seconds", meant, words, new, old)

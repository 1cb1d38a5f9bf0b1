"""Shares as readers see them."""


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 as a percentage: `98 %`, with one digit `97.6 %`."""
    return f"{share * 100:.{digits}f} %"

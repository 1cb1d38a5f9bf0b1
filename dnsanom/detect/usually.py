"""A feature's value beside several usual ones: `1,240 query packets, usually 8 (its own), 10 (its peers)`."""

from collections.abc import Sequence

from dnsanom.detect.words import words

_USUALLY = ", usually "


def beside(
    view: str,
    feature: str,
    value: float,
    usuals: Sequence[tuple[str, float]],
    seconds: int,
    asked: bool = True,
) -> str:
    """What the value means, and what is usual by each of `usuals`: (whose, value), an empty name for anybody.

    Where two say the same it is told once, of both.
    """
    told = [(whose, words(view, feature, value, usual, seconds, asked)) for whose, usual in usuals]
    heads = {text.rpartition(_USUALLY)[0] for _, text in told}
    if len(heads) != 1 or "" in heads:
        whose, text = told[0]
        return text + _in_brackets([whose])
    by_tail: dict[str, list[str]] = {}
    for whose, text in told:
        by_tail.setdefault(text.rpartition(_USUALLY)[2], []).append(whose)
    return heads.pop() + _USUALLY + ", ".join(tail + _in_brackets(whose) for tail, whose in by_tail.items())


def _in_brackets(whose: list[str]) -> str:
    named = " and ".join(name for name in whose if name)
    return f" ({named})" if named else ""

"""The rule language: what it can say, and how it says no."""

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsanom.dataset.rules import compile_rule
from dnsanom.errors import RuleError

VALUES = {"a": [0.0, 1.0, 2.0, 3.0], "b": [4.0, 0.0, 2.0, 1.5], "word": ["x", "y", None, "it's"]}
TABLE = ibis.memtable(VALUES)


def _holds(when: str) -> list[bool]:
    return TABLE.select(holds=compile_rule(when, TABLE)).to_pyarrow()["holds"].to_pylist()


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("a > 1", [0, 0, 1, 1]),
        ("a >= 1 and b < 2", [0, 1, 0, 1]),
        ("a = 0 or a = 3", [1, 0, 0, 1]),
        ("not a = 0", [0, 1, 1, 1]),
        ("a <> 1", [1, 0, 1, 1]),
        ("a != -(-1)", [1, 0, 1, 1]),
        ("a + b * 2 >= 6", [1, 0, 1, 1]),
        ("(a + b) * 2 <= 4", [0, 1, 0, 0]),
        ("a - b = -4", [1, 0, 0, 0]),
        ("a / b > 0.5", [0, 0, 1, 1]),
        ("not a / b > 0.5", [1, 0, 0, 0]),
        ("a between 1 and 2", [0, 1, 1, 0]),
        ("a not between 1 and 2", [1, 0, 0, 1]),
        ("a in (0, 3)", [1, 0, 0, 1]),
        ("a not in (0, 3)", [0, 1, 1, 0]),
        ("word = 'x'", [1, 0, 0, 0]),
        ("word in ('y', 'it''s')", [0, 1, 0, 1]),
        ("word <> 'x'", [0, 1, 0, 1]),
        ("word is null", [0, 0, 1, 0]),
        ("word is not null and a < 1e1", [1, 1, 0, 1]),
    ],
)
def test_a_rule_holds_where_it_says(when: str, holds: list[int]) -> None:
    assert _holds(when) == [bool(h) for h in holds]


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("foo > 1", r"rule 'foo > 1': position 1: 'foo' unknown column, known are a, b, word"),
        ("a > 1 and foo = 2", "position 11: 'foo' unknown column"),
        ("t.a > 1", "unknown column"),
        ("a >", "line 1, position 3: Required keyword"),
        ("a > 1)", "line 1, position 6"),
        ("", "must be one condition"),
        ("a = 1; b = 2", "must be one condition"),
        ("a = 'x", "Error tokenizing"),
        ("a = 'x'", "one side is a string, the other a number"),
        ("word > 1", "one side is a string, the other a number"),
        ("word + 1 > 2", "'word' is not a number"),
        ("word in (1)", "one side is a string"),
        ("a", "is no condition of this language"),
        ("1", "is no condition of this language"),
        ("a = true", "is no value of this language"),
        ("a like 'x'", "is no condition"),
        ("a % 2 = 1", "is no value"),
        ("a in (select 1)", "is no condition"),
        ("sqrt(a) > 1", "is no value"),
        ("cast(a as int) = 1", "is no value"),
        ("a = ?", "is no value"),
        ("select 1", "is no condition"),
        ("drop table flows", "is no condition"),
        ("a > 1e999", "too large a number"),
        ("a is true", "is no condition"),
        ("a > 1" + " and a > 1" * 200, "characters, at most 1,000"),
        ("(" * 499 + "a > 1" + ")" * 496, "rule"),
    ],
)
def test_anything_else_is_refused_on_one_line(when: str, why: str) -> None:
    with pytest.raises(RuleError, match=why) as refused:
        compile_rule(when, TABLE)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


@given(st.text(max_size=60) | st.text("ab()<>=+-*/' 1andornotinbetweenisnull,.;", max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_rule_or_an_error(text: str) -> None:
    try:
        rule = compile_rule(text, TABLE)
    except RuleError:
        return
    assert rule.type().is_boolean()


numbers = st.sampled_from(["a", "b", "1", "2.5", "(a + b)", "a * b", "b - 1", "-a"])
simple = st.builds("{} {} {}".format, numbers, st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), numbers)
conditions = st.recursive(
    simple,
    lambda inner: (
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=5,
)


@given(conditions)
@settings(max_examples=40, deadline=None)
def test_a_rule_means_what_python_means_by_it(when: str) -> None:
    python = when.replace("<>", "!=").replace(" = ", " == ")
    rows = zip(VALUES["a"], VALUES["b"], strict=True)
    assert _holds(when) == [eval(python, {"a": a, "b": b}) for a, b in rows]

"""Label rules: a small language of conditions over a view's columns, translated to Ibis and never run as SQL.

    direction = 'reply' and bpp > 1000
    query_packets / reply_packets between 5 and 10 or not (server_role in (0, 1))

sqlglot parses, and what the translator does not list is an error. It lists and, or, not, comparisons, +
- * /, in, between, is null, parentheses, numbers and strings. A condition without an answer (a null, a
division by 0) does not hold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import ibis
import sqlglot
from ibis.expr import types as ir
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from dnsanom.errors import RuleError, one_line

LONGEST = 1_000

_COMPARE: dict[type[exp.Expression], Callable[[Any, Any], Any]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
}
_ARITHMETIC: dict[type[exp.Expression], Callable[[Any, Any], Any]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Div: lambda a, b: a / b.nullif(0.0),
}


def compile_rule(when: str, table: ibis.Table) -> ir.BooleanValue:
    """The rule as a boolean expression over the table, false where it has no answer.

    Raises RuleError that names the rule, the position of what is wrong, and the known columns.
    """
    try:
        return _Translator(when, table).truth(_parse(when)).fill_null(False)
    except RecursionError as error:
        raise RuleError(f"rule {when!r}: nested too deeply") from error


def _parse(when: str) -> exp.Expression:
    if len(when) > LONGEST:
        raise RuleError(f"rule {when[:40]!r}…: {len(when):,} characters, at most {LONGEST:,}")
    try:
        parsed = sqlglot.parse(when, read="duckdb")
    except ParseError as error:
        problem = error.errors[0]
        where = f"line {problem['line']}, position {problem['col']}"
        raise RuleError(f"rule {when!r}: {where}: {problem['description']}") from error
    except SqlglotError as error:
        raise RuleError(f"rule {when!r}: {one_line(error)}") from error
    if len(parsed) != 1 or parsed[0] is None:
        raise RuleError(f"rule {when!r}: must be one condition, such as bpp > 1000")
    return parsed[0]


@dataclass(frozen=True)
class _Translator:
    """One rule over one table; each method takes a node of the parsed rule and gives the Ibis expression."""

    when: str
    table: ibis.Table

    def truth(self, node: exp.Expression) -> ir.BooleanValue:
        """A node that holds or not."""
        match node:
            case exp.Paren():
                return self.truth(node.this)
            case exp.Not():
                return ~self.truth(node.this)
            case exp.And():
                return self.truth(node.left) & self.truth(node.right)
            case exp.Or():
                return self.truth(node.left) | self.truth(node.right)
            case exp.Is() if isinstance(node.expression, exp.Null):
                return self.value(node.this).isnull()
            case exp.In() if node.expressions and not node.args.get("query"):
                return self._any(node)
            case exp.Between() if not node.args.get("symmetric"):
                low = self._compare(exp.GTE, node.this, node.args["low"])
                return low & self._compare(exp.LTE, node.this, node.args["high"])
        if type(node) in _COMPARE:
            return self._compare(type(node), node.this, node.expression)
        return self._refuse(node, "is no condition of this language")

    def value(self, node: exp.Expression) -> ir.Value:
        """A node that is a number or a string."""
        match node:
            case exp.Paren():
                return self.value(node.this)
            case exp.Column() | exp.Literal():
                return self._column(node) if isinstance(node, exp.Column) else self._literal(node)
            case exp.Neg():
                return -self._number(node.this)
        if type(node) in _ARITHMETIC:
            return _ARITHMETIC[type(node)](self._number(node.this), self._number(node.expression))
        return self._refuse(node, "is no value of this language")

    def _compare(self, how: type[exp.Expression], left: exp.Expression, right: exp.Expression) -> Any:
        a, b = self.value(left), self.value(right)
        if a.type().is_string() != b.type().is_string():
            self._refuse(right, "can't be compared: one side is a string, the other a number")
        return _COMPARE[how](a, b)

    def _any(self, node: exp.In) -> ir.BooleanValue:
        each = [self._compare(exp.EQ, node.this, choice) for choice in node.expressions]
        return ibis.or_(*each)

    def _number(self, node: exp.Expression) -> ir.NumericValue:
        value = self.value(node)
        if not value.type().is_numeric():
            self._refuse(node, "is not a number")
        return value

    def _column(self, node: exp.Column) -> ir.Value:
        known = [n for n, t in self.table.schema().items() if t.is_numeric() or t.is_string()]
        if node.table or node.name not in known:
            self._refuse(node, f"unknown column, known are {', '.join(known)}")
        column = self.table[node.name]
        return column.cast("float64") if column.type().is_numeric() else column

    def _literal(self, node: exp.Literal) -> ir.Value:
        if node.is_string:
            return ibis.literal(node.this, "string")
        try:
            number = float(node.this)
        except ValueError:
            self._refuse(node, "is not a number")
        if not math.isfinite(number):
            self._refuse(node, "is too large a number")
        return ibis.literal(number, "float64")

    def _refuse(self, node: exp.Expression, why: str) -> NoReturn:
        starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
        where = f"position {min(starts) + 1}: " if starts else ""
        raise RuleError(f"rule {self.when!r}: {where}{node.sql()!r} {why}")

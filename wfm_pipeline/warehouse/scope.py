"""A scope: which rows of a table one write owns, and so replaces.

The same scope filters an Ibis table and builds the `where` of a delete, with every value as a
literal of its own type: nothing is pasted into SQL.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import sqlglot.expressions as sge
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as IbisTable

Value = str | int | dt.date | dt.datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows where every column of `equals` has its value and `column` lies in [first, last], or is one of `among`.

    Attributes:
        equals: Column -> value; None asks for null.
        column: Column of the range, or None for no range.
        first, last: Ends of the range, both inclusive.
        among: Single values instead of a range; at least one.
        is_null_included: Rows whose `column` is null belong to the scope too.
    """

    equals: Mapping[str, Value | None] = field(default_factory=dict)
    column: str | None = None
    first: int | dt.date | dt.datetime | None = None
    last: int | dt.date | dt.datetime | None = None
    among: tuple[Value, ...] | None = None
    is_null_included: bool = False

    def filter(self, table: IbisTable) -> IbisTable:
        """The table's rows inside the scope."""
        conditions = [
            table[name].isnull() if value is None else table[name] == value for name, value in self.equals.items()
        ]
        if self.column:
            conditions.append(self._range(table))
        return table.filter(*conditions) if conditions else table

    def _range(self, table: IbisTable) -> BooleanValue:
        assert self.column
        column = table[self.column]
        if self.among is not None:
            inside = column.isin([ibis.literal(value) for value in self.among])
        else:
            inside = column.between(ibis.literal(self.first), ibis.literal(self.last))
        return inside | table[self.column].isnull() if self.is_null_included else inside

    def where(self) -> Any:
        """The same condition as a sqlglot expression; true for the empty scope."""
        conditions: list[sge.Expression] = [
            sge.Is(this=_identifier(name), expression=sge.Null())
            if value is None
            else sge.EQ(this=_identifier(name), expression=_literal(value))
            for name, value in self.equals.items()
        ]
        if self.column:
            column = _identifier(self.column)
            inside = self._inside(column)
            if self.is_null_included:
                inside = sge.Paren(this=sge.Or(this=inside, expression=sge.Is(this=column, expression=sge.Null())))
            conditions.append(inside)
        return sge.and_(*conditions) if conditions else sge.true()

    def _inside(self, column: sge.Column) -> sge.Expression:
        if self.among is not None:
            return sge.In(this=column, expressions=[_literal(value) for value in self.among])
        assert self.first is not None
        assert self.last is not None
        return sge.Between(this=column, low=_literal(self.first), high=_literal(self.last))


def _identifier(name: str) -> sge.Column:
    return sge.column(name, quoted=True)


def _literal(value: Value) -> sge.Expression:
    if isinstance(value, dt.datetime):
        return sge.cast(sge.Literal.string(value.isoformat(sep=" ")), "timestamp")
    if isinstance(value, dt.date):
        return sge.cast(sge.Literal.string(value.isoformat()), "date")
    return sge.Literal.string(value) if isinstance(value, str) else sge.Literal.number(value)

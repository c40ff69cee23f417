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

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates

Value = str | int | dt.date | dt.datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows where every column of `equals` has its value and `column` lies in [first, last], or in `dates`.

    Attributes:
        equals: Column -> value, or texts of which it has one; None asks for null.
        column: Column of the range, or None for no range.
        first, last: Ends of the range, both inclusive.
        dates: Any dates instead of one range.
        is_null_included: Rows whose `column` is null belong to the scope too.
    """

    equals: Mapping[str, Value | None] = field(default_factory=dict)
    column: str | None = None
    first: int | dt.date | dt.datetime | None = None
    last: int | dt.date | dt.datetime | None = None
    dates: Dates | None = None
    is_null_included: bool = False

    def filter(self, table: IbisTable) -> IbisTable:
        """The table's rows inside the scope."""
        conditions = [_holds(table, name, value) for name, value in self.equals.items()]
        if self.column:
            conditions.append(self._range(table))
        return table.filter(*conditions) if conditions else table

    def _range(self, table: IbisTable) -> BooleanValue:
        assert self.column
        between = (table[self.column].between(ibis.literal(low), ibis.literal(high)) for low, high in self._ranges())
        inside = ibis.or_(*between)
        return inside | table[self.column].isnull() if self.is_null_included else inside

    def _ranges(self) -> list[tuple[Any, Any]]:
        if self.dates is None:
            return [(self.first, self.last)]
        return [(days.first, days.last) for days in self.dates.stretches]

    def where(self) -> Any:
        """The same condition as a sqlglot expression; true for the empty scope."""
        conditions: list[sge.Expression] = [_where(name, value) for name, value in self.equals.items()]
        if self.column:
            column = _identifier(self.column)
            inside: list[sge.Expression] = [
                sge.Between(this=column, low=_literal(low), high=_literal(high)) for low, high in self._ranges()
            ]
            if self.is_null_included:
                inside.append(sge.Is(this=column, expression=sge.Null()))
            conditions.append(sge.paren(sge.or_(*inside)) if inside else sge.false())
        return sge.and_(*conditions) if conditions else sge.true()


def of_source(source_map: SourceMap, **equals: Value | None) -> Scope:
    """Rows of gold, and of the intervals, of a source or site, with these values where some are given."""
    return Scope({"source": source_map.name, **equals})


def of_parts(source_map: SourceMap) -> Scope:
    """Rows of legs, calls, cases and findings, which carry the source they came from: of all parts of a site."""
    names = tuple(part.name for part in source_map.parts)
    return Scope({"source": names[0] if len(names) == 1 else names})


def _holds(table: IbisTable, name: str, value: Value | None) -> BooleanValue:
    if value is None:
        return table[name].isnull()
    return table[name].isin(value) if isinstance(value, tuple) else table[name] == value


def _where(name: str, value: Value | None) -> sge.Expression:
    column = _identifier(name)
    if value is None:
        return sge.Is(this=column, expression=sge.Null())
    if isinstance(value, tuple):
        return column.isin(*[sge.Literal.string(text) for text in value])
    return sge.EQ(this=column, expression=_literal(value))


def _identifier(name: str) -> sge.Column:
    return sge.column(name, quoted=True)


def _literal(value: Value) -> sge.Expression:
    if isinstance(value, dt.datetime):
        return sge.cast(sge.Literal.string(value.isoformat(sep=" ")), "timestamp")
    if isinstance(value, dt.date):
        return sge.cast(sge.Literal.string(value.isoformat()), "date")
    return sge.Literal.string(value) if isinstance(value, str) else sge.Literal.number(value)

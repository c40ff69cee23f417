"""A source map: how one source's tables and columns become ours.

The model of the TOML files in sources/maps. It is data, never code: every form a column can take
is one of the few kinds below, so nothing in a map is executed as SQL.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from wfm_pipeline.contracts.columns import DataType
from wfm_pipeline.contracts.source.backlog_map import NO_RULES, BacklogMap
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.stored_names import bronze_table_name
from wfm_pipeline.contracts.source.update_log import UpdateLog

Role = Literal["call_legs", "intervals", "cases", "case_events", "customers", "queues", "agents"]
RawType = DataType | Literal["time", "duration"]
"""What a raw column can be declared as; a duration (H:MM:SS) becomes seconds [s]."""
Load = Literal["incremental", "full"]
LEADING_ROLES: tuple[Role, ...] = ("call_legs", "intervals", "cases", "case_events")
"""Roles one of which a source must have: the first it has says which dates there are."""
Missing = Literal["calls", "volumes"]
"""What tables may be made of: single calls, and how many came per queue and interval."""
_LACKING: Mapping[Role, tuple[Missing, ...]] = MappingProxyType(
    {"intervals": ("calls",), "cases": ("calls", "volumes"), "case_events": ("calls", "volumes")}
)
Legs = Literal["in_turn", "at_once"]
SAFE_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,63}")
"""Names of tables and columns as a source may have them; how they are stored: stored_names.py."""
Unit = Literal["seconds", "milliseconds", "minutes", "percent"]
Absent = Literal["zero", "missing"]
Events = Literal["queue_log", "genesys_conversations", "case_updates"]
"""Logs of events whose lines are folded to rows by a rule of their own."""
PRESENCE_WORDS = ("present", "absent")
SIGN_WORDS = ("positive", "none")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How one canonical column is made from raw ones. Exactly one of the kinds before `starts` is set.

    Attributes:
        column: Raw column, taken as it is.
        join: Raw columns joined to one text with `separator`; all of them must be known.
        date, time: Raw date and raw wall-clock time, put together to a local time.
        constant: The same text for every row.
        present: Raw column; the text is `present` where it holds something, else `absent` (no agent: nobody answered).
        positive: Raw column of numbers or durations; the text is `positive` above 0, else `none`.
        since, until: Raw timestamps, or numbers of an epoch, between which the seconds are taken; unknown where one is.
        starts, ends: Clock times beside a duration in `column`: where the end lies before the start,
            the service ran over midnight and the duration is mended from the clocks.
        words: Source word -> canonical word; compared without case and outer blanks.
        is_trimmed: Outer blanks are taken off.
        is_digits: All but digits is taken off.
        nulls: Raw texts that mean "unknown".
        unit: Unit of a number that becomes seconds, or `percent` of one that becomes a share.
        unusable: Regular expression of values that are spoilt: emptied, with a finding.
        maximum: Largest believable value [unit of the column]; above it the value is emptied, with a finding.
    """

    column: str | None = None
    join: tuple[str, ...] = ()
    date: str | None = None
    time: str | None = None
    constant: str | None = None
    present: str | None = None
    positive: str | None = None
    since: str | None = None
    until: str | None = None
    separator: str = "-"
    starts: str | None = None
    ends: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    is_trimmed: bool = False
    is_digits: bool = False
    nulls: tuple[str, ...] = ()
    unit: Unit = "seconds"
    unusable: str | None = None
    maximum: float | None = None

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """Raw columns it reads."""
        named = (
            *(self.column, *self.join, self.date, self.time, self.present, self.positive),
            *(self.since, self.until, self.starts, self.ends),
        )
        return tuple(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows the site does not want counted: refused under `rule` (its name begins with `excluded_`); "" is an empty column."""

    rule: str
    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableMap:
    """One physical table.

    Attributes:
        name: Physical name in the source.
        role: Which canonical table it feeds.
        load: `incremental` by business date, or `full` every time.
        key: Raw columns that name a row (one version of it counts).
        types: Raw column -> type; the columns the pipeline needs, all required unless in `optional`.
        formats: Raw date, time or timestamp column -> how it is written, such as `%m/%d/%Y`; others are read in any form
            that means one thing.
        optional: Raw columns that may be absent (read as null, with a notice).
        business_date: Raw date or timestamp column whose (local) date is the row's business date.
        changed_at: Raw timestamp of the last change, where the source keeps one: finds late and corrected rows.
        columns: Canonical column -> how it is made.
        exclude: Rows to refuse.
        legs: How the legs of a call relate, in a table of legs: `in_turn`, one stay after the other, or `at_once`, a row
            for each of several phones that rang together.
        files: In a folder: pattern of the names of the files that are this table, such as `calls-*.csv*`; None for one
            file named like the table.
        absent: What it means, in a table of intervals, that an interval of a day has no row: `zero` calls, or `missing`.
        is_optional: The source may have no such table: then nothing is read of it. Never of the leading table.
        events: The files are a log of events of this kind, several lines a row; None where a line is a row.
        updates: Of a log of `case_updates`: what its columns and words mean.
    """

    name: str
    role: Role
    load: Load
    key: tuple[str, ...]
    types: Mapping[str, RawType]
    columns: Mapping[str, ColumnMap]
    optional: frozenset[str] = frozenset()
    business_date: str | None = None
    changed_at: str | None = None
    exclude: tuple[Exclusion, ...] = ()
    legs: Legs = "in_turn"
    formats: Mapping[str, str] = field(default_factory=dict)
    files: str | None = None
    absent: Absent = "missing"
    events: Events | None = None
    is_optional: bool = False
    updates: UpdateLog | None = None


@dataclass(frozen=True, slots=True)
class SourceMap:
    """A whole source: its site and its tables.

    Attributes:
        name: Name of the map, as in `--source NAME`.
        title: What it is, for people.
        is_simulated: True where the data are made, not real: said in every title.
        site: Defaults of the site; settings may override them.
        tables: The physical tables.
        times_are: Whether the source's times are the site's wall clock or UTC.
        caller_is: What tells callers apart for redials: their `number` or the known `customer` id.
        country_calling_code: Digits taken off international numbers, such as `46`.
        first_date: First business date, where it is known before the source is read: Dagster's partitions start there.
        members: Sources that are one site. Such a map has no tables of its own and goes by the name of the first: rows of
            `silver.queue_intervals` and of gold carry it, rows of legs, calls, cases and findings the name of their own source.
        backlog: Rules of its backlog.
    """

    name: str
    title: str
    site: Site
    tables: tuple[TableMap, ...]
    is_simulated: bool = False
    times_are: Literal["local", "utc"] = "local"
    caller_is: Literal["number", "customer"] = "number"
    country_calling_code: str = ""
    first_date: dt.date | None = None
    members: tuple["SourceMap", ...] = ()
    backlog: BacklogMap = NO_RULES

    @property
    def parts(self) -> tuple["SourceMap", ...]:
        """The sources to read: itself, or those that are one site."""
        return self.members or (self,)

    def playing(self, role: Role) -> tuple["SourceMap", ...]:
        """Those of its parts that have a table of a role.

        Args:
            role: The role.

        Returns:
            Parts, in their order.
        """
        return tuple(part for part in self.parts if part.table(role))

    def table(self, role: Role) -> TableMap | None:
        """The table that plays a role.

        Args:
            role: The role.

        Returns:
            The table; None where the source has none of it.
        """
        return next((table for table in self.tables if table.role == role), None)

    @property
    def leading(self) -> TableMap:
        """The table whose dates are the source's dates: its call records, or where it has none its intervals, cases or case events."""
        found = (part.table(role) for role in LEADING_ROLES for part in self.parts)
        return next(table for table in found if table is not None)

    @property
    def leading_parts(self) -> tuple["SourceMap", ...]:
        """The parts that have such a table: those with call records, or where none has any those of the next such role."""
        return self.playing(self.leading.role)

    @property
    def lacks(self) -> dict[Missing, str]:
        """What cannot be made of the source, and why."""
        role = self.leading.role
        return dict.fromkeys(_LACKING.get(role, ()), f"no calls in this source: it has {role.replace('_', ' ')}")

    @property
    def files(self) -> dict[str, str]:
        """Table -> pattern of its files' names, where a table may be several files."""
        return {table.name: table.files for table in self.tables if table.files}

    @property
    def events(self) -> dict[str, Events]:
        """Table -> which log its files are, where they are one."""
        return {table.name: table.events for table in self.tables if table.events}

    @property
    def updates(self) -> dict[str, UpdateLog]:
        """Table -> what the columns of its log of updates mean, where it is one."""
        return {table.name: table.updates for table in self.tables if table.updates}

    @property
    def has_legs_at_once(self) -> bool:
        """Whether the legs of a call are phones that rang together."""
        return any(table.legs == "at_once" for table in self.tables if table.role == "call_legs")

    def bronze_name(self, table: TableMap) -> str:
        """The table in the warehouse that keeps a table's raw rows.

        Args:
            table: One of the source's tables.

        Returns:
            `bronze.<source>__<table>`, see `bronze_table_name`.
        """
        return f"bronze.{bronze_table_name(self.name, table.name)}"

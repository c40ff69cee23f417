"""The two building blocks of a contract, a column and a table, and the columns that many tables begin with."""

from dataclasses import dataclass
from typing import Literal

from wfm_pipeline.contracts.layout import PLAIN, Layout

DataType = Literal["string", "int64", "float64", "boolean", "date", "timestamp"]
"""Types every engine has. A `timestamp` has no zone: instants are UTC, `*_local` is wall clock."""

Layer = Literal["bronze", "silver", "gold", "operational"]
"""Shelves of the warehouse; `operational` is no shelf of ours but the live centre's own database."""

Personal = Literal["customer", "agent", "planner"]
"""Whose data a column holds: who calls, who answers, who plans. Raw rows of a source are their callers'."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its type, unit and the rules its values keep.

    Attributes:
        name: The name, with the unit as suffix where it has one.
        type: Engine-neutral type.
        description: What the value says.
        unit: Unit in words (`s`, `calls`, `0..1`), empty where there is none.
        nullable: False where every row has a value.
        minimum: Smallest allowed value, inclusive.
        maximum: Largest allowed value, inclusive.
        allowed: The only allowed values, where they are few.
        personal: Whose personal data the values are; None where they are nobody's.
        is_free_text: True where a personal value is somebody's own words or facts, and not a person's key.
    """

    name: str
    type: DataType
    description: str
    unit: str = ""
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    personal: Personal | None = None
    is_free_text: bool = False

    @property
    def has_pseudonym(self) -> bool:
        """True where analysts see a pseudonym for the value; other personal values are null for them."""
        return self.personal is not None and self.type == "string" and not self.is_free_text


@dataclass(frozen=True, slots=True)
class Table:
    """One table's promise.

    Attributes:
        layer: Which shelf it stands on; also its schema in the warehouse.
        name: Table name inside the layer.
        grain: The sentence "One row per ...".
        key: Columns that name a row; unique in the table and never null.
        columns: All columns, in order.
        partition: Date column by which rows are replaced, where the table is kept by day.
        layout: How an engine that has a choice keeps the rows.
    """

    layer: Layer
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: str | None = None
    layout: Layout = PLAIN

    @property
    def full_name(self) -> str:
        """`layer.name`."""
        return f"{self.layer}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of a name.

        Args:
            name: Its name.

        Returns:
            The column.

        Raises:
            KeyError: there is none.
        """
        return {column.name: column for column in self.columns}[name]


def count(name: str, description: str, *, nullable: bool = False) -> Column:
    """A whole number, zero or more."""
    return Column(name, "int64", description, "count", nullable=nullable, minimum=0)


def seconds(name: str, description: str, *, nullable: bool = True) -> Column:
    """A duration in seconds, zero or more."""
    return Column(name, "float64", description, "s", nullable=nullable, minimum=0)


def share(name: str, description: str, *, nullable: bool = True) -> Column:
    """A fraction 0..1."""
    return Column(name, "float64", description, "0..1", nullable=nullable, minimum=0, maximum=1)


def flag(name: str, description: str, *, nullable: bool = False) -> Column:
    """True or false."""
    return Column(name, "boolean", description, nullable=nullable)


def instant(name: str, description: str, *, nullable: bool = False) -> Column:
    """An instant, UTC without a zone."""
    return Column(name, "timestamp", description, "UTC", nullable=nullable)


def local_time(name: str, description: str, *, nullable: bool = False) -> Column:
    """A wall-clock time at the site."""
    return Column(name, "timestamp", description, "local", nullable=nullable)


def text(
    name: str,
    description: str,
    *,
    nullable: bool = True,
    allowed: tuple[str, ...] = (),
    personal: Personal | None = None,
    is_free_text: bool = False,
) -> Column:
    """A piece of text."""
    return Column(
        name, "string", description, nullable=nullable, allowed=allowed, personal=personal, is_free_text=is_free_text
    )


def day(name: str, description: str, *, nullable: bool = False) -> Column:
    """A date in the site's zone."""
    return Column(name, "date", description, nullable=nullable)


def number(name: str, description: str, unit: str, *, nullable: bool = True, minimum: float | None = None) -> Column:
    """A real number with a unit."""
    return Column(name, "float64", description, unit, nullable=nullable, minimum=minimum)


def calls(name: str, description: str, *, nullable: bool = False) -> Column:
    """A number of calls, whole or expected, zero or more."""
    return Column(name, "float64", description, "calls", nullable=nullable, minimum=0)


SOURCE = text("source", "Name of the source map the row came through.", nullable=False)
ROW_HASH = text("row_hash", "Hash of the bronze row this came from.", nullable=False)
BATCH_ID = text("batch_id", "Batch that brought the bronze row.", nullable=False)
QUEUE = text("queue_id", "The queue.", nullable=False)
QUEUE_DAY = (SOURCE, QUEUE, day("business_date", "The date."))
QUEUE_INTERVAL = (
    SOURCE,
    QUEUE,
    instant("interval_start", "Start of the interval."),
    local_time("interval_start_local", "Start of the interval, wall clock."),
    day("business_date", "Local date of the interval."),
)
ANSWERED_MEASURES = (
    count(
        "answered_handle_known",
        "Answered calls whose handle time is known: what handle_seconds is divided by.",
        nullable=True,
    ),
    count("answered_wait_known", "Answered calls whose wait is known.", nullable=True),
    count(
        "answered_in_target",
        "Of answered_wait_known those answered within the answer-time target; null where calls were answered and no wait is known.",
        nullable=True,
    ),
    seconds(
        "handle_seconds",
        "Handle time of answered_handle_known, summed; null where calls were answered and none is known.",
    ),
)
"""What is known of the answered calls of an interval or a day."""
SERVICE_LEVEL = share(
    "service_level",
    "Answered within the target over offered: answered_in_target x calls_answered / (answered_wait_known x calls_offered); "
    "null without offered calls and where no wait is known.",
)

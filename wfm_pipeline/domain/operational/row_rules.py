"""Rows of operational tables that cannot be true: found and told, never bent into shape.

A value that may be null is emptied; where it may not, or where columns contradict each other, the row is out. Both are
findings. Not here: whole columns in a wrong unit (unit_slips).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.units import SECONDS_PER_DAY

FINDING_COLUMNS: Final = ("table_name", "rule", "is_row_refused", "row_number", "column_name", "value", "allowed")
ROUNDING_SECONDS: Final = 3.0
"""What five states, each rounded to whole seconds, may be beyond the time logged in, rounded too [s]."""
_STATES: Final = ("ready_time", "not_ready_time", "talk_time", "hold_time", "wrap_time")
_BUSY_STATES: Final = ("talk", "hold", "wrap")

Bad = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Columns of a row that cannot be true together: the row is refused.

    Attributes:
        rule: Name of the rule.
        columns: Columns it looks at; the first is named in the finding.
        allowed: What would be true, in words.
        is_bad: Rows -> which of them contradict, shape (n_rows,); null never does.
    """

    rule: str
    columns: tuple[str, ...]
    allowed: str
    is_bad: Bad


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Rows that can be believed, and what was found.

    Attributes:
        rows: In the contract's columns and units; index = position in what came.
        findings: One row per finding, columns FINDING_COLUMNS: row_number = position in what came, value as text.
    """

    rows: pd.DataFrame
    findings: pd.DataFrame


def _beyond(rule: str, smaller: str, larger: str) -> Contradiction:
    return Contradiction(
        rule=rule,
        columns=(smaller, larger),
        allowed=f"at most {larger}",
        is_bad=lambda rows: rows[smaller] > rows[larger],
    )


def _ends_late_enough(starts: str, ends: str) -> Contradiction:
    return Contradiction(
        rule="ends_before_it_starts",
        columns=(ends, starts),
        allowed=f"after {starts}",
        is_bad=lambda rows: rows[ends] <= rows[starts],
    )


_ON_THE_GRID: Final = Contradiction(
    rule="off_the_grid",
    columns=("interval_start_time",),
    allowed="a whole quarter of an hour",
    is_bad=lambda rows: rows["interval_start_time"] != rows["interval_start_time"].dt.floor(f"{INTERVAL_SECONDS}s"),
)
_CONTRADICTIONS: Final[Mapping[str, tuple[Contradiction, ...]]] = {
    "contact_statistics": (
        _ON_THE_GRID,
        _beyond("treated_beyond_received", "treated_calls", "received_calls"),
        _beyond("missed_beyond_received", "miss_calls", "received_calls"),
        Contradiction(
            rule="more_ended_than_received",
            columns=("treated_calls", "miss_calls", "received_calls"),
            allowed="treated_calls + miss_calls at most received_calls",
            is_bad=lambda rows: (
                (rows["treated_calls"] + rows["miss_calls"] > rows["received_calls"])
                & (rows[["treated_calls", "miss_calls"]].max(axis=1) <= rows["received_calls"])
            ),
        ),
        _beyond("callers_beyond_contacts", "received_calls", "not_unique_received_calls"),
        _beyond("treated_beyond_received_not_unique", "not_unique_treated_calls", "not_unique_received_calls"),
        _beyond("missed_beyond_received_not_unique", "not_unique_miss_calls", "not_unique_received_calls"),
    ),
    "agent_activity": (
        _ON_THE_GRID,
        Contradiction(
            rule="states_beyond_the_interval",
            columns=_STATES,
            allowed=f"states that add up to at most {INTERVAL_SECONDS} s",
            is_bad=lambda rows: rows[list(_STATES)].sum(axis=1) > INTERVAL_SECONDS,
        ),
        Contradiction(
            rule="states_beyond_login",
            columns=("login_time", *_STATES),
            allowed=f"states that add up to at most login_time and {ROUNDING_SECONDS:g} s of rounding",
            is_bad=lambda rows: (
                (rows[list(_STATES)].sum(axis=1) > rows["login_time"] + ROUNDING_SECONDS)
                & (rows[list(_STATES)].sum(axis=1) <= INTERVAL_SECONDS)
            ),
        ),
        _beyond("transferred_beyond_handled", "calls_transferred", "calls_handled"),
    ),
    "agent_states": (
        Contradiction(
            rule="ends_before_it_starts",
            columns=("ended_at", "started_at"),
            allowed="at or after started_at",
            is_bad=lambda rows: rows["ended_at"] < rows["started_at"],
        ),
        Contradiction(
            rule="contact_without_work",
            columns=("is_queue_contact", "state"),
            allowed=f"true only in the states {', '.join(_BUSY_STATES)}",
            is_bad=lambda rows: (rows["is_queue_contact"] == 1) & ~rows["state"].isin(_BUSY_STATES),
        ),
        Contradiction(
            rule="open_after_the_next",
            columns=("ended_at", "started_at", "agent_id"),
            allowed="an end, for the same agent began another state later",
            is_bad=lambda rows: (
                rows["ended_at"].isna() & (rows["started_at"] < rows.groupby("agent_id")["started_at"].transform("max"))
            ),
        ),
    ),
    "shifts": (
        _ends_late_enough("starts_at", "ends_at"),
        Contradiction(
            rule="longer_than_a_day",
            columns=("ends_at", "starts_at"),
            allowed="at most 24 hours after starts_at",
            is_bad=lambda rows: (rows["ends_at"] - rows["starts_at"]).dt.total_seconds() > SECONDS_PER_DAY,
        ),
    ),
    "shift_breaks": (_ends_late_enough("starts_at", "ends_at"),),
}
"""Table -> its contradictions, in the order in which they are told."""


def judge_rows(table: Table, typed: pd.DataFrame, misfits: Mapping[str, np.ndarray]) -> JudgedRows:
    """Tell rows that cannot be true from those that can.

    Args:
        table: Contract of the operational table.
        typed: All its columns, in its own units (ms, s, %), typed and numbered from 0 (`typed_rows`).
        misfits: Per column which values did not go into its type, shape (n_rows,).

    Returns:
        The rows that can be believed, and a finding for each value emptied and each rule that refused a row. The same row
        twice is one; other rows of one key are all refused, for nothing says which is true.
    """
    found = list(_value_findings(table, typed, misfits))
    kept = typed.copy()
    is_refused = np.zeros(len(typed), dtype=bool)
    for column, finding in found:
        is_bad = np.isin(np.arange(len(typed)), finding["row_number"])
        if _may_be_null(table, column):
            kept.loc[is_bad, column.name] = None if column.type == "string" else np.nan
        else:
            is_refused |= is_bad
    findings = [finding for _, finding in found]
    # Contradictions are looked for in what is left: a value that was emptied contradicts nothing.
    for contradiction in (*_CONTRADICTIONS.get(table.name, ()), _same_key(table)):
        is_bad = contradiction.is_bad(kept).fillna(False).to_numpy(dtype=bool) & ~is_refused
        findings.append(
            _findings(
                table, contradiction.rule, is_bad, typed[contradiction.columns[0]], contradiction.allowed, out=True
            )
        )
        is_refused = is_refused | is_bad
    is_again = kept.duplicated().to_numpy()
    told = [finding for finding in findings if len(finding)]
    every = pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=list(FINDING_COLUMNS))
    return JudgedRows(kept[~is_refused & ~is_again], every)


def _may_be_null(table: Table, column: Column) -> bool:
    return column.nullable and column.name not in table.key


def _value_findings(
    table: Table, rows: pd.DataFrame, misfits: Mapping[str, np.ndarray]
) -> Iterator[tuple[Column, pd.DataFrame]]:
    """What is wrong with single values, column by column."""
    for column in table.columns:
        values, misfit = rows[column.name], misfits[column.name]
        out = not _may_be_null(table, column)
        checks: list[tuple[str, np.ndarray, str]] = [("misfit", misfit, f"a {column.type}")]
        if out:
            checks.append(("missing", values.isna().to_numpy() & ~misfit, "a value"))
        allowed = _range_words(column)
        if column.minimum is not None:
            is_low = (values < column.minimum).to_numpy()
            checks.append(("negative" if column.minimum == 0 else "too_small", is_low, allowed))
        if column.maximum is not None:
            checks.append(("beyond", (values > column.maximum).to_numpy(), allowed))
        if column.allowed:
            is_unknown = (~values.isin(column.allowed) & values.notna()).to_numpy()
            checks.append(("unknown", is_unknown, ", ".join(column.allowed)))
        for word, is_bad, words in checks:
            if is_bad.any():
                yield column, _findings(table, f"{word}_{column.name}", is_bad, values, words, out=out)


def _range_words(column: Column) -> str:
    top = "" if column.maximum is None else f" to {column.maximum:,g}"
    return "" if column.minimum is None else f"{column.minimum:,g}{top} {column.unit}".rstrip()


def _same_key(table: Table) -> Contradiction:
    key = list(table.key)
    return Contradiction(
        rule="same_key_twice",
        columns=table.key,
        allowed="one row per " + ", ".join(key),
        is_bad=lambda rows: (
            (~rows.duplicated()).groupby([rows[name] for name in key], dropna=False).transform("sum").gt(1)
        ),
    )


def _findings(
    table: Table, rule: str, is_bad: np.ndarray, values: pd.Series, allowed: str, *, out: bool
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table_name": table.name,
            "rule": rule,
            "is_row_refused": out,
            "row_number": np.flatnonzero(is_bad),
            "column_name": str(values.name),
            "value": values[is_bad].map(str).to_numpy(dtype=object),
            "allowed": allowed,
        }
    )

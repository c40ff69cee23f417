"""Tables for the terminal and for programs that read what a command prints."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.table import Table

from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.reports.words.screen import Screen

_PIPE_WIDTH = 170
"""Columns of a table that goes into a file or a pipe [characters]."""
_WHOLE_FROM = 1000.0
"""Larger numbers are shown without decimals."""

_NAMES = frozenset({"iso_year", "year"})
"""Numbers that are names: no thousands separator."""


def print_table(frame: pd.DataFrame, title: str) -> None:
    """Print a frame as a table; it is never cut, only folded."""
    table = Table(title=one_line(title), title_justify="left", header_style="bold")
    for name in frame.columns:
        is_number = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(one_line(str(name)), justify="right" if is_number else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        cells = zip(frame.columns, row, strict=True)
        table.add_row(*[one_line(str(value) if name in _NAMES else _cell(value)) for name, value in cells])
    Screen(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def print_json(tables: Mapping[str, pd.DataFrame], **facts: Any) -> None:
    """Print frames as JSON, each a list of rows, beside plain facts."""
    rows = {
        name: json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))
        for name, frame in tables.items()
    }
    sys.stdout.write(json.dumps({**facts, **rows}, indent=2, default=str) + "\n")

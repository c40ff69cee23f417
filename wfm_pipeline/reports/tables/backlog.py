"""The view of the backlog for a terminal: what to do first, then three parts that are apart from each other.

A table that is wider than the terminal goes on below, with the name of the queue again: no column is left out, no number broken.
Not here: what the view says (reports/backlog), printing (reports/words/screen).
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd
from rich.cells import cell_len
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from wfm_pipeline.reports.backlog.cells import ShownTable
from wfm_pipeline.reports.backlog.needs import Need, common_unknowns, needs_of, shown_need
from wfm_pipeline.reports.backlog.performance import performance_table
from wfm_pipeline.reports.backlog.readiness import readiness_tables
from wfm_pipeline.reports.backlog.status import state_frame, status_tables
from wfm_pipeline.reports.backlog.top_lines import facts, heading, json_needs, level_counts, release_line, rest_lines
from wfm_pipeline.reports.backlog.view import BacklogView
from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.reports.words.screen import Screen, Showable, stacked

MOST_QUEUES: Final = 10
"""Queues that a terminal's tables show, the worst first [count]."""
MOST_LINES: Final = 6
"""Queues that the first lines name [count]."""
_AIR: Final = 2
"""What stands between two columns [characters]."""
_LEAST_TEXT: Final = 24
"""Width at which a text is folded at the least [characters]."""
_WORDS: Final[Mapping[str, str]] = {"act": "ACT", "watch": "watch", "unknown": "not known", "well": "well"}
_STYLES: Final[Mapping[str, str]] = {"act": "bold red", "watch": "yellow", "unknown": "magenta", "well": ""}
"""Colours only repeat what words say."""


def backlog_parts(view: BacklogView, *, width: int, most: int = MOST_QUEUES) -> Showable:
    """The whole view.

    Args:
        view: What gold says.
        width: Of the screen [characters].
        most: Queues of each table, the worst first [count].

    Returns:
        Lines and tables, one below the other.
    """
    needs = needs_of(view)
    shown = needs[:most]
    left = f"; the {len(shown)} worst of {len(needs):,} queues" if len(needs) > len(shown) else ""
    status, ready = status_tables(view, shown), readiness_tables(view, shown)
    return stacked(
        *_top(view, needs),
        *_part(f"1  BACKLOG STATUS{left}", status, width),
        *_part(f"2  WORKFORCE READINESS{left}", ready, width),
        *_part(f"3  PERFORMANCE{left}", [performance_table(view, shown)], width),
    )


def backlog_text(view: BacklogView, *, width: int, most: int = MOST_QUEUES) -> str:
    """The same as plain text, for a mail or a file; arguments as `backlog_parts`."""
    lines = io.StringIO()
    Screen(file=lines, width=width, color_system=None).print(backlog_parts(view, width=width, most=most))
    return "".join(f"{line.rstrip()}\n" for line in lines.getvalue().splitlines())


def _top(view: BacklogView, needs: Sequence[Need]) -> Iterable[Showable]:
    yield Text(one_line(heading(view)), style="bold")
    for line in facts(view, needs):
        yield Text(one_line(line), style="bold red" if line.startswith("OLD") else "dim")
    yield Text()
    urgent = [need for need in needs if need.level in ("act", "watch")]
    yield Text("WHAT TO DO FIRST" if urgent else "Nothing is pressing.", style="bold")
    common = common_unknowns(needs)
    grid = Table.grid(padding=(0, _AIR, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for need in urgent[:MOST_LINES]:
        grid.add_row(Text(_WORDS[need.level], _STYLES[need.level]), Text(one_line(shown_need(need, common))))
    yield grid
    yield from (Text(one_line(line)) for line in [*rest_lines(needs, MOST_LINES), release_line(view)] if line)


def _part(title: str, tables: Sequence[ShownTable], width: int) -> Iterable[Showable]:
    yield Text()
    yield Rule(Text(title, style="bold"), align="left", characters="═")
    for place, shown in enumerate(tables):
        if place:
            yield Text()
        yield Text(one_line(shown.title), style="italic")
        if shown.rows:
            yield from tables_within(shown, width)
        elif not shown.notes:
            yield Text("  nothing", style="dim")
        yield from (Padding(Text(one_line(note), style="dim"), (0, 0, 0, 2)) for note in shown.notes)


def tables_within(shown: ShownTable, width: int) -> list[Table]:
    """A table, or several that hold its columns in turn, each with its first column, none wider than the screen.

    Args:
        shown: What is shown.
        width: Of the screen [characters].
    """
    first, *others = range(len(shown.heads))
    blocks, used = [[first]], _width(shown, first)
    for place in others:
        needed = _AIR + _width(shown, place)
        if len(blocks[-1]) > 1 and used + needed > width:
            blocks.append([first])
            used = _width(shown, first)
        blocks[-1].append(place)
        used += needed
    return [_table(shown, block, width) for block in blocks]


def _width(shown: ShownTable, place: int) -> int:
    """Width that a column needs; its head may stand on two lines, a long text be folded."""
    cells = max((cell_len(row[place]) for row in shown.rows), default=0)
    words = max(map(cell_len, shown.heads[place].split()))
    return max(words, min(cells, _LEAST_TEXT) if place in shown.texts else cells)


def _table(shown: ShownTable, places: Sequence[int], width: int) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, _AIR, 0, 0), pad_edge=False)
    spare = width - sum(_width(shown, place) + _AIR for place in places)
    for place in places:
        is_text = place == 0 or place in shown.texts
        wide = _width(shown, place) + (max(spare, 0) if place == max(shown.texts, default=-1) else 0)
        table.add_column(
            Text(one_line(shown.heads[place])), justify="left" if is_text else "right", overflow="fold", width=wide,
            vertical="top",
        )  # fmt: skip
    levels = shown.levels or ("well",) * len(shown.rows)
    for row, level in zip(shown.rows, levels, strict=True):
        table.add_row(*(Text(one_line(row[place]), _STYLES[level] if place == 0 else "") for place in places))
    return table


def backlog_json(view: BacklogView) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The whole view for programs: tables with every queue, unrounded, the worst first, and facts beside them."""
    needs = needs_of(view)
    tables = {
        "backlog": state_frame(view, needs),
        "priorities": view.priorities,
        "people": view.people,
        "expected": view.expected,
        "actions": view.actions,
        "alerts": view.alerts,
        "performance": view.performance,
    }
    told = {
        "hour_start": view.hour_start.isoformat(),
        "hour_end": view.hour_end.isoformat(),
        "is_simulated": view.question.is_simulated,
        "breach_limit": view.question.breach_limit,
        "basis": sorted(set(view.now["basis"])),
        "queues": level_counts(needs),
        "needs": json_needs(needs),
    }
    return tables, told

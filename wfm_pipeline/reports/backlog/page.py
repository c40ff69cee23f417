"""The view of the backlog as one HTML page that needs nothing else: what to do first, the picture, three parts.

Not here: the mail (mail), the tables themselves (status, readiness, performance).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wfm_pipeline.reports.backlog.cells import ShownTable, name
from wfm_pipeline.reports.backlog.needs import Need, common_unknowns, needs_of, what_words
from wfm_pipeline.reports.backlog.performance import performance_table
from wfm_pipeline.reports.backlog.readiness import readiness_tables
from wfm_pipeline.reports.backlog.status import status_tables
from wfm_pipeline.reports.backlog.top_lines import facts, heading, release_line, rest_lines
from wfm_pipeline.reports.backlog.view import BacklogView
from wfm_pipeline.reports.figures.backlog import backlog_figure
from wfm_pipeline.reports.words.html_page import Row, page, picture, table, text

MOST_QUEUES: Final = 50
"""Queues in the page's tables, the worst first [count]."""
MOST_LINES: Final = 12
"""Queues in the first table [count]."""
CAPTION: Final = (
    "Open cases by age with those over due, people of the next hours against people needed, and the likeliest breaches; "
    "the tables below have the numbers."
)
WORDS: Final[Mapping[str, str]] = {"act": "ACT", "watch": "watch", "unknown": "not known", "well": "well"}
_KINDS: Final[Mapping[str, str]] = {"act": "ours", "unknown": "quiet"}


def backlog_page(view: BacklogView, *, most: int = MOST_QUEUES) -> str:
    """The page.

    Args:
        view: What gold says.
        most: Queues of each table, the worst first [count].
    """
    needs = needs_of(view)
    shown = needs[:most]
    title = heading(view)
    figure = backlog_figure(view.trail, view.people, title=title, breach_limit=view.question.breach_limit)
    left = f"The {len(shown)} worst of {len(needs):,} queues" if len(needs) > len(shown) else ""
    body = [
        text(title, "h1"),
        *(text(line, kind="note") for line in facts(view, needs)),
        text("What to do first", "h2"),
        *first_rows(needs),
        *(text(line, kind="note") for line in [*rest_lines(needs, MOST_LINES), release_line(view)] if line),
        picture(figure, CAPTION),
        *_part("1 Backlog status", left, status_tables(view, shown)),
        *_part("2 Workforce readiness", left, readiness_tables(view, shown)),
        *_part("3 Performance", left, [performance_table(view, shown)]),
    ]
    return page(title, body)


def first_rows(needs: Sequence[Need]) -> Iterable[str]:
    """The queues that need somebody, as a table."""
    urgent = [need for need in needs if need.level in ("act", "watch")][:MOST_LINES]
    if not urgent:
        yield text("Nothing is pressing.")
        return
    common = common_unknowns(needs)
    rows = [
        Row(
            (f"{WORDS[need.level]}: {name(need.queue_id)}", what_words(need, common), need.advice),
            _KINDS.get(need.level, ""),
        )
        for need in urgent
    ]
    yield table(("queue", "what is wrong", "what to do"), rows, text_columns=frozenset({1, 2}))


def _part(title: str, left: str, tables: Sequence[ShownTable]) -> Iterable[str]:
    yield text(title, "h2")
    if left:
        yield text(left, kind="note")
    for shown in tables:
        yield text(shown.title, "h3")
        if shown.rows or not shown.notes:
            yield _html(shown) if shown.rows else text("nothing", kind="note")
        yield from (text(note, kind="note") for note in shown.notes)


def _html(shown: ShownTable) -> str:
    levels = shown.levels or ("well",) * len(shown.rows)
    rows = [Row(cells, _KINDS.get(level, "")) for cells, level in zip(shown.rows, levels, strict=True)]
    return table(shown.heads, rows, text_columns=shown.texts)

"""Tables and pictures as Markdown, for documents kept in the repository.

Here: the same rows that the HTML report shows, as text. Not here: which rows (reports/backtest/tables).
"""

from collections.abc import Iterable, Sequence

from wfm_pipeline.reports.words.html_page import Row
from wfm_pipeline.reports.words.plain_words import one_line


def markdown_table(head: Sequence[str], rows: Iterable[Row], *, text_columns: frozenset[int] = frozenset()) -> str:
    """A table; ours and the best cells in bold, numbers to the right."""
    sides = [":--" if place in text_columns | {0} else "--:" for place in range(len(head))]
    lines = [_line(head), _line(sides), *(_line(_cells(row)) for row in rows)]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    return [
        f"**{plain(cell)}**" if place in row.best or (row.kind == "ours" and place == 0) else plain(cell)
        for place, cell in enumerate(row.cells)
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain(words: str) -> str:
    """Words that Markdown takes as they stand: no column, emphasis, link or tag is started, and they stay on one line."""
    escaped = one_line(words)
    for letter in "\\`*_[]<>|":
        escaped = escaped.replace(letter, f"\\{letter}")
    return escaped

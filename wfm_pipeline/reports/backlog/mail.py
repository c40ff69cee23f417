"""The view of the backlog as a mail: subject, HTML with the picture inside, plain text that stands alone, and rows for programs.

HTML of a mail is read by programs that know little: tables, styles on the tags, one column 680 points wide. Not here: sending
(monitoring/alerts/channels), the page (page).
"""

import html
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wfm_pipeline.reports.backlog.cells import ShownTable, name, records
from wfm_pipeline.reports.backlog.needs import Need, common_unknowns, needs_of, shown_need, what_words
from wfm_pipeline.reports.backlog.page import CAPTION, WORDS
from wfm_pipeline.reports.backlog.performance import performance_table
from wfm_pipeline.reports.backlog.readiness import readiness_tables
from wfm_pipeline.reports.backlog.status import state_frame, status_tables
from wfm_pipeline.reports.backlog.top_lines import facts, heading, release_line, rest_lines, subject
from wfm_pipeline.reports.backlog.view import BacklogView
from wfm_pipeline.reports.figures.backlog import backlog_figure
from wfm_pipeline.reports.figures.drawing import as_png
from wfm_pipeline.reports.tables.backlog import backlog_text
from wfm_pipeline.reports.words.plain_words import one_line

_LOG = logging.getLogger("wfm_pipeline.backlog")
PICTURE: Final = "backlog-picture"
"""Name under which the HTML asks for its picture: `cid:backlog-picture`."""
MOST_LINES: Final = 8
"""Queues that a mail names with what they need [count]."""
MOST_ROWS: Final = 12
"""Queues in a mail's table: longer ones are cut by programs that read mail [count]."""
_DPI: Final = 100
_TEXT_WIDTH: Final = 78
"""Columns of the plain text, as mail has them [characters]."""
_LONGEST_LINE: Final = 28
"""Longer cells of a table are folded [characters]."""
_FONT: Final = "font:14px/1.45 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;color:#222"
_CELL: Final = "padding:4px 8px;border-bottom:1px solid #ddd;vertical-align:top"
_BADGES: Final[Mapping[str, str]] = {
    "act": "background:#b3261e;color:#fff;font-weight:bold",
    "watch": "background:#fde3c0;color:#5c3a00",
    "unknown": "background:#eee;color:#333",
    "well": "background:#e3f1df;color:#22501a",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogMail:
    """The parts of a mail.

    Attributes:
        subject: One line that tells the worst.
        text: The plain-text part.
        html: The HTML part, which shows `cid:backlog-picture`.
        picture: The picture, PNG; empty where it could not be drawn.
        totals: Totals of the hour in one line.
        first_lines: What to do first as plain text, for a chat room.
        is_simulated: Whether the data are simulated; None where nobody knows.
        rows: The worst queues for programs.
    """

    subject: str
    text: str
    html: str
    picture: bytes
    totals: str
    first_lines: str
    is_simulated: bool | None
    rows: Sequence[Mapping[str, Any]]


def mail_of(view: BacklogView) -> BacklogMail:
    """The mail of a view."""
    needs = needs_of(view)
    picture = _picture(view)
    return BacklogMail(
        subject=subject(view, needs),
        text=backlog_text(view, width=_TEXT_WIDTH, most=MOST_ROWS),
        html=_html(view, needs, has_picture=bool(picture)),
        picture=picture,
        totals="; ".join(facts(view, needs)),
        first_lines="\n".join(_first_lines(view, needs)),
        is_simulated=view.question.is_simulated,
        rows=_rows(view, needs),
    )


def _picture(view: BacklogView) -> bytes:
    """The picture; a mail without one is better than none."""
    title, limit = heading(view), view.question.breach_limit
    try:
        return as_png(backlog_figure(view.trail, view.people, title=title, breach_limit=limit), dpi=_DPI)
    except Exception:  # noqa: BLE001  (whatever a library finds to dislike about a name or a number)
        _LOG.exception("the picture of the backlog could not be drawn")
        return b""


def _first_lines(view: BacklogView, needs: Sequence[Need]) -> Iterable[str]:
    yield heading(view)
    yield from facts(view, needs)
    urgent, common = [need for need in needs if need.level in ("act", "watch")], common_unknowns(needs)
    yield from (one_line(f"{WORDS[need.level]} {shown_need(need, common)}") for need in urgent[:MOST_LINES])
    yield from _rest(view, needs)


def _rest(view: BacklogView, needs: Sequence[Need]) -> list[str]:
    return [line for line in [*rest_lines(needs, MOST_LINES), release_line(view)] if line]


def _html(view: BacklogView, needs: Sequence[Need], *, has_picture: bool) -> str:
    picture = (
        f'<img src="cid:{PICTURE}" width="680" alt="{_text(CAPTION)}" style="width:100%;max-width:680px;margin:12px 0">'
    )
    body = [
        f'<h1 style="font-size:19px;margin:0 0 4px">{_text(heading(view))}</h1>',
        *(_line(line, is_warning=line.startswith("OLD")) for line in facts(view, needs)),
        _heading("What to do first"),
        _first(needs),
        *(_line(line) for line in _rest(view, needs)),
        picture if has_picture else _line("The picture could not be drawn; the tables are whole."),
        *(piece for title, tables in _parts(view, needs[:MOST_ROWS]) for piece in _part(title, tables)),
        _line(f"{_left_out(needs)}All of it: wfm backlog --at {view.clock(view.hour_end, '%Y-%m-%dT%H:%M')}"),
    ]
    content = "\n".join(body)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{_text(subject(view, needs))}</title></head>\n"
        f'<body style="margin:0;padding:12px;background:#fff"><div style="max-width:720px;{_FONT}">\n{content}\n</div></body></html>\n'
    )


def _first(needs: Sequence[Need]) -> str:
    urgent = [need for need in needs if need.level in ("act", "watch")][:MOST_LINES]
    if not urgent:
        return _line("Nothing is pressing.")
    common = common_unknowns(needs)
    rows = "".join(
        f'<tr><td style="{_CELL}"><span style="padding:1px 7px;border-radius:8px;{_BADGES[need.level]}">{WORDS[need.level]}'
        f'</span></td><td style="{_CELL}"><b>{_text(name(need.queue_id))}</b>: {_text(what_words(need, common))}'
        f"{_advice(need)}</td></tr>"
        for need in urgent
    )
    return f'<table role="presentation" cellspacing="0" style="border-collapse:collapse;width:100%">{rows}</table>'


def _advice(need: Need) -> str:
    return f"<br><b>Do:</b> {_text(need.advice)}" if need.advice else ""


def _parts(view: BacklogView, needs: Sequence[Need]) -> list[tuple[str, list[ShownTable]]]:
    """The three parts; of readiness the hours and what to do, for the next hour in detail is in the plain text."""
    hours, *_next_hour, actions = readiness_tables(view, needs)
    return [
        ("1 Backlog status", status_tables(view, needs)),
        ("2 Workforce readiness", [hours, actions]),
        ("3 Performance", [performance_table(view, needs)]),
    ]


def _left_out(needs: Sequence[Need]) -> str:
    return f"The tables show the {MOST_ROWS} worst of {len(needs):,} queues. " if len(needs) > MOST_ROWS else ""


def _part(title: str, tables: Sequence[ShownTable]) -> Iterable[str]:
    yield _heading(title)
    for shown in tables:
        yield f'<h3 style="font-size:13px;margin:10px 0 2px;color:#333">{_text(shown.title)}</h3>'
        if shown.rows or not shown.notes:
            yield _table(shown) if shown.rows else _line("nothing")
        yield from (_line(note) for note in shown.notes)


def _table(shown: ShownTable) -> str:
    words = {0} | shown.texts
    head = "".join(
        f'<th style="{_CELL};background:#f3f5f7;{_side(place in words, one)}">{_text(one)}</th>'
        for place, one in enumerate(shown.heads)
    )
    levels = shown.levels or ("well",) * len(shown.rows)
    rows = "".join(_row(cells, level, words) for cells, level in zip(shown.rows, levels, strict=True))
    return f'<table cellspacing="0" style="border-collapse:collapse;font-size:13px"><tr>{head}</tr>{rows}</table>'


def _row(cells: Sequence[str], level: str, words: Collection[int]) -> str:
    weight = ";font-weight:bold" if level == "act" else ""
    tags = "".join(
        f'<td style="{_CELL};{_side(place in words, cell)}{weight}">{_text(cell)}</td>'
        for place, cell in enumerate(cells)
    )
    return f"<tr>{tags}</tr>"


def _side(is_word: bool, cell: str) -> str:
    whole_line = "" if len(cell) > _LONGEST_LINE else ";white-space:nowrap"
    return f"text-align:{'left' if is_word else 'right'}{whole_line}"


def _heading(words: str) -> str:
    return f'<h2 style="font-size:16px;margin:16px 0 6px">{_text(words)}</h2>'


def _line(words: str, *, is_warning: bool = False) -> str:
    color = "#b3261e;font-weight:bold" if is_warning else "#555"
    return f'<p style="margin:4px 0;color:{color};font-size:13px">{_text(words)}</p>'


def _text(words: str) -> str:
    return html.escape(one_line(words))


def _rows(view: BacklogView, needs: Sequence[Need]) -> list[dict[str, Any]]:
    """The worst queues, with what they need, for a webhook."""
    state = {row["queue_id"]: row for row in records(state_frame(view, needs[:MOST_ROWS]))}
    return [_json_row(need, state[need.queue_id]) for need in needs[:MOST_ROWS]]


def _json_row(need: Need, row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = (
        "open_cases",
        "over_due",
        "breach_probability",
        "oldest_seconds",
        "stuck",
        "inflow",
        "outflow",
        "clear_hours",
    )
    return {
        "queue_id": one_line(need.queue_id), "level": need.level, "what": list(need.what), "advice": need.advice,
        "unknown": need.unknown, **{one: row[one] for one in numbers},
    }  # fmt: skip

"""A first map of a source, by looking: types, forms and shares of empties, and which column looks like what.

A proposal is a beginning for a person, and says where it guessed. Not here: opening the source (calculators/source_look).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.sources.maps.looking import Reading, filled, readings
from wfm_pipeline.sources.rows.value_texts import as_text

_LOOKS: Final[Mapping[str, str]] = {
    "call_id": r"(call|contact|unique|linked|session|conversation|interaction|record|ticket).{0,3}id|^id$",
    "queue_id": r"queue|skill|topic|group|service|department|category|warteschl|gruppe|thema",
    "agent_id": r"agent|user|operator|employee|assignee|cnam|mitarbeiter|benutzer",
    "status": r"status|state|dispos|answered|outcome|result|ergebnis",
    "started_at": r"initiat|start|creat|calldate|arriv|opened|date|time|datum|beginn|zeit",
    "wait_seconds": r"wait|speed of answer|queue.{0,3}(time|duration|sec)|ring|asa|wartezeit|attente",
    "after_call_seconds": r"after.?call|wrap|acw|post.?process|nachbearb",
    "hold_seconds": r"hold",
    "talk_seconds": r"talk|billsec|handle|interaction.{0,3}duration|conversation.{0,3}(time|duration)|duration|gespr|dauer",
    "caller_number": r"caller|^src$|ani|from.{0,3}number|phone|rufnummer|anrufer|telefon",
    "customer_id": r"customer|client|account|kunde",
}
"""Canonical column -> how its raw column is often called, in English, German or French."""
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "started_at": frozenset({"timestamp", "date"}),
    **dict.fromkeys(
        ("wait_seconds", "after_call_seconds", "hold_seconds", "talk_seconds"),
        frozenset({"int64", "float64", "time", "duration"}),
    ),
}
"""Canonical column -> types that its raw column must have; others may have any."""
_OUTCOMES: Final[Mapping[str, str]] = {
    "answered": r"^(y|yes|true|1|answer(ed)?|completed?|handled|connected)$",
    "abandoned": r"^(n|no|false|0|abandon(ed)?|no.?answer|missed|unanswered|busy)$",
}
_MOST_WORDS: Final = 12
"""Different words of a status that are written into the map [count]."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A column that was looked at.

    Attributes:
        name: Its name in the source.
        ways: Readings that take all its values; none: text.
        empty_share: Share of rows without a value [0..1]; 1 where there are no rows.
        is_unique: Every row has a value, and each another one.
        is_zoned: Its times name their zone, so the source writes UTC.
        words: Its different values where they are few, else none.
    """

    name: str
    ways: tuple[Reading, ...]
    empty_share: float
    is_unique: bool
    is_zoned: bool
    words: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Its type as the proposal declares it."""
        return self.ways[0].data_type if self.ways else "string"


def look(rows: pa.Table) -> list[Looked]:
    """The columns of a table's first rows.

    Args:
        rows: First rows as they came.

    Returns:
        One entry per column that has a name, in the source's order.
    """
    return [_look(name, rows[name].combine_chunks()) for name in rows.column_names if name]


def _look(name: str, column: pa.Array) -> Looked:
    values = filled(column)
    texts, ways = pc.unique(as_text(values)).to_pylist(), tuple(readings(values, is_utc=True))
    return Looked(
        name,
        ways,
        1.0 - len(values) / len(column) if len(column) else 1.0,
        is_unique=0 < len(column) == len(texts),
        is_zoned=bool(ways) and not readings(values, is_utc=False),
        words=tuple(sorted(texts)) if len(texts) <= _MOST_WORDS else (),
    )


def proposal(name: str, table: str, columns: Sequence[Looked], *, rows: int) -> str:
    """A map of one table of calls.

    Args:
        name: Name of the map.
        table: The table's own name.
        columns: From `look`.
        rows: How many rows were looked at [count].

    Returns:
        TOML with a remark at every guess. It loads, unless a canonical column that is needed was not found: then
        the remark there says what to put in.
    """
    found = _guesses(columns)
    day = found.get("started_at")
    key = next((each.name for each in columns if each.is_unique), None)
    quoted = _quoted(table)
    return "\n".join(
        [
            f"# A first map, proposed from {rows:,} rows: look at every line that says GUESS.",
            f"name = {_quoted(name)}",
            f"title = {_quoted(name.replace('_', ' ').capitalize())}",
            f"times_are = {_quoted('utc' if day and day.is_zoned else 'local')}  # GUESS: the site's wall clock, or utc",
            "",
            "[site]",
            'time_zone = "Europe/Zurich"  # GUESS',
            'country = "CH"  # GUESS: public holidays',
            'weekend = ["sat", "sun"]',
            "interval_minutes = 30",
            '# opening_hours = { mon = "08:00-18:00", fri = "08:00-12:00,13:00-17:00" }  # days left out are closed; without it: always open',
            "",
            f"[tables.{quoted}]",
            'role = "call_legs"',
            'load = "incremental"',
            f"key = [{_quoted(key)}]"
            if key
            else "key = []  # GUESS: no column names a row by itself; list those that do",
            f"business_date = {_quoted(day.name)}" if day else "# business_date = a date or timestamp column",
            "",
            f"[tables.{quoted}.types]",
            *(_type_line(each) for each in columns),
            "",
            f"[tables.{quoted}.columns]",
            *_column_lines(found, columns),
            "",
        ]
    )


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _guesses(columns: Sequence[Looked]) -> dict[str, Looked]:
    """Canonical column -> the raw column that looks most like it; each raw column once."""
    left, found = list(columns), dict[str, Looked]()
    for canonical, pattern in _LOOKS.items():
        kinds = _KINDS.get(canonical)
        alike = [
            each
            for each in left
            if re.search(pattern, each.name, re.IGNORECASE)
            and (kinds is None or each.kind in kinds)
            and (canonical != "call_id" or each.empty_share == 0)
        ]
        if alike:
            found[canonical] = max(alike, key=lambda each: (canonical == "call_id") * each.is_unique)
            left.remove(found[canonical])
    return _by_shape(left) | found


def _by_shape(left: Sequence[Looked]) -> dict[str, Looked]:
    """What names do not tell: the one moment of a row is its start, and a few texts that repeat are queues."""
    moments = [each for each in left if each.kind == "timestamp"] or [each for each in left if each.kind == "date"]
    repeated = [
        each for each in left if not each.ways and not each.empty_share and len(each.words) > 1 and not each.is_unique
    ]
    shapes = {"started_at": moments, "queue_id": repeated}
    return {canonical: alike[0] for canonical, alike in shapes.items() if len(alike) == 1}


def _type_line(column: Looked) -> str:
    line = f"{_quoted(column.name)} = {column.ways[0].words if column.ways else _quoted('string')}"
    remarks = [f"{column.empty_share:.0%} empty"] if column.empty_share else []
    others = " or ".join(reading.words for reading in column.ways[1:3])
    remarks += [f"GUESS: or {others}"] if others else []
    return f"{line}  # {'; '.join(remarks)}" if remarks else line


def _column_lines(found: Mapping[str, Looked], columns: Sequence[Looked]) -> list[str]:
    lines = [f"{name} = {_form(name, each, columns)}  # GUESS" for name, each in found.items() if name != "status"]
    key = next((each for each in columns if each.is_unique), None)
    if "call_id" not in found:
        lines.append(f"call_id = {_quoted(key.name)}  # GUESS" if key else "# call_id = which column?  (needed)")
    if "queue_id" not in found:
        lines.append('queue_id = { constant = "calls" }  # GUESS: nothing looks like a queue')
    if "started_at" not in found:
        lines.append("# started_at = which column?  (needed)")
    return [*lines, _status_line(found)]


def _form(canonical: str, column: Looked, columns: Sequence[Looked]) -> str:
    """A column, or a date with the clock that stands beside it."""
    clock = next(
        (each.name for each in columns if each.kind == "time" and re.search("time|clock", each.name, re.IGNORECASE)),
        None,
    )
    if canonical == "started_at" and column.kind == "date" and clock:
        return f"{{ date = {_quoted(column.name)}, time = {_quoted(clock)} }}"
    return _quoted(column.name)


def _status_line(found: Mapping[str, Looked]) -> str:
    status, agent = found.get("status"), found.get("agent_id")
    if status and status.words:
        pairs = {word: _outcome(word) for word in status.words}
        words = ", ".join(f"{_quoted(word)} = {_quoted(outcome)}" for word, outcome in pairs.items())
        return f"status = {{ column = {_quoted(status.name)}, words = {{ {words} }} }}  # GUESS: answered, abandoned, transferred, other"
    if agent and 0 < agent.empty_share < 1:
        return f"status = {{ present = {_quoted(agent.name)} }}  # GUESS: no agent, so abandoned"
    return 'status = { constant = "answered" }  # GUESS: nothing tells the outcome of a call'


def _outcome(word: str) -> str:
    return next(
        (outcome for outcome, pattern in _OUTCOMES.items() if re.search(pattern, word.strip(), re.IGNORECASE)), "other"
    )

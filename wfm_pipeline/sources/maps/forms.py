"""Which forms a canonical column may take, so that a map that is accepted never ends in an engine's error.

Not here: the keys of a form and their types (the loader beside), and what a form does (transforms/rows/canonical).
"""

from collections.abc import Mapping
from typing import Final

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENT_KINDS
from wfm_pipeline.contracts.silver import LEG_STATUSES
from wfm_pipeline.contracts.source.roles import CANONICAL_COLUMNS
from wfm_pipeline.contracts.source.source_map import PRESENCE_WORDS, SIGN_WORDS, ColumnMap, Role
from wfm_pipeline.sources.maps.door import Door

_NUMBERS: Final = ("int64", "float64")
_LENGTHS: Final = (*_NUMBERS, "time", "duration")
_TYPES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "timestamp": ("timestamp", "date"),
    "float64": _LENGTHS,
    "int64": ("int64",),
}
"""Canonical type -> raw types that can become it; a text is made of anything."""


def check_form(door: Door, name: str, form: ColumnMap, role: Role, types: Mapping[str, str]) -> None:
    """Refuse a form that its canonical column cannot take.

    Raises:
        SettingsError: it cannot; the message names file, key, what came, what is allowed, and an example.
    """
    wanted = CANONICAL_COLUMNS[role][name]
    if wanted in _TYPES_OF:
        _check_value(door, name, form, wanted, types)
    if wanted == "float64" or form.positive:
        _check_length(door, name, form, types)
    if form.unit == "percent" and name != "service_level":
        door.refuse(f"{name}.unit", form.unit, "seconds, milliseconds or minutes; percent is a unit of service_level")
    if form.unit != "seconds" and types.get(form.column or form.since or "") not in _NUMBERS:
        door.refuse(
            f"{name}.unit",
            form.unit,
            "left out but for columns of type int64 or float64, which have no unit of their own",
        )
    if name == "status" and role == "call_legs":
        _check_status(door, form)
    if name == "kind":
        _check_kind(door, form)


def _check_kind(door: Door, form: ColumnMap) -> None:
    """Every word ends in a kind of event; words that say nothing of where a case stands are excluded, not mapped."""
    allowed = f"one of {', '.join(CASE_EVENT_KINDS)}; rows that say nothing of the kind go under exclude"
    for word, kind in form.words.items():
        if kind not in CASE_EVENT_KINDS:
            door.refuse(f"kind.words.{word}", kind, allowed)
    if form.constant is not None and form.constant not in (form.words or CASE_EVENT_KINDS):
        door.refuse("kind.constant", form.constant, allowed)


def _check_value(door: Door, name: str, form: ColumnMap, wanted: str, types: Mapping[str, str]) -> None:
    """Times and numbers come from one column, a time also from a date and a clock, seconds from two moments."""
    if form.date and form.time and wanted == "timestamp":
        came = f"{types[form.date]} and {types[form.time]}"
        if (types[form.date], types[form.time]) != ("date", "time"):
            door.refuse(name, came, 'a date column and a time column, such as { date = "Day", time = "Clock" }')
        return
    if form.since and form.until and wanted == "float64":
        both = (types[form.since], types[form.until])
        if both != ("timestamp", "timestamp") and not set(both) <= set(_NUMBERS):
            mend = 'two timestamps or two numbers of an epoch, such as { since = "Answered", until = "Ended" }'
            door.refuse(name, " and ".join(both), mend)
        return
    allowed = _TYPES_OF[wanted]
    if form.column is None or types[form.column] not in allowed:
        came = f"{form.column} ({types[form.column]})" if form.column else "another form"
        door.refuse(name, came, f'one raw column of type {", ".join(allowed)}, such as {name} = "Column"')


def _check_length(door: Door, name: str, form: ColumnMap, types: Mapping[str, str]) -> None:
    for key, allowed in (("positive", _LENGTHS), ("starts", ("time", "timestamp")), ("ends", ("time", "timestamp"))):
        raw = getattr(form, key)
        if raw is not None and types[raw] not in allowed:
            door.refuse(f"{name}.{key}", f"{raw} ({types[raw]})", f"a raw column of type {', '.join(allowed)}")


def _check_status(door: Door, form: ColumnMap) -> None:
    """Every word ends in an outcome that silver knows."""
    allowed = ", ".join(LEG_STATUSES)
    for word, outcome in form.words.items():
        if outcome not in LEG_STATUSES:
            door.refuse(f"status.words.{word}", outcome, f"one of {allowed}")
    if form.constant is not None and form.constant not in (form.words or LEG_STATUSES):
        door.refuse("status.constant", form.constant, f"one of {allowed}, or a word of words")
    if form.date or form.since:
        door.refuse(
            "status",
            "a time" if form.date else "seconds",
            'a word, such as { column = "State", words = { OK = "answered" } }',
        )
    for key, words in (("present", PRESENCE_WORDS), ("positive", SIGN_WORDS)):
        unknown = set(form.words) - set(words)
        if getattr(form, key) and unknown:
            door.refuse(
                f"status.words.{min(unknown)}", min(unknown), f"one of {', '.join(words)}, for the form is {key}"
            )

"""A form that a map may give a column either works in the engine or is refused when the map is loaded."""

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.sources.maps import load_map

TYPES = {
    "id": '"string"',
    "Queue.Name": '"string"',
    "Antwort (J/N)": '"string"',
    "Dauer %": '"duration"',
    "ms": '"int64"',
    "clock": '"time"',
    "day": '{ type = "date", format = "%m/%d/%Y" }',
    "flag": '"boolean"',
    "at": '"timestamp"',
    "end": '"timestamp"',
    "epoch": '"float64"',
}
COLUMNS = {"call_id": '"id"', "queue_id": '"Queue.Name"', "started_at": '"at"', "status": '{ constant = "answered" }'}


def written(tmp_path, columns=(), types=()):
    """A map with these columns and types in place of the usual ones."""
    blocks = {"types": {**TYPES, **dict(types)}, "columns": {**COLUMNS, **dict(columns)}}
    lines = [
        'name = "desk"',
        'title = "A desk"',
        '[tables."my-calls.2025"]',
        'role = "call_legs"',
        'load = "incremental"',
    ]
    lines += ['key = ["id"]', 'business_date = "at"']
    for block, entries in blocks.items():
        lines += [f'[tables."my-calls.2025".{block}]', *(f'"{name}" = {value}' for name, value in entries.items())]
    path = tmp_path / "desk.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "columns",
    [
        {"status": '{ constant = "answered" }'},
        {"status": '"Antwort (J/N)"'},
        {"status": '{ join = ["id", "Queue.Name"] }'},
        {"status": '{ present = "Queue.Name" }'},
        {"status": '{ positive = "ms", words = { positive = "answered", none = "other" } }'},
        {
            "talk_seconds": '"clock"',
            "wait_seconds": '{ column = "ms", unit = "milliseconds" }',
            "hold_seconds": '"Dauer %"',
        },
        {"started_at": '{ date = "day", time = "clock" }'},
        {
            "talk_seconds": '{ since = "at", until = "end" }',
            "wait_seconds": '{ since = "ms", until = "epoch", unit = "milliseconds" }',
        },
    ],
)
def test_these_forms_are_taken(tmp_path, columns):
    assert set(columns) <= set(load_map(written(tmp_path, columns)).tables[0].columns)


@pytest.mark.parametrize(
    ("columns", "types", "words"),
    [
        ({"status": '{ constant = "done" }'}, {}, ["status.constant", "'done'", "answered, abandoned"]),
        ({"status": '{ column = "id", words = { Y = "yes" } }'}, {}, ["status.words.Y", "'yes'", "answered"]),
        ({"status": '{ date = "day", time = "clock" }'}, {}, ["status", "a word"]),
        ({"status": '{ present = "id", words = { Y = "answered" } }'}, {}, ["status.words.Y", "present, absent"]),
        ({"status": '{ positive = "flag" }'}, {}, ["status.positive", "flag (boolean)", "duration"]),
        ({"talk_seconds": '"id"'}, {}, ["talk_seconds", "id (string)", "int64, float64, time, duration"]),
        ({"talk_seconds": '{ constant = "5" }'}, {}, ["talk_seconds", "one raw column"]),
        ({"talk_seconds": '{ column = "clock", unit = "minutes" }'}, {}, ["talk_seconds.unit", "minutes", "int64"]),
        ({"started_at": '"clock"'}, {}, ["started_at", "clock (time)", "timestamp, date"]),
        ({"started_at": '{ date = "at", time = "clock" }'}, {}, ["started_at", "a date column and a time column"]),
        (
            {"talk_seconds": '{ since = "at", until = "ms" }'},
            {},
            ["talk_seconds", "timestamp and int64", "two timestamps"],
        ),
        (
            {"talk_seconds": '{ since = "clock", until = "clock" }'},
            {},
            ["talk_seconds", "time and time", "two numbers"],
        ),
        ({"talk_seconds": '{ since = "at" }'}, {}, ["talk_seconds", "since with until"]),
        ({"talk_seconds": '{ since = "at", until = "end", unit = "minutes" }'}, {}, ["talk_seconds.unit", "minutes"]),
        ({"started_at": '{ since = "at", until = "end" }'}, {}, ["started_at", "one raw column"]),
        ({"status": '{ since = "at", until = "end" }'}, {}, ["status", "seconds", "a word"]),
        ({"leg_number": '"clock"'}, {}, ["leg_number", "int64"]),
        ({}, {"": '"string"'}, ["types.", "without a name"]),
        ({}, {"day": '{ type = "date", format = "%m-%d" }'}, ["types.day.format", "%m-%d", "%m/%d/%Y"]),
        ({}, {"ms": '{ type = "int64", format = "%m" }'}, ["types.ms.format", "left out"]),
    ],
)
def test_others_are_refused_with_the_key_what_came_and_what_is_allowed(tmp_path, columns, types, words):
    with pytest.raises(SettingsError) as raised:
        load_map(written(tmp_path, columns, types))

    assert all(word in str(raised.value) for word in words), raised.value


def test_a_table_with_signs_in_its_name_has_a_plain_name_in_bronze(tmp_path):
    found = load_map(written(tmp_path))

    assert found.bronze_name(found.tables[0]).startswith("bronze.desk_my_calls_2025_")

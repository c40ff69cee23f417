"""Source maps: strict reading, and what the two shipped maps promise."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from wfm_pipeline.contracts.source.backlog_map import BacklogMap
from wfm_pipeline.contracts.source.roles import CANONICAL_COLUMNS
from wfm_pipeline.contracts.source.source_map import ColumnMap
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.resources.options import backlog_rules
from wfm_pipeline.sources.maps import known_maps, load_map

GOOD = """
name = "desk"
title = "A desk"
[site]
time_zone = "Europe/Stockholm"
extra_holidays = { 2026-12-24 = "Christmas Eve" }
[tables.calls]
role = "call_legs"
load = "incremental"
key = ["id"]
business_date = "at"
[tables.calls.types]
id = "string"
queue = "string"
state = "string"
at = "timestamp"
[tables.calls.columns]
call_id = "id"
queue_id = { column = "queue", is_trimmed = true }
started_at = "at"
status = { column = "state", words = { ok = "answered" } }
"""


def written(folder: Path, text: str) -> str:
    path = folder / "desk.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_users_own_map_is_read_from_its_path(tmp_path: Path) -> None:
    found = load_map(written(tmp_path, GOOD))

    assert found.name == "desk"
    assert found.site.extra_holidays == {dt.date(2026, 12, 24): "Christmas Eve"}
    assert found.tables[0].columns["queue_id"] == ColumnMap(column="queue", is_trimmed=True)
    assert found.bronze_name(found.tables[0]) == "bronze.desk__calls"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param(
            'title = "A desk"', 'titel = "A desk"', ["desk.toml", "titel", "did you mean title?"], id="unknown_key"
        ),
        pytest.param('title = "A desk"', "", ["desk.toml: title is missing"], id="missing_key"),
        pytest.param(
            'call_id = "id"',
            'caller = "id"',
            ["tables.calls.columns.caller is not known"],
            id="unknown_canonical_column",
        ),
        pytest.param(
            'column = "queue"', 'column = "kue"', ["queue_id", "'kue'", "id, queue, state, at"], id="unknown_raw_column"
        ),
        pytest.param(
            'id = "string"', 'id = "text"', ["tables.calls.types.id", "'text'", "string, int64"], id="unknown_type"
        ),
        pytest.param(
            'load = "incremental"',
            'load = "daily"',
            ["tables.calls.load", "'daily'", "incremental, full"],
            id="unknown_word",
        ),
        pytest.param(
            'load = "incremental"',
            'load = "incremental"\nlegs = "parallel"',
            ["tables.calls.legs", "'parallel'", "in_turn, at_once"],
            id="unknown_relation_of_legs",
        ),
        pytest.param('business_date = "at"', "", ["business_date", "needed where load is incremental"], id="no_date"),
        pytest.param(
            'business_date = "at"',
            'business_date = "id"',
            ["business_date", "id (string)", "date or timestamp"],
            id="date_of_wrong_type",
        ),
        pytest.param('key = ["id"]', 'key = "id"', ["tables.calls.key", "a list of texts"], id="text_for_a_list"),
        pytest.param('key = ["id"]', "key = []", ["tables.calls.key", "at least one raw column"], id="no_key"),
        pytest.param('started_at = "at"', "", ["tables.calls.columns", "started_at"], id="needed_canonical_column"),
        pytest.param('"Europe/Stockholm"', '"Stockholm"', ["desk.toml: site", "IANA"], id="unknown_zone"),
        pytest.param(
            '{ column = "queue", is_trimmed = true }',
            '{ column = "queue", constant = "x" }',
            ["exactly one of"],
            id="two_forms_at_once",
        ),
        pytest.param(
            '{ column = "queue", is_trimmed = true }',
            '{ column = "queue", unusable = "(" }',
            ["a regular expression"],
            id="bad_pattern",
        ),
        pytest.param('name = "desk"', 'name = "The Desk"', ["name must be"], id="name_unfit_for_a_table"),
        pytest.param('queue = "string"', '_row_hash = "string"', ["any name but"], id="name_kept_by_bronze"),
        pytest.param("[site]", "[site", ["is not valid TOML"], id="no_toml"),
    ],
)
def test_a_map_that_is_wrong_is_refused_with_file_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    path = written(tmp_path, GOOD.replace(old, new, 1))

    with pytest.raises(SettingsError) as caught:
        load_map(path)

    assert [word for word in words if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value).split("TOML:")[0]


@pytest.mark.parametrize(
    ("line", "is_at_once"),
    [
        pytest.param("", False, id="in_turn_where_nothing_is_said"),
        pytest.param('legs = "in_turn"', False, id="in_turn"),
        pytest.param('legs = "at_once"', True, id="at_once"),
    ],
)
def test_a_map_says_how_the_legs_of_a_call_relate(tmp_path: Path, line: str, is_at_once: bool) -> None:
    found = load_map(written(tmp_path, GOOD.replace('role = "call_legs"', f'role = "call_legs"\n{line}')))

    assert found.has_legs_at_once == is_at_once


def test_legs_are_no_word_of_other_tables(tmp_path: Path) -> None:
    agents = """
[tables.people]
role = "agents"
load = "full"
legs = "at_once"
key = ["id"]
types = { id = "string" }
columns = { agent_id = "id" }
"""
    with pytest.raises(SettingsError, match=r"tables\.people\.legs must be left out in a table with role agents"):
        load_map(written(tmp_path, GOOD + agents))


EVENTS = """
[tables.log]
role = "case_events"
load = "full"
key = ["id"]
types = { id = "string", case = "string", what = "string", at = "timestamp" }
columns = { priority = "what", case_id = "case", happened_at = "at", kind = { column = "what", words = { New = "opened" } } }
"""


def test_a_source_of_case_events_alone_is_one_and_is_led_by_them(tmp_path: Path) -> None:
    found = load_map(written(tmp_path, GOOD[: GOOD.index("[tables.calls]")] + EVENTS))

    assert found.leading.role == "case_events"
    assert set(found.lacks) == {"calls", "volumes"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('"opened"', '"begun"', "kind.words.New must be one of opened, assigned", id="unknown_kind"),
        pytest.param(
            '{ column = "what", words = { New = "opened" } }', '{ constant = "new" }', "kind.constant", id="constant"
        ),
        pytest.param('load = "full"', 'load = "full"\nis_optional = true', "is_optional must be false", id="led"),
    ],
)
def test_a_map_of_case_events_that_is_wrong_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_map(written(tmp_path, GOOD[: GOOD.index("[tables.calls]")] + EVENTS.replace(old, new)))


BACKLOG = """
[backlog]
done = "closed"
reopen_restarts_due = true
pauses_count_in_due = true
pauses_count_in_age = false
due_hours = { High = 8, " low" = 72.5 }
age_limits_hours = [1, 2, 3, 4.5]
stuck_moves = 0
stuck_working_hours = 10
"""


def led_by_events(more: str = "") -> str:
    return GOOD[: GOOD.index("[tables.calls]")] + EVENTS + more


def test_rules_of_the_backlog_are_read_and_priorities_are_lower_case(tmp_path: Path) -> None:
    found = load_map(written(tmp_path, led_by_events(BACKLOG)))
    rules = backlog_rules(found)

    assert rules == BacklogRules(
        done="closed",
        reopen_restarts_due=True,
        pauses_count_in_due=True,
        pauses_count_in_age=False,
        due_seconds={"high": 28_800.0, "low": 261_000.0},
        age_limits_seconds=(3_600.0, 7_200.0, 10_800.0, 16_200.0),
        stuck_moves=0,
        stuck_working_hours=10.0,
    )


def test_a_map_without_rules_counts_by_the_houses_own(tmp_path: Path) -> None:
    assert backlog_rules(load_map(written(tmp_path, led_by_events()))) == BacklogRules()


def test_sources_of_a_site_must_count_by_the_same_rules(tmp_path: Path) -> None:
    one = load_map(written(tmp_path, led_by_events(BACKLOG)))
    site = replace(one, tables=(), members=(one, replace(one, name="other", backlog=BacklogMap())))

    with pytest.raises(SettingsError, match="desk and of other differ"):
        backlog_rules(site)
    assert backlog_rules(replace(site, members=(one, one))) == backlog_rules(one)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('"closed"', '"solved"', "backlog.done must be one of resolved, closed", id="done"),
        pytest.param("stuck_moves = 0", "stuck_moves = -1", "0 or more", id="moves_below_zero"),
        pytest.param("stuck_moves = 0", "stuck_moves = 1.5", "a whole number", id="half_a_move"),
        pytest.param("stuck_working_hours = 10", "stuck_working_hours = 0", "hours above 0", id="no_hours"),
        pytest.param("High = 8", "High = -8", "hours above 0", id="due_time_below_zero"),
        pytest.param("High = 8", "Low = 8", "each priority once", id="priority_twice"),
        pytest.param("[1, 2, 3, 4.5]", "[1, 2, 3]", "4 numbers of hours", id="three_limits"),
        pytest.param("[1, 2, 3, 4.5]", "[1, 3, 2, 4]", "that rise", id="falling_limits"),
        pytest.param("[1, 2, 3, 4.5]", '[1, 2, 3, "4"]', "4 numbers of hours", id="text_for_a_limit"),
        pytest.param("stuck_moves", "stuck_moved", "did you mean stuck_moves", id="unknown_rule"),
        pytest.param("done =", 'due_in = "office"\ndone =', "plain, working", id="due_in"),
    ],
)
def test_a_rule_of_the_backlog_that_is_wrong_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_map(written(tmp_path, led_by_events(BACKLOG.replace(old, new, 1))))


def test_a_due_rule_of_a_priority_that_no_word_leads_to_is_refused(tmp_path: Path) -> None:
    column = 'columns = { priority = { column = "what", words = { 1 = "Urgent" } }'
    text = led_by_events(BACKLOG).replace('columns = { priority = "what"', column)

    with pytest.raises(SettingsError, match=r"due_hours.High must be a priority that the words .* \(Urgent\)"):
        load_map(written(tmp_path, text))


def test_a_due_rule_where_nothing_says_a_priority_is_refused(tmp_path: Path) -> None:
    text = led_by_events(BACKLOG).replace('priority = "what", ', "")

    with pytest.raises(SettingsError, match="no table says a priority"):
        load_map(written(tmp_path, text))


def test_a_source_without_cases_has_no_rules_of_a_backlog(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="backlog must be left out: no table has role case_events or cases"):
        load_map(written(tmp_path, GOOD + BACKLOG))


def test_tables_that_differ_in_capitals_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"desk.toml: tables must be names that differ in more"):
        load_map(written(tmp_path, GOOD + GOOD[GOOD.index("[tables.calls]") :].replace("tables.calls", "tables.Calls")))


def test_an_exclusion_rule_must_say_that_it_excludes(tmp_path: Path) -> None:
    wrong = GOOD + '[[tables.calls.exclude]]\nrule = "test_queue"\ncolumn = "queue"\nvalues = ["x"]\n'

    with pytest.raises(SettingsError, match=r"exclude\[0\].rule must be a name that begins with excluded_"):
        load_map(written(tmp_path, wrong))


def test_an_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=", ".join(known_maps())):
        load_map("telefony")


@pytest.mark.parametrize("name", known_maps())
def test_shipped_maps_load_and_name_only_known_columns(name: str) -> None:
    found = load_map(name)

    assert found.name == name
    for table in found.tables:
        assert set(table.columns) <= set(CANONICAL_COLUMNS[table.role])


def test_anonymous_bank_follows_the_published_description() -> None:
    bank = load_map("anonymous_bank")
    calls = bank.tables[0]

    assert len(set(calls.types) - calls.optional) == 17
    assert calls.columns["call_id"].join == ("vru+line", "call_id")
    assert (calls.columns["started_at"].date, calls.columns["started_at"].time) == ("date", "vru_entry")
    assert calls.columns["status"].words == {"AGENT": "answered", "HANG": "abandoned", "PHANTOM": "other"}
    assert [(rule.rule, rule.values) for rule in calls.exclude] == [("excluded_phantom", ("PHANTOM",))]
    assert calls.columns["agent_id"].words == {"NO_SERVERAMA": "NAAMA", "ANO_SERVERT": "ANAT"}
    assert (bank.caller_is, bank.site.time_zone, bank.site.weekend) == ("customer", "Asia/Jerusalem", ("fri", "sat"))
    assert bank.site.opening_hours["sat"] == "00:00-24:00"
    assert not bank.site.closed_on_holidays

"""Hours of the backlog as gold keeps them: every column, what is not known is null, and what rests on people."""

import pandas as pd
import pytest

from wfm_pipeline.calculators.backlog_hour import BacklogHoursRequest, backlog_of_hours
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline_tests.backlog_kit import as_events, hour_grid

ROWS = [
    ("1", "opened", "2026-03-29 00:10", "a", None, "1"),
    ("2", "opened", "2026-03-29 00:20", "a"),
    ("3", "opened", "2026-03-29 00:30", "z", None, "2"),
    ("1", "resolved", "2026-03-29 01:30"),
    ("3", "resolved", "2026-03-29 00:40"),
]
HOURS = hour_grid("2026-03-29 00:00", "2026-03-29 02:00")
"""The hour before clocks go forward in Paris, and the one after."""


def asked(**options):
    people = pd.DataFrame({"queue_id": "a", "hour_start": HOURS["hour_start"], "on_product": [2.0, 0.0]})
    request = {
        "source": "s",
        "events": as_events(ROWS),
        "hours": HOURS,
        "as_of": pd.Timestamp("2026-03-29 02:00"),
        "taken_at": pd.Timestamp("2026-03-29 02:05"),
        "time_zone": "Europe/Paris",
        "rules": BacklogRules(due_seconds={"1": 3600.0}),
        "queues": ("a", "b"),
        "is_open": pd.DataFrame({"queue_id": ["a"], "hour_start": HOURS["hour_start"][:1], "is_open": [True]}),
        "handle_seconds": {"a": 1800.0},
        "people": people,
    }
    return BacklogHoursRequest(**(request | options))


def test_rows_are_those_of_the_contracts():
    made = backlog_of_hours(asked())

    for frame, table in (
        (made.hours, BACKLOG_HOUR),
        (made.priorities, BACKLOG_PRIORITY_HOUR),
        (made.performance, CASE_PERFORMANCE_HOUR),
    ):
        stored = to_contract(table, frame).to_pandas()
        assert list(table.column_names) == list(frame.columns)
        needed = [column.name for column in table.columns if not column.nullable]
        assert stored[needed].notna().all().all(), table.name
        assert not stored.duplicated(list(table.key)).any()


def test_wall_clock_skips_the_hour_that_is_not_there():
    local = backlog_of_hours(asked()).hours["hour_start_local"].drop_duplicates()

    assert ["2026-03-29 01:00:00", "2026-03-29 03:00:00"] == local.astype(str).tolist()


def test_cases_of_an_unknown_queue_have_a_row_where_one_is_or_was():
    hours = backlog_of_hours(asked()).hours

    assert [("(unknown)", 1, 1)] == list(
        hours[hours["queue_id"] == "(unknown)"][["queue_id", "inflow", "outflow"]].itertuples(index=False, name=None)
    )


def test_priorities_have_a_word_for_none():
    rows = backlog_of_hours(asked()).priorities

    assert {("1", 1), ("(none)", 1)} == set(zip(rows["priority"][:2], rows["open_cases"][:2], strict=True))


def test_performance_rests_on_people_where_they_are_known():
    rows = backlog_of_hours(asked()).performance.set_index(["queue_id", "hour_start"])

    first, second = (rows.loc[("a", start)] for start in HOURS["hour_start"])
    assert (0, 0.0, 0.0) == (first["cases_done"], first["cases_per_agent_hour"], first["utilisation"])
    # Nobody was on the product in the second hour: a case was done all the same, half an hour of work, after its due time.
    assert (1, 0.5, 0.0) == (second["cases_done"], second["work_hours_done"], second["done_in_due_share"])
    assert second[["cases_per_agent_hour", "utilisation"]].isna().all()
    assert rows.loc[[("b", HOURS["hour_start"][0])], "on_product_agents"].isna().all()


def test_limits_that_do_not_fit_the_columns_are_refused():
    with pytest.raises(SettingsError, match="5 buckets"):
        asked(rules=BacklogRules(age_limits_seconds=(3600.0,)))

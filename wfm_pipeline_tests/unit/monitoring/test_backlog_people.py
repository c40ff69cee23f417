"""People for cases of a house: one reading of a small live centre, planners' tables and opening hours. SIMULATED rows."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.backlog.ahead import HEADCOUNT_HOUR, PEOPLE_BASES
from wfm_pipeline.contracts.planning.activities import PLANNED_ACTIVITIES
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.domain.backlog.people.sheets import ACTIVITY_FILES
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.monitoring.backlog.people import people_of, time_changes_of
from wfm_pipeline.monitoring.backlog.people_read import same_hours_before
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.versions import take_in
from wfm_pipeline_tests.operational_kit import make_operational

MONDAY = pd.Timestamp("2026-03-02")
NINE = MONDAY + pd.Timedelta(hours=9)
"""The instant of the question, UTC."""
WEEKS = [MONDAY - pd.Timedelta(days=7 * week) for week in range(5)]
PEOPLE = [f"agent{number:02d}" for number in range(10)]


def centre_tables():
    """Ten people of billing, 08:00 to 16:00 UTC each Monday; in past weeks two of them never came, and half of the time was ready."""
    shifts = [(f"{day:%m%d}-{who}", who, day) for day in WEEKS for who in PEOPLE]

    def at(day, hour):
        return day + pd.Timedelta(hours=hour)

    quarters = [(who, at(day, 9 + quarter / 4)) for day in WEEKS[1:] for who in PEOPLE[:8] for quarter in range(28)]
    return {
        "services": pd.DataFrame({"id": ["billing"]}),
        "groups": pd.DataFrame({"id": ["g"]}),
        "service_groups": pd.DataFrame({"service_id": ["billing"], "group_id": ["g"]}),
        "shifts": pd.DataFrame(
            {
                "shift_id": [name for name, _, _ in shifts],
                "schedule_version": 1,
                "agent_id": [who for _, who, _ in shifts],
                "group_id": "g",
                "service_id": None,
                "starts_at": [at(day, 8) for _, _, day in shifts],
                "ends_at": [at(day, 16) for _, _, day in shifts],
                "is_cancelled": False,
            }
        ),
        "shift_breaks": pd.DataFrame(
            {
                "shift_id": [f"{MONDAY:%m%d}-agent00"],
                "schedule_version": 1,
                "starts_at": [at(MONDAY, 9)],
                "ends_at": [at(MONDAY, 9.5)],
                "kind": ["lunch"],
            }
        ),
        "agent_activity": pd.DataFrame(
            {
                "agent_id": [who for who, _ in quarters],
                "group_id": "g",
                "interval_start_time": [moment for _, moment in quarters],
                "login_time": 900.0,
                "ready_time": 450.0,
                "not_ready_time": 0.0,
                "talk_time": 450.0,
                "hold_time": 0.0,
                "wrap_time": 0.0,
                "calls_handled": 1,
                "calls_transferred": 0,
            }
        ),
        "agent_states": pd.DataFrame(
            {
                "agent_id": PEOPLE[:8],
                "group_id": "g",
                "state": ["ready"] * 4 + ["talk"] * 4,
                "started_at": at(MONDAY, 8),
                "ended_at": None,
                "service_id": None,
                "is_queue_contact": [False] * 4 + [True] * 4,
            }
        ),
        "contact_statistics": pd.DataFrame(
            {
                "service_id": ["billing"],
                "interval_start_time": [at(MONDAY, 8)],
                "received_calls": 9,
                "treated_calls": 9,
                "miss_calls": 0,
                "not_unique_received_calls": 9,
                "not_unique_treated_calls": 9,
                "not_unique_miss_calls": 0,
                "aht": 200_000.0,
                "talk_time": 150_000.0,
                "post_processing": 50_000.0,
                "service_level": 80.0,
                "abandonment_rate": 0.0,
                "occupancy_rate": 50.0,
            }
        ),
    }


@pytest.fixture
def house(clean_environment):
    url = f"sqlite:///{clean_environment / 'centre.sqlite'}"
    make_operational(url, "sqlite", **centre_tables())
    return House(load_settings(home=clean_environment / "home", source_url=url, live_url=url))


def people(house, queues=("billing",), *, hours=4, plan=()):
    with house.open_warehouse() as warehouse:
        rows, _ = (
            read_rows(ACTIVITY_FILES["planned_activities"], pd.DataFrame(plan, dtype=str), **house.in_source())
            if plan
            else ([], [])
        )
        take_in(
            warehouse,
            PLANNED_ACTIVITIES,
            rows,
            key=planner_key(PLANNED_ACTIVITIES),
            now=dt.datetime(2026, 3, 1),
            changed_by="a test",
            scope=Scope(house.in_source()),
        )
        last = NINE + pd.Timedelta(hours=hours)
        return people_of(house, warehouse, queues, first=NINE - pd.Timedelta(hours=1), last=last, as_of=NINE)


def test_one_reading_gives_the_hours_that_are_over_and_those_to_come(house):
    found = people(house)

    first = found.ahead.iloc[0]
    assert ("", 0) == (found.fault, found.findings)
    assert (10.0, 0.5, "shifts") == (first["scheduled"], first["on_break"], first["people_from"])
    assert first["shrinkage_share"] == pytest.approx(0.2)  # two of ten did not come in the past weeks
    assert first["on_product"] == pytest.approx(9.5 * 0.8 * 0.5)
    assert found.over["on_product_agents"].tolist() == pytest.approx([4.0])  # four waited for calls, four talked


def test_rows_of_hours_to_come_are_those_of_the_table(house):
    said_by_others = {"source", "as_of", "required", "short", "cases_per_agent_hour", "cases_mean"}

    found = people(house).ahead

    wanted = [column for column in HEADCOUNT_HOUR.columns if column.name not in said_by_others]
    assert {column.name for column in wanted} <= {*found.columns, "capacity_basis"}
    assert all(found[column.name].notna().all() for column in wanted if not column.nullable)
    assert set(found["people_from"]) <= set(PEOPLE_BASES)


def test_planned_activities_take_people_off_and_a_stated_share_stands_before_what_was(house):
    house = House(house.settings.model_copy(update={"backlog_case_share": 0.25}))
    plan = [
        {
            "activity_id": "team",
            "queue_id": "billing",
            "kind": "meeting",
            "starts_local": str(found),
            "ends_local": str(found + pd.Timedelta(hours=1)),
            "agents": "4",
        }
        for found in [
            pd.Timestamp(NINE + pd.Timedelta(hours=1))
            .tz_localize("UTC")
            .tz_convert(house.site.time_zone)
            .tz_localize(None)
        ]
    ]

    found = people(house, plan=plan)

    assert [0.0, 4.0, 0.0, 0.0] == found.ahead["planned_off"].tolist()
    assert found.ahead["on_product"].iloc[1] == pytest.approx(6 * 0.8 * 0.25)
    assert ["team"] == [one.activity_id for one in found.activities]


def test_a_queue_that_the_centre_does_not_have_is_not_known(house):
    found = people(house, ["billing", "letters"])

    strange = found.ahead[found.ahead["queue_id"] == "letters"]
    assert {"no_data"} == set(strange["people_from"])
    assert {"the live centre has no service letters"} == set(strange["reason"])
    assert found.ahead.loc[found.ahead["queue_id"] == "billing", "on_product"].notna().all()


def test_without_a_centre_everything_is_null_and_the_reason_says_so(house):
    away = House(house.settings.model_copy(update={"live_url": None}))

    found = people(away)

    assert found.fault.startswith("people are not known: where is the live centre?")
    assert {"no_data"} == {*found.ahead["people_from"], *found.over["people_from"]}
    assert found.ahead["on_product"].isna().all()
    assert (4, 1) == (len(found.ahead), len(found.over))


@pytest.mark.parametrize(
    ("first", "count", "before"),
    [
        pytest.param("2026-03-28 23:00", 23, 24, id="clocks_go_forward"),
        pytest.param("2026-10-24 22:00", 25, 24, id="clocks_go_back"),
        pytest.param("2026-04-04 22:00", 24, 23, id="they_went_forward_a_week_ago"),
    ],
)
def test_a_day_on_which_clocks_change_is_compared_with_whole_days(first, count, before):
    hours = pd.date_range(first, periods=count, freq="h")

    found = same_hours_before(hours, "Europe/Berlin")

    assert before == len(found[0])
    local = found[0].tz_localize("UTC").tz_convert("Europe/Berlin")
    assert (0, 23) == (local[0].hour, local[-1].hour)


def test_what_to_recall_is_asked_with_the_settings_of_the_house(house):
    local = (
        pd.Timestamp(NINE + pd.Timedelta(hours=1)).tz_localize("UTC").tz_convert(house.site.time_zone).tz_localize(None)
    )
    meeting = {
        "activity_id": "team",
        "queue_id": "billing",
        "kind": "meeting",
        "starts_local": str(local),
        "ends_local": str(local + pd.Timedelta(hours=1)),
        "agents": "4",
        "is_movable": "yes",
        "may_move_later_minutes": "120",
    }
    found = people(house, plan=[meeting])

    # Everything is due within two hours, and takes eight hours of people on cases less a tenth of an hour.
    answer = time_changes_of(house, found, lambda _queue, there: float(np.clip(1 - there[:2].sum() / 8, 0, 1)))

    assert [("recall", "team"), ("release", "team")] == list(
        answer.actions[["kind", "activity_id"]].itertuples(index=False, name=None)
    )
    assert answer.answers[0].is_kept
    assert answer.answers[0].risk_after <= house.settings.backlog_breach_limit < answer.answers[0].risk_before


def test_unknown_people_are_recommended_nothing(house):
    away = House(house.settings.model_copy(update={"live_url": None}))

    answer = time_changes_of(away, people(away), lambda _queue, _there: 0.5)

    assert answer.actions.empty

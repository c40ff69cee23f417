"""The sample's operational tables are the same calls, agents and days as its call records: counted again another way."""

import datetime as dt
from collections import Counter, defaultdict
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.domain.simulation.sample.contact_centre import simulate_contact_centre
from wfm_pipeline.domain.simulation.sample.operational.instants import seconds_of_quarters, to_utc
from wfm_pipeline.domain.simulation.sample.operational.tables import COMING_DAYS, STATES_DAYS
from wfm_pipeline.domain.simulation.sample.spec import MONITOR_NUMBER, TEST_QUEUE, ContactCentreSpec, sample_site
from wfm_pipeline.sources.operational.door import through_the_door

LAST_DATE = dt.date(2026, 4, 5)  # Easter Sunday; clocks went forward on 29 March
ZONE = ZoneInfo("Europe/Stockholm")
STATES = ("ready_time", "not_ready_time", "talk_time", "hold_time", "wrap_time")


@pytest.fixture(scope="module")
def data():
    return simulate_contact_centre(ContactCentreSpec(months=2), last_date=LAST_DATE, seed=11)


def utc(local):
    return local.replace(tzinfo=ZONE).astimezone(dt.UTC).replace(tzinfo=None)


def quarter(moment):
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def rows_of(frame):
    names = list(frame.columns)
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


@pytest.fixture(scope="module")
def calls(data):
    """Call id -> its legs in the log, each once; test queue and probe left out."""
    legs = defaultdict(dict)
    for row in rows_of(data.source["queue_cdr"]):
        if row["QueueId"] != TEST_QUEUE and row["callerNr"] != MONITOR_NUMBER:
            legs[row["CallId"]].setdefault(row["LegNumber"], row)
    return {call: [parts[number] for number in sorted(parts)] for call, parts in legs.items()}


@pytest.fixture(scope="module")
def dirty(data):
    return set(data.truth["truth_dirt"]["row_id"].dropna())


def test_every_table_has_the_columns_of_its_contract_and_all_of_it_can_be_believed(data):
    for table in OPERATIONAL_TABLES:
        frame = data.operational[table.name]
        found = through_the_door(table, frame)

        assert list(table.column_names) == list(frame.columns)
        assert (table.name, []) == (table.name, found.findings["rule"].tolist())
        assert (table.name, len(frame)) == (table.name, len(found.rows))
        assert not frame.duplicated(list(table.key)).any()
    assert {table.name for table in OPERATIONAL_TABLES} == set(data.operational)


def test_contacts_of_each_service_and_quarter_are_those_of_the_call_log(data, calls):
    received, treated = Counter(), Counter()
    for legs in calls.values():
        at = (legs[0]["QueueId"], quarter(utc(legs[0]["Created"].to_pydatetime())))
        received[at] += 1
        # who was passed on and hung up in the next queue is abandoned: the last leg decides
        treated[at] += legs[-1]["Status"] == "ANSWERED"

    told = {
        (row["service_id"], row["interval_start_time"].to_pydatetime()): row
        for row in rows_of(data.operational["contact_statistics"])
    }

    assert len(received) > 1_000
    assert dict(received) == {at: row["not_unique_received_calls"] for at, row in told.items()}
    assert {at: treated[at] for at in told} == {at: row["not_unique_treated_calls"] for at, row in told.items()}


def test_handle_times_of_each_service_and_quarter_are_those_of_the_call_log(data, calls, dirty):
    handle, spoken, spoilt = Counter(), Counter(), set()
    for call, legs in calls.items():
        at = (legs[0]["QueueId"], quarter(utc(legs[0]["Created"].to_pydatetime())))
        if call in dirty:
            spoilt.add(at)
        for leg in legs:
            spoken[at] += leg["TalkTimeInSec"] + leg["HoldTimeInSec"]
            handle[at] += leg["TalkTimeInSec"] + leg["HoldTimeInSec"] + leg["AfterCallTimeInSec"]

    seen = 0
    for row in rows_of(data.operational["contact_statistics"]):
        at = (row["service_id"], row["interval_start_time"].to_pydatetime())
        if at in spoilt or not row["not_unique_treated_calls"]:
            continue
        seen += 1
        assert handle[at] == pytest.approx(row["aht"] / 1000 * row["not_unique_treated_calls"])
        assert spoken[at] == pytest.approx(row["talk_time"] / 1000 * row["not_unique_treated_calls"])
    assert seen > 1_000


def test_callers_are_counted_once_in_a_quarter_and_withheld_numbers_each_time(data):
    callers, reached = defaultdict(set), defaultdict(set)
    for row in rows_of(data.truth["truth_calls"]):
        at = (row["first_queue_id"], quarter(utc(row["started_at_local"].to_pydatetime())))
        who = row["call_id"] if row["is_withheld"] else row["caller_number"]
        callers[at].add(who)
        if row["outcome"] == "answered":
            reached[at].add(who)

    for row in rows_of(data.operational["contact_statistics"]):
        at = (row["service_id"], row["interval_start_time"].to_pydatetime())
        expected = (len(callers[at]), len(reached[at]), len(callers[at] - reached[at]))
        assert expected == (row["received_calls"], row["treated_calls"], row["miss_calls"])


def test_states_of_a_quarter_add_up_to_the_login_and_contacts_to_those_answered(data, calls):
    activity = data.operational["agent_activity"]
    answered = Counter()
    for legs in calls.values():
        answered.update(leg["UserId"] for leg in legs if leg["Status"] in ("ANSWERED", "TRANSFERRED"))

    assert (activity[list(STATES)].sum(axis=1) == activity["login_time"]).all()
    recent = activity["interval_start_time"] >= pd.Timestamp(LAST_DATE) - pd.Timedelta(days=55)
    assert recent.all()
    # two months are longer than eight weeks: the log has more, never less
    handled = activity.groupby("agent_id")["calls_handled"].sum()
    assert all(handled[agent] <= answered[agent] for agent in handled.index)
    assert 0.85 < handled.sum() / sum(answered.values()) < 1.0


def test_states_follow_each_other_without_gap_or_overlap_and_add_up_to_the_activity(data):
    states = data.operational["agent_states"].assign(date=lambda frame: frame["started_at"].dt.date)
    sums = Counter()
    for (agent, _), day in states.groupby(["agent_id", "date"]):
        assert (day["ended_at"].to_numpy()[:-1] == day["started_at"].to_numpy()[1:]).all()
        for row in rows_of(day):
            at, end = row["started_at"].to_pydatetime(), row["ended_at"].to_pydatetime()
            while at < end:
                until = min(quarter(at) + dt.timedelta(minutes=15), end)
                sums[agent, quarter(at), f"{row['state']}_time"] += (until - at).total_seconds()
                at = until

    activity = data.operational["agent_activity"]
    first = states["started_at"].min().normalize()
    told = Counter()
    for row in rows_of(activity[activity["interval_start_time"] >= first]):
        for state in STATES:
            told[row["agent_id"], row["interval_start_time"].to_pydatetime(), state] += row[state]
    assert len(sums) > 1_000
    assert +sums == +told
    assert states["date"].nunique() <= STATES_DAYS


def test_coming_shifts_are_on_open_days_of_known_people_five_days_a_week_with_a_lunch_inside(data):
    shifts = data.operational["shifts"]
    coming = shifts[shifts["starts_at"] > pd.Timestamp(LAST_DATE)]
    dates = {moment.date() for moment in coming["starts_at"]}
    weeks = coming["starts_at"].dt.isocalendar()[["year", "week"]]
    breaks = data.operational["shift_breaks"].merge(
        shifts, on=["shift_id", "schedule_version"], suffixes=("", "_shift")
    )

    # Easter Monday, 6 April, and Sundays are closed; 14 days ahead end on 19 April
    assert dt.date(2026, 4, 7) == min(dates)
    assert dt.date(2026, 4, 18) == max(dates)
    assert all(date.weekday() < 6 for date in dates)
    assert COMING_DAYS == 14
    assert coming.groupby([coming["agent_id"], weeks["year"], weeks["week"]]).size().max() <= 5
    assert set(coming["agent_id"]) <= set(data.source["users"]["UserId"])
    assert (breaks["starts_at"] > breaks["starts_at_shift"]).all()
    assert (breaks["ends_at"] < breaks["ends_at_shift"]).all()


def test_seven_in_the_morning_is_six_utc_in_winter_and_five_after_clocks_go_forward(data):
    early = data.operational["shifts"].assign(date=lambda frame: frame["starts_at"].dt.date)
    first = early.groupby("date")["starts_at"].min()

    assert dt.time(6) == first[dt.date(2026, 3, 27)].time()
    assert dt.time(5) == first[dt.date(2026, 3, 30)].time()


def test_an_hour_that_comes_twice_is_the_one_the_site_says_and_one_that_is_not_is_the_next():
    local = pd.Series(pd.to_datetime(["2026-10-25 02:30", "2026-03-29 02:30"]))

    found = to_utc(local, sample_site())

    assert [dt.datetime(2026, 10, 25, 0, 30), dt.datetime(2026, 3, 29, 1)] == found.tolist()


def test_at_the_end_of_the_last_date_nobody_waits_and_nobody_works(data):
    queues = data.operational["queue_current_metrics"]

    assert {pd.Timestamp(2026, 4, 5, 22)} == set(queues["last_updated"])
    assert 0 == queues[["calls_waiting", "agents_available", "agents_busy", "agents_not_ready"]].to_numpy().sum()
    assert queues["current_service_level"].isna().all()  # a Sunday: closed


def test_stretches_are_cut_at_quarters_and_no_second_is_lost():
    stretches = pd.DataFrame(
        {
            "who": ["a", "a", "b"],
            "starts": pd.to_datetime(["2026-01-05 08:10:00", "2026-01-05 08:45:00", "2026-01-05 08:00:00"]),
            "ends": pd.to_datetime(["2026-01-05 08:31:00", "2026-01-05 09:00:00", "2026-01-05 08:00:00"]),
        }
    )

    found = seconds_of_quarters(stretches, ["who"])

    # 08:10-08:31 is 5 min, 15 min and 1 min; 08:45-09:00 is one whole quarter; b has no time
    assert [300, 900, 60, 900] == found["seconds"].tolist()
    assert [0, 15, 30, 45] == found["quarter"].dt.minute.tolist()
    assert np.all(found["who"] == "a")

"""The made log of case events agrees with the made cases, work is done while somebody is there, and surges stand in the truth. SIMULATED."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.simulation.sample.arrivals import open_days
from wfm_pipeline.domain.simulation.sample.case_dirt import OLD_QUEUE
from wfm_pipeline.domain.simulation.sample.case_work import Capacity, CaseWork, Course
from wfm_pipeline.domain.simulation.sample.contact_centre import simulate_contact_centre
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec

LAST_DATE = dt.date(2026, 4, 15)
SPEC = ContactCentreSpec(months=2)
HOUR = 3600.0


@pytest.fixture(scope="module")
def sample():
    return simulate_contact_centre(SPEC, last_date=LAST_DATE, seed=5)


@pytest.fixture(scope="module")
def cases(sample):
    return sample.source["cases"].drop_duplicates("CaseId").set_index("CaseId")


@pytest.fixture(scope="module")
def clean(sample):
    """Events of cases without a fault, of which everything is written by now."""
    events, dirt = sample.source["case_events"].drop_duplicates(), sample.truth["truth_dirt"]
    spoilt = dirt[(dirt["table_name"] == "case_events") & dirt["kind"].isin(["closed_before_opened", "unknown_queue"])]
    late = events[events["Logged"] - events["Time"] > pd.Timedelta(minutes=2)]
    begun = [set(events.loc[events["Event"] == word, "CaseId"]) for word in ("Created", "DueSet")]
    out = set(events["CaseId"]) - (begun[0] & begun[1])
    out |= set(events.loc[events["EventId"].astype(str).isin(spoilt["row_id"]), "CaseId"]) | set(late["CaseId"])
    return events[~events["CaseId"].isin(out)].sort_values(["Time", "EventId"], ignore_index=True)


def test_every_case_of_the_log_begins_with_its_opening_and_its_due_time(clean, cases):
    first = clean.groupby("CaseId").nth([0, 1])
    opened = clean[clean["Event"] == "Created"].set_index("CaseId")
    due = clean[clean["Event"] == "DueSet"].set_index("CaseId")["Due"]

    assert {"Created", "DueSet"} == set(first["Event"])
    assert (opened["Time"] == cases["Created"].reindex(opened.index)).all()
    assert (opened["Priority"] == cases["Priority"].reindex(opened.index)).all()
    assert (due == cases["Due"].reindex(due.index)).all()


def test_cases_stand_as_their_last_events_left_them(clean, cases):
    last = clean.groupby("CaseId").last(skipna=True)
    changed = clean[~clean["Event"].isin(["Assigned", "Moved", "DueSet"])].groupby("CaseId")["Event"].last()
    mine = cases.reindex(last.index)

    assert (last["QueueId"] == mine["QueueId"]).all()
    assert ((changed == "Closed") == mine["Status"].eq("Closed")).all()
    assert (mine["Closed"].notna() == mine["Status"].eq("Closed")).all()
    closed = clean[clean["Event"] == "Closed"].groupby("CaseId")["Time"].last()
    is_closed = mine["Status"].eq("Closed")
    assert (mine.loc[is_closed, "Closed"] == closed.reindex(mine.index[is_closed])).all()


def test_people_work_in_opening_hours_and_a_machine_closes_at_night_five_days_later(clean):
    days = open_days(SPEC, LAST_DATE).set_index("date")
    work = clean[clean["Event"].isin(["Assigned", "Solved", "Moved", "OnHold"])]
    hours = days.reindex(work["Time"].dt.normalize())
    minute = (work["Time"] - work["Time"].dt.normalize()).dt.total_seconds().to_numpy() / 60
    closed = clean[clean["Event"] == "Closed"]
    solved = clean[clean["Event"] == "Solved"].groupby("CaseId")["Time"].last().reindex(closed["CaseId"])

    assert (minute >= hours["opens_minute"].to_numpy()).all()
    assert (minute <= hours["closes_minute"].to_numpy()).all()
    assert {dt.time(3, 30)} == set(closed["Time"].dt.time)
    once = ~closed["CaseId"].isin(clean.loc[clean["Event"] == "Reopened", "CaseId"]).to_numpy()
    nights = (closed["Time"].dt.normalize().to_numpy() - solved.dt.normalize().to_numpy())[once] / np.timedelta64(
        1, "D"
    )
    assert {5.0} == set(nights)


def test_backlog_rises_in_the_first_half_of_the_day(clean):
    step = clean["Event"].map({"Created": 1, "Reopened": 1, "Solved": -1}).dropna()
    at = clean.loc[step.index, "Time"]
    by_hour = step.groupby(at.dt.hour).sum()

    assert by_hour.loc[8:12].sum() > 0 > by_hour.loc[15:20].sum()


def test_surges_of_the_truth_are_in_the_log(sample):
    events, surges = sample.source["case_events"], sample.truth["truth_case_surges"]
    assert {"inflow", "capacity"} == set(surges["kind"])

    for surge in surges[surges["kind"] == "inflow"].itertuples():
        within = events["Time"].between(surge.starts_at_local, surge.ends_at_local)
        opened = events[within & (events["Event"] == "Created") & (events["QueueId"] == surge.queue_id)]
        # Poisson: four standard deviations below what was drawn would be bad luck indeed.
        extra = surge.factor * surge.usual_cases
        assert opened["CaseId"].str.startswith("web").sum() >= extra - 4 * np.sqrt(extra)


def test_every_fault_of_the_log_is_labelled(sample):
    events, dirt = sample.source["case_events"], sample.truth["truth_dirt"]
    dirt = dirt[dirt["table_name"] == "case_events"].groupby("kind")["row_id"].apply(set)
    rows = {
        "duplicate": events[events.duplicated("EventId")],
        "unknown_queue": events[events["QueueId"] == OLD_QUEUE],
        "known_late": events[events["Logged"] - events["Time"] >= pd.Timedelta(hours=1)],
    }

    for kind, found in rows.items():
        assert dirt[kind] == set(found["EventId"].astype(str)), kind
    assert len(dirt["closed_before_opened"]) > 0
    assert events["Logged"].max() < pd.Timestamp(LAST_DATE) + pd.Timedelta(days=1)
    assert (events["Logged"] > events["Time"]).all()


def test_a_desk_takes_the_case_that_is_due_first_and_does_nothing_at_night():
    # One person from 8 to 10: an hour of work each; the third case waits for the next morning.
    capacity = Capacity.of(np.array([0.0] * 8 + [1.0] * 2 + [0.0] * 14 + [0.0] * 8 + [1.0] * 2))
    courses = [Course(0, due, (), 0.0, (), (HOUR,)) for due in (90.0, 70.0, 80.0)]

    told = CaseWork([capacity], courses, 34 * HOUR).run([7.0 * HOUR, 7.5 * HOUR, 7.6 * HOUR])

    solved = {one.case: one.at / HOUR for one in told if one.what == 6}
    assert {0: 9.0, 1: 10.0} == {case: solved[case] for case in (0, 1)}
    assert solved[2] == pytest.approx(33.0)

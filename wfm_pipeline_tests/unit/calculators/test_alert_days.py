"""Days looked at as a live centre would have: nothing is used before it was known, and people and levels are those counted by hand."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.calculators.alert_days import (
    LOOKED_AT,
    QUARTERS,
    DayLevelsRequest,
    IssuedQuarters,
    Records,
    day_levels,
)
from wfm_pipeline.domain.forecasting.intraday.update import learn_from_days
from wfm_pipeline.domain.replay.contacts import contacts_of_legs
from wfm_pipeline.domain.staffing.erlang import erlang_a
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline_tests.replay_kit import leg, legs

DAY = dt.date(2026, 3, 2)
POLICY = StaffingPolicy(service_level_target=0.8, answer_target_seconds=20.0, patience_seconds=300.0)
NINE = 9 * 3600


def contacts(seed=3, calls=900):
    """SIMULATED: a day before, so that skills are known, and a day; two services, four agents, one of whom serves both."""
    rng = np.random.default_rng(seed)
    rows = []
    for second in np.sort(rng.integers(8 * 3600, 18 * 3600, calls)):
        queue = str(rng.choice(["a", "b"]))
        agent = str(rng.choice(["ann", "cy"] if queue == "a" else ["bo", "cy"]))
        status = "answered" if rng.random() < 0.8 else "abandoned"
        shape = {"wait": float(rng.integers(0, 60)), "talk": float(rng.integers(30, 400)), "hold": 0.0, "wrap": 0.0}
        rows += [leg(int(second) - back, queue=queue, agent=agent, status=status, **shape) for back in (0, 86_400)]
    return contacts_of_legs(legs(*rows))


def looked(frame, *, is_updated=True):
    records = Records.of(frame, time_zone="UTC", answer_target_seconds=20.0)
    rng = np.random.default_rng(5)
    past = rng.poisson(6.0, (30, 2, QUARTERS)) * rng.gamma(20.0, 1 / 20.0, (30, 1, 1))
    model = learn_from_days(np.full((30, 2, QUARTERS), 6.0), past, interval_minutes=15, dispersion=0.05)
    model = model if is_updated else replace(model, strength=np.zeros_like(model.strength))
    issued = IssuedQuarters(DAY, np.full((2, QUARTERS), 6.0), np.full((2, QUARTERS), 200.0), model)
    return records, day_levels(DayLevelsRequest(records=records, issued=[issued], policy=POLICY))[0]


@pytest.fixture(scope="module")
def frame():
    return contacts()


@pytest.fixture(scope="module")
def seen(frame):
    return looked(frame)


def test_what_comes_after_a_look_changes_nothing_of_what_it_saw(frame, seen):
    now = pd.Timestamp(DAY) + pd.Timedelta(hours=13, minutes=10)
    look = int(np.searchsorted(LOOKED_AT, 13 * 3600 + 600))
    later = (frame["joined_at"] > now).to_numpy(bool)
    other = frame[~later | (np.arange(len(frame)) % 3 == 0)].copy()  # two of three later contacts never come
    other.loc[other["joined_at"] > now, "agent_id"] = "ann"
    still = (other["left_at"] > now) & (other["joined_at"] <= now)  # who waits now is never answered
    other.loc[still, ["is_answered", "agent_id"]] = [False, None]

    _, before = seen
    _, after = looked(other)

    np.testing.assert_array_equal(before.projected[:, : look + 1], after.projected[:, : look + 1])
    np.testing.assert_array_equal(before.reached[:, : look + 1], after.reached[:, : look + 1])
    assert (before.projected[:, look + 1 :] != after.projected[:, look + 1 :]).any()
    assert (before.truth.is_short != after.truth.is_short).any()


def test_the_projection_is_erlang_a_of_the_people_who_had_shown_themselves_by_then():
    frame = contacts(calls=90)
    _, found = looked(frame, is_updated=False)

    tried = set()
    for look in range(90, 230, 3):
        now = pd.Timestamp(DAY) + pd.Timedelta(seconds=LOOKED_AT[look])
        today = frame[(frame["joined_at"] >= pd.Timestamp(DAY)) & frame["agent_id"].notna()]
        until = today["ended_at"] + pd.Timedelta(seconds=600)
        seen = set(today.loc[(today["left_at"] <= now) & (until > now), "agent_id"])
        # both services expect the same load, so that cy, who serves both, is half for each
        people = np.array([("ann" in seen) + 0.5 * ("cy" in seen), ("bo" in seen) + 0.5 * ("cy" in seen)])
        level = erlang_a(
            np.full(2, 6.0 * 200 / 900), people, aht_seconds=200.0, patience_seconds=300.0, answer_target_seconds=20.0
        ).service_level
        np.testing.assert_allclose(found.projected[:, look], level, atol=1e-9)
        tried.add(tuple(people))
    assert len(tried) > 3


def test_the_level_reached_is_that_of_who_left_the_line_in_the_last_fifteen_minutes(frame, seen):
    _, found = seen

    for look in range(100, 200, 7):
        now = pd.Timestamp(DAY) + pd.Timedelta(seconds=LOOKED_AT[look])
        for number, service in enumerate(("a", "b")):
            gone = frame[
                (frame["service_id"] == service)
                & (frame["left_at"] > now - pd.Timedelta(minutes=15))
                & (frame["left_at"] <= now)
            ]
            gone = gone[gone["is_answered"] | (gone["left_at"] > gone["joined_at"])]
            expected = (gone["is_answered"] & (gone["wait_seconds"] <= 20)).mean() if len(gone) else np.nan
            assert expected == pytest.approx(found.reached[number, look], nan_ok=True)


def test_truth_counts_the_calls_of_a_quarter_however_long_they_waited(frame, seen):
    records, found = seen

    at = pd.Timestamp(DAY) + pd.Timedelta(seconds=NINE)
    mine = frame[
        (frame["service_id"] == "a") & (frame["joined_at"] >= at) & (frame["joined_at"] < at + pd.Timedelta(minutes=15))
    ]
    mine = mine[mine["is_answered"] | (mine["left_at"] > mine["joined_at"])]
    assert len(mine) == records.of_day(DAY, "calls")[0, NINE // 900]
    level = (mine["is_answered"] & (mine["wait_seconds"] <= 20)).mean()
    assert (len(mine) >= 10) == found.truth.is_judged[0, NINE // 900]
    assert (len(mine) >= 10 and level <= 0.55) == found.truth.is_short[0, NINE // 900]

"""A whole day's coverage from frames, and actions tried out on the same callers."""

import json

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.calculators.live_coverage import (
    LiveCoverageRequest,
    answer_live_coverage,
    paired_gain,
    simulator,
)
from wfm_pipeline.domain.coverage.trials import Trial
from wfm_pipeline.domain.staffing.erlang import erlang_a
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline_tests.coverage_kit import (
    NO_HISTORY,
    NO_RATES,
    QUARTER,
    at,
    day_of,
    one_to_one,
    states,
    stretches,
    teams_of,
    works_for,
)

POLICY = StaffingPolicy(patience_seconds=300.0)


def trial(people, *, calls=40.0, intervals=8, warm_up=2):
    return Trial(
        np.full(intervals, calls),
        np.full(intervals, 180.0),
        np.broadcast_to(np.asarray(people, float), intervals).copy(),
        np.arange(intervals) >= warm_up,
        QUARTER,
        20.0,
        300.0,
    )


def test_the_gain_of_more_people_is_that_of_erlang_a_within_its_interval():
    # 8 erlangs, 7 and 9 people; 96 quarters, so that the floor's beginning and end hardly count
    gain = simulator(runs=20, seed=3)(trial(7, intervals=96, warm_up=8), trial(9, intervals=96, warm_up=8))

    levels = erlang_a(8.0, [7, 9], aht_seconds=180, patience_seconds=300, answer_target_seconds=20).service_level
    assert gain.value == pytest.approx(levels[1] - levels[0], abs=3 * (gain.high - gain.low))
    assert gain.low < gain.value < gain.high


def test_no_action_gains_exactly_nothing_because_the_callers_are_the_same():
    gain = simulator(runs=5, seed=3)(trial(7), trial(7))

    assert (0.0, 0.0, 0.0) == (gain.value, gain.low, gain.high)


def test_the_same_callers_make_the_interval_of_a_gain_narrower_than_other_callers_would():
    rng = np.random.default_rng(1)
    offered = rng.poisson(300, 200).astype(float)
    before = rng.binomial(offered.astype(int), 0.6).astype(float)
    after = before + 15  # whatever the luck, fifteen more

    paired = paired_gain(before, offered, after, offered)
    shuffled = paired_gain(before, offered, after[::-1], offered[::-1])

    assert paired.value == pytest.approx(15 * 200 / offered.sum())
    assert paired.high - paired.low < 0.2 * (shuffled.high - shuffled.low)


def test_half_a_person_gains_something_and_less_than_a_whole_one():
    try_out = simulator(runs=20, seed=3)
    before = trial(7)

    half, whole = try_out(before, trial(7.5)), try_out(before, trial(8))

    assert 0 < half.value < whole.value


def test_no_calls_have_nothing_to_gain():
    gain = simulator(runs=3, seed=1)(trial(0, calls=0.0), trial(1, calls=0.0))

    assert 0.0 == gain.value


def asked(**words):
    """Two services from 09:00 to 11:00, asked at 09:20; 10 calls of 180 s a quarter, 3 people needed for each."""
    day = day_of(["a", "b"], intervals=8)
    people = {"ann": "a", "bob": "a b", "cyd": "b", "dan": "b", "eve": "b +a", "fay": "b +a"}
    recorded = states(
        ("ann", "ready", "09:00", None),
        ("bob", "talk", "09:00", None),
        *((name, "ready", "09:00", None) for name in ("cyd", "dan", "eve", "fay")),
        ("gus", "ready", "00:00", None),  # since midnight: suspect
    )
    return LiveCoverageRequest(
        **{
            "as_of": at("09:20"),
            "interval_seconds": QUARTER,
            "intervals": day,
            "service_queues": one_to_one(["a", "b"]),
            "teams": teams_of(day, exact=3.0),
            "history": NO_HISTORY,
            "states": recorded,
            "known_from": at("00:00"),
            "registrations": works_for(**people, gus="a"),
            "shifts": stretches(*((name, "08:00", "12:00") for name in people)),
            "breaks": stretches(("ann", "09:45", "10:00")),
            "off_product": stretches(),
            "rates": NO_RATES,
            "contacts": pd.DataFrame(columns=["agent_id", "contacts"]),
            "default": POLICY,
            "runs": 10,
        }
        | words
    )


def test_a_day_is_covered_from_frames_to_gaps_with_actions():
    found = answer_live_coverage(asked())

    a = found.intervals[found.intervals["service_id"] == "a"]
    # ann, and half of bob, whose services have the same load; gus is suspect. 3 are needed
    assert [1.5, 1.5] == a["agents_actual"].tolist()[:2]
    assert a["agents_actual"].tolist()[2:] == pytest.approx([np.nan] * 6, nan_ok=True)
    assert [1.5, 1.5, 1.5, 0.5] == a["agents_scheduled"].tolist()[:4]
    assert {"shortage"} == set(a["status"])
    (gap,) = found.gaps[found.gaps["service_id"] == "a"].to_dict("records")
    assert (8, "both", "critical") == (gap["intervals"], gap["people_from"], gap["severity"])
    assert np.isnan(gap["cost"])
    (offer,) = json.loads(gap["actions"])
    assert ("lend_skill", "b", 0) == (offer["kind"], offer["from_service"], offer["cost"])
    assert 0 < offer["gain_low"] < offer["gain"] < offer["gain_high"]
    assert ("eve",) == found.actions[gap["gap_id"]][0].who  # b has 4.5 people and needs 3: one is to spare


def test_people_of_the_site_are_counted_once_and_suspects_are_listed():
    found = answer_live_coverage(asked())

    assert [6.0, 6.0] == found.site["agents_actual"].tolist()[:2]
    assert [("gus", "suspect")] == list(zip(found.findings["agent_id"], found.findings["finding"], strict=True))
    assert found.agents.set_index("agent_id").loc["gus", "is_suspect"]


def test_without_states_and_without_a_roster_nothing_is_covered_and_nothing_is_invented():
    found = answer_live_coverage(asked(states=states(), known_from=None, shifts=None))

    assert {"no_data"} == set(found.intervals["status"])
    assert (
        found.intervals[["coverage", "agents_actual", "agents_scheduled", "projected_service_level"]]
        .isna()
        .all(axis=None)
    )
    assert found.gaps.empty


def test_gaps_beyond_the_worst_have_no_actions_looked_for_which_is_not_none_found():
    (none,), (over,) = (
        answer_live_coverage(asked(most_gaps=0, as_of=at(clock))).gaps["actions"] for clock in ("09:20", "11:00")
    )

    assert none is None
    assert "[]" == over


def test_the_same_question_has_the_same_answer():
    one, other = answer_live_coverage(asked()), answer_live_coverage(asked())

    pd.testing.assert_frame_equal(one.intervals, other.intervals)
    pd.testing.assert_frame_equal(one.gaps, other.gaps)


def test_with_an_update_of_the_day_the_rest_is_projected_with_bands():
    update = day_of(["a", "b"], intervals=8)[["queue_id", "interval_start"]].assign(
        calls_mean=10.0, calls_q10=6.0, calls_q90=14.0, aht_seconds=180.0
    )

    found = answer_live_coverage(asked(reforecast=update)).projection

    assert 2 * 7 == len(found)  # the running quarter and the six after it
    assert (found["agents_required_low"] <= found["agents_required_high"]).all()

"""Honesty where the truth is known: records of a simulated floor, its shifts and patience withheld."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue
from wfm_pipeline.domain.simulation.floor.durations import Exponential
from wfm_pipeline.domain.simulation.floor.run import run_floor
from wfm_pipeline.domain.simulation.model_fit.compare import MODELS, FitOptions, choices_of, compare_models
from wfm_pipeline.domain.simulation.model_fit.records import habits_of, line_records, pools_of, services_of
from wfm_pipeline.domain.staffing.patience import exponential_patience
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.floor_kit import records_of, working_days

PATIENCE, DAYS = 180.0, 88
BREAKS = ((10.0, 10.25), (12.0, 12.75))


def centre(*, agents=11, calls=75.0, breaks=()):
    """Working days 8-16 h in half-hours over three months, one queue, 11 agents for 10 erlangs."""
    day = np.zeros(48)
    day[16:32] = calls
    queue = Queue("sales", np.tile(day, DAYS), Exponential(240.0), Exponential(PATIENCE))
    return Floor(1800.0, (queue,), (AgentGroup("team", {"sales": 1}, working_days(DAYS, agents, breaks=breaks)),))


@pytest.fixture(scope="module")
def plain():
    floor = centre()
    return records_of(floor, run_floor(floor, seed=8))


def test_patience_is_recovered_inside_its_interval(plain):
    calls = line_records(plain).calls

    found = exponential_patience(calls["wait_seconds"].to_numpy(), ~calls["is_answered"].to_numpy(), confidence=0.99)

    assert found.low <= PATIENCE <= found.high
    assert found.high / found.low < 1.1


def test_where_erlang_a_holds_it_is_honest_and_erlang_c_is_not(plain):
    fit = compare_models(plain, options=FitOptions(seed=2, runs=3), presence_rules=("first_to_last",))

    months = fit.months
    assert 3 == len(months)
    # breaks there are none, so presence is short only of the idle minutes at both ends of a day
    assert months["bias_erlang_a"].abs().max() < 0.03
    assert months["bias_simulation"].abs().max() < 0.03
    assert (months["bias_erlang_c"] < -0.15).all()  # near full load nobody leaving means endless lines
    assert set(months["model_name"]) <= {"erlang_a", "simulation"}


def test_hidden_breaks_make_first_to_last_too_hopeful_and_seen_available_less_so():
    floor = centre(breaks=BREAKS)
    fit = compare_models(records_of(floor, run_floor(floor, seed=8)), options=FitOptions(seed=2, runs=3))

    truth = sum(s.ends - s.starts for agent in floor.groups[0].agents for s in agent) / 3600
    hours = fit.presence[["hours_first_to_last", "hours_seen_available"]].sum() / truth
    bias = fit.months.groupby("presence")["bias_simulation"].mean()
    assert 1.10 < hours["hours_first_to_last"] < 1.15  # one hour of eight is breaks: 8 / 7
    assert abs(hours["hours_seen_available"] - 1) < 0.05
    assert bias["first_to_last"] > 0.08
    assert abs(bias["seen_available"]) < bias["first_to_last"] / 2


def test_the_choice_of_a_month_looks_at_the_other_months_alone(plain):
    fit = compare_models(plain, options=FitOptions(seed=2, runs=2), presence_rules=("first_to_last",))
    months = fit.months
    changed = months.copy()
    changed.loc[0, [f"bias_{model}" for model in MODELS]] = 9.0, 9.0, 0.0

    from wfm_pipeline.domain.simulation.model_fit.compare import _with_choice  # noqa: PLC0415 - the rule itself

    again = _with_choice(changed.drop(columns=["model_name", "bias_model"]))
    assert months["model_name"].iloc[0] == again["model_name"].iloc[0]


def test_one_month_alone_has_no_choice_but_a_fit(plain):
    march = plain[plain["joined_at"] < pd.Timestamp("2026-04-01")]

    fit = compare_models(march, options=FitOptions(seed=2, runs=2), presence_rules=("first_to_last",))

    assert [None] == fit.months["model_name"].tolist()
    assert fit.choices["model_name"].iloc[0] in MODELS


def test_equally_good_models_give_the_simpler_one():
    rows = pd.DataFrame(
        {
            "queue_id": "q", "presence": "first_to_last", "calls_in_line": [10, 30], "service_level": [0.5, 0.5],
            "bias_erlang_c": [0.1, -0.1], "bias_erlang_a": [0.1, 0.1], "bias_simulation": [-0.1, 0.1],
        }
    )  # fmt: skip

    found = choices_of(rows).iloc[0]

    assert "erlang_c" == found["model_name"]
    assert (10 * 0.1 - 30 * 0.1) / 40 == pytest.approx(found["bias_erlang_c"])
    assert 0.1 == pytest.approx(found["error_erlang_c"])


def record(outcome="answered", wait=5.0, handle=60.0, agent="a", queue="q"):
    return {
        "queue_id": queue, "agent_id": agent, "joined_at": pd.Timestamp("2026-03-02 09:00"), "outcome": outcome,
        "business_date": pd.Timestamp("2026-03-02"), "wait_seconds": wait, "handle_seconds": handle,
    }  # fmt: skip


def test_what_never_stood_in_a_line_is_left_out_and_counted():
    rows = [
        record(),
        record(wait=0.0),
        record("abandoned", 0.0),
        record("abandoned", 3.0),
        record("other"),
        record(wait=None),
    ]

    found = line_records(pd.DataFrame(rows))

    assert {"other_outcome": 1, "unknown_wait": 1, "left_before_the_line": 1} == found.left_out
    assert [True, True, False] == sorted(found.calls["is_answered"], reverse=True)


def test_a_month_whose_calls_name_no_agent_is_compared_with_nobody_present():
    april = [
        {
            **record(agent=None),
            "joined_at": pd.Timestamp("2026-04-02 09:00"),
            "business_date": pd.Timestamp("2026-04-02"),
        }
    ]

    fit = compare_models(pd.DataFrame([record(), *april]), options=FitOptions(seed=1, runs=2, calls_min=1))

    alone = fit.months[fit.months["month"] == pd.Timestamp("2026-04-01")]
    assert {"first_to_last", "seen_available"} == set(alone["presence"])
    assert [0, 0] == alone["agents_mean"].tolist() == alone["service_level_simulation"].tolist()


def test_a_pool_without_any_handle_time_is_left_out_and_counted_and_a_queue_without_one_takes_its_pools():
    rows = [
        *[record()] * 3,
        *[record(queue="mate", handle=None)] * 2,
        *[record(agent="z", queue="unknown", handle=None)] * 4,
    ]

    fit = compare_models(pd.DataFrame(rows), options=FitOptions(seed=1, runs=2, calls_min=1))

    assert 4 == fit.left_out["no_handle_time"]
    first_to_last = fit.months[fit.months["presence"] == "first_to_last"].set_index("queue_id")
    assert {"mate", "q"} == set(first_to_last.index)
    assert {"q"} == set(first_to_last["aht_seconds"].dropna().index)
    # 5 calls at one instant and one agent of the pool: with calls of 0 s the simulation would answer all at once
    assert first_to_last.loc["mate", "service_level_simulation"] < 1


def test_redials_are_in_the_line_but_not_in_the_patience_of_first_attempts():
    rows = [record("abandoned", 10.0), {**record("abandoned", 2.0), "is_redial": True}, record(wait=20.0)]

    habits = habits_of(line_records(pd.DataFrame(rows)).calls)

    assert 32 / 2 == habits.patience.patience_seconds
    assert 30 / 1 == habits.patience_first_attempts.patience_seconds


def test_records_without_a_call_in_a_line_or_without_agents_are_refused():
    with pytest.raises(DataError, match="no record of 1"):
        line_records(pd.DataFrame([record("other")]))
    with pytest.raises(DataError, match="lack outcome"):
        line_records(pd.DataFrame([record()]).drop(columns="outcome"))
    with pytest.raises(DataError, match="no record names an agent"):
        compare_models(pd.DataFrame([record(agent=None)]), options=FitOptions(seed=1))
    with pytest.raises(DataError, match="no answered record has a handle time"):
        compare_models(pd.DataFrame([record(handle=None)]), options=FitOptions(seed=1))


def test_a_queue_belongs_with_the_queue_whose_people_did_most_of_its_work():
    rows = [
        *[record(agent="a", queue="main", handle=100.0)] * 5,
        *[record(agent="b", queue="main", handle=100.0)] * 5,
        record(agent="a", queue="small", handle=90.0),
        *[record(agent="z", queue="own", handle=100.0)] * 3,
        record(agent="a", queue="own", handle=50.0),
    ]
    calls = line_records(pd.DataFrame(rows)).calls

    found = pools_of(services_of(calls), ["main", "own", "small", "unserved"])

    assert {"main": "main", "small": "main", "own": "own", "unserved": "unserved"} == found.of_queue
    assert {"a": "main", "b": "main", "z": "own"} == found.of_agent

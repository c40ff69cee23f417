"""The hours of a week far ahead against Erlang staffing of every interval at the other load."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.staffing.capacity.work import learn_efficiency, on_phone_hours
from wfm_pipeline.domain.staffing.requirement import agents_required

AHT_SECONDS = 240.0
SHAPE = np.concatenate([np.linspace(0.3, 1, 8), np.ones(6), np.linspace(1, 0.3, 8)])
"""Calls of a day's half-hours over their peak."""


def week(peak_calls):
    """Seven days of one queue, each interval staffed to 80/20 and at most 90 % busy."""
    calls = np.tile(SHAPE * peak_calls, 7)
    need = agents_required(calls, 1800.0, AHT_SECONDS, service_level_target=0.8, max_occupancy=0.9)
    return pd.DataFrame(
        {
            "queue_id": "q",
            "business_date": np.repeat(np.arange(7), len(SHAPE)),
            "interval_minutes": 30,
            "agents_required": need.agents_required,
            "agents_required_exact": need.agents_required_exact,
            "workload_minutes": calls * AHT_SECONDS / 60,
        }
    )


def hours(rows):
    return float((rows["agents_required"] * 0.5).sum()), float(rows["workload_minutes"].sum() / 60)


@pytest.mark.parametrize("scale", [0.5, 0.7, 1.3, 2.0])
@pytest.mark.parametrize(
    ("peak_calls", "tolerance"),
    [
        pytest.param(10.0, 0.10, id="teams_of_3"),  # one agent is a third of a team: the root law is for many
        pytest.param(40.0, 0.07, id="teams_of_8"),
        pytest.param(120.0, 0.04, id="teams_of_20"),
    ],
)
def test_hours_at_another_load_are_near_those_of_its_own_staffing_and_nearer_than_a_ratio(peak_calls, tolerance, scale):
    issued = week(peak_calls)
    truth, work = hours(week(peak_calls * scale))
    efficiency = learn_efficiency(issued, {"q": 0.9})["q"]

    ours = on_phone_hours(np.array([work]), efficiency)[0]
    ratio = work * hours(issued)[0] / efficiency.workload_hours

    assert pytest.approx(truth, rel=tolerance) == ours
    assert abs(ours - truth) < abs(ratio - truth)

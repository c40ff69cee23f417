"""Laws of the hours ahead: more people never raise the risk, more cases never lower it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.backlog.ahead.clear_and_breach import clear_and_breach
from wfm_pipeline.domain.backlog.ahead.clearing import cases_done, clear_hours
from wfm_pipeline.domain.backlog.ahead.draws import Spread, draw_futures
from wfm_pipeline.domain.backlog.ahead.fluid import fluid_clear_hours
from wfm_pipeline_tests.backlog_ahead_kit import asked, hours_ahead, open_cases

DUE = st.lists(st.floats(0.1, 9.0), max_size=8)
SPREAD = Spread(inflow_day=0.3, inflow_hour=0.3, done_day=0.3, done_hour=0.3)


@settings(max_examples=30)
@given(due=DUE, people=st.floats(0.0, 5.0), more=st.lists(st.floats(0.0, 3.0), min_size=8, max_size=8))
def test_more_people_in_any_hour_never_raise_the_risk(due, people, more):
    answer = clear_and_breach(asked(open_cases([2.0, *due]), hours_ahead(inflow=0.5), spread={"a": SPREAD}, paths=40))

    assert answer.risk("a", np.full(8, people) + more) <= answer.risk("a", np.full(8, people))


@settings(max_examples=30)
@given(due=DUE, more=DUE)
def test_more_cases_never_lower_the_risk(due, more):
    def risk(hours):
        answer = clear_and_breach(asked(open_cases([2.0, *hours]), hours_ahead(), spread={"a": SPREAD}, paths=40))
        return answer.queues["breach_probability"].iloc[0]

    assert risk(due) <= risk([*due, *more])


@settings(max_examples=30)
@given(waiting=st.integers(0, 30), more=st.integers(0, 5), people=st.floats(0.0, 4.0), seed=st.integers(0, 99))
def test_more_cases_are_cleared_later_and_a_cleared_future_has_done_all_that_came(waiting, more, people, seed):
    futures = draw_futures("a", np.full((12, 1), 0.5), np.zeros(12, np.int64), SPREAD, paths=30, seed=seed)
    capacity = np.full(12, people)

    hours = clear_hours(waiting, futures, capacity)

    assert (hours <= clear_hours(waiting + more, futures, capacity)).all()
    done = cases_done(futures.epochs, np.cumsum(capacity * futures.pace_factor, axis=1))
    came = futures.arrivals.sum(axis=2).cumsum(axis=1)
    for path in np.flatnonzero(np.isfinite(hours)):
        last = max(int(np.ceil(hours[path])) - 1, 0)
        assert waiting == 0 or done[path, last] >= waiting + came[path, last]


@given(waiting=st.floats(0.1, 50.0), inflow=st.floats(0.0, 3.0), spare=st.floats(0.5, 5.0))
def test_even_flows_clear_in_cases_over_spare_capacity(waiting, inflow, spare):
    hours = fluid_clear_hours([waiting], np.full((1, 200), inflow), np.full((1, 200), inflow + spare))

    assert hours[0] == pytest.approx(waiting / spare, rel=1e-6)

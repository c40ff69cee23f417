"""Work that may wait: due times kept, opening hours kept, smallest peak (against a linear programme)."""

import numpy as np
import pytest
from scipy.optimize import linprog

from wfm_pipeline.domain.staffing.deferred import agents_for_work, spread_work
from wfm_pipeline.domain.staffing.faults import StaffingError


def test_work_with_one_window_is_spread_evenly():
    plan = spread_work([0], [3], [400.0], [True] * 4)

    assert [100.0] * 4 == pytest.approx(plan.work_seconds.tolist())
    assert [300.0, 200.0, 100.0, 0.0] == pytest.approx(plan.backlog_seconds.tolist())
    assert [3] == plan.finished.tolist()


def test_earlier_due_work_goes_first():
    # 600 due at the end of interval 1, 200 due at the end of interval 3: 300, 300, then the other
    plan = spread_work([0, 0], [3, 1], [200.0, 600.0], [True] * 4)

    assert [300.0, 300.0, 100.0, 100.0] == pytest.approx(plan.work_seconds.tolist())
    assert [3, 1] == plan.finished.tolist()
    assert not plan.is_late.any()


def test_nothing_is_done_while_closed_or_before_it_arrives():
    plan = spread_work([1, 2], [5, 5], [100.0, 300.0], [True, True, False, True, True, False])

    assert 0 == plan.work_seconds[0] == plan.work_seconds[2] == plan.work_seconds[5]
    assert 400.0 == pytest.approx(plan.work_seconds.sum())
    assert [100.0, 150.0, 150.0] == pytest.approx(plan.work_seconds[[1, 3, 4]].tolist())


def test_work_due_while_closed_is_done_before_and_night_work_in_the_first_open_interval_and_late():
    is_open = [True, True, False, False, True]
    before = spread_work([0], [3], [100.0], is_open)
    night = spread_work([2], [3], [100.0], is_open)

    assert [50.0, 50.0, 0.0, 0.0, 0.0] == pytest.approx(before.work_seconds.tolist())
    assert [0.0, 0.0, 0.0, 0.0, 100.0] == night.work_seconds.tolist()
    assert [True] == night.is_late.tolist()
    assert [False] == before.is_late.tolist()


def test_work_due_after_the_last_interval_is_done_by_its_end():
    assert 90.0 == pytest.approx(spread_work([0], [99], [90.0], [True] * 3).work_seconds.sum())


def test_no_work_needs_no_work():
    assert [0.0, 0.0] == spread_work([], [], [], [True, True]).work_seconds.tolist()


@pytest.mark.parametrize("seed", range(30))
def test_due_times_are_kept_and_no_plan_has_a_smaller_peak(seed):
    rng = np.random.default_rng(seed)
    intervals, pieces = 24, 15
    is_open = rng.random(intervals) < 0.7
    is_open[-1] = True
    arrives = rng.integers(0, intervals, pieces)
    due = np.minimum(arrives + rng.integers(0, 12, pieces), intervals - 1)
    work = rng.uniform(0, 900, pieces)

    plan = spread_work(arrives, due, work, is_open)

    opening = np.flatnonzero(is_open)
    last_open = np.array([opening[opening <= d].max(initial=-1) for d in due])
    first_open = np.array([opening[opening >= a].min() for a in arrives])
    limit = np.maximum(last_open, first_open)
    assert (plan.finished <= limit).all()
    assert ((plan.finished > due) == plan.is_late).all()
    assert (plan.finished >= arrives).all()
    assert (plan.work_seconds[~is_open] == 0).all()
    # the smallest peak by linear programming: seconds of each piece in each of its intervals
    pairs = [(p, i) for p in range(pieces) for i in opening if first_open[p] <= i <= limit[p]]
    whole, used = np.zeros((pieces, len(pairs) + 1)), np.zeros((intervals, len(pairs) + 1))
    for column, (piece, interval) in enumerate(pairs):
        whole[piece, column] = used[interval, column] = 1.0
    used[:, -1] = -1.0
    peak = linprog(np.r_[np.zeros(len(pairs)), 1.0], A_ub=used, b_ub=np.zeros(intervals), A_eq=whole, b_eq=work)
    assert peak.fun == pytest.approx(plan.work_seconds.max(), rel=1e-6, abs=1e-6)
    assert work.sum() == pytest.approx(plan.work_seconds.sum())


def test_people_for_deferred_work_are_time_over_time():
    # 5400 s of work in 1800 s at 75 %: 4 people
    assert 4.0 == pytest.approx(float(agents_for_work(5400.0, 1800.0, occupancy=0.75)))


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(([1], [0], [1.0], [True, True]), id="due_before_it_arrives"),
        pytest.param(([2], [2], [1.0], [True, True]), id="outside"),
        pytest.param(([0], [1], [-1.0], [True, True]), id="negative_work"),
        pytest.param(([1], [1], [1.0], [True, False]), id="no_open_interval_left"),
    ],
)
def test_impossible_work_is_refused(words):
    with pytest.raises(StaffingError):
        spread_work(*words)
    with pytest.raises(StaffingError):
        agents_for_work(1.0, 1800.0, occupancy=1.2)

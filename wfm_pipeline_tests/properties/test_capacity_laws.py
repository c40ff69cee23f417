"""Laws of the capacity plan, whatever planners type."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.domain.staffing.capacity.people import HiringClass, Intake, Pool, people_of
from wfm_pipeline.domain.staffing.capacity.plan import LEVELS, CapacityOptions, PlannersTables, plan_capacity
from wfm_pipeline.domain.staffing.capacity.shrinkage import ShrinkageRow
from wfm_pipeline.domain.staffing.capacity.work import Efficiency, on_phone_hours

FIRST = dt.date(2026, 10, 5)
WEEKS = 20
MONDAYS = [FIRST + dt.timedelta(weeks=week) for week in range(WEEKS)]
OPTIONS = CapacityOptions()
SHARES = st.floats(0, 0.9)

intakes = st.builds(
    lambda weeks, dropout, ramp: Intake(weeks, dropout if weeks else 0.0, tuple(ramp)),
    st.integers(0, 6), st.floats(0, 0.6), st.lists(st.floats(0, 1), max_size=4),
)  # fmt: skip
classes = st.lists(
    st.builds(
        HiringClass,
        class_id=st.just("c"),
        pool_id=st.just("p"),
        start_date=st.dates(FIRST - dt.timedelta(weeks=8), FIRST + dt.timedelta(weeks=WEEKS + 3)),
        heads=st.integers(0, 40).map(float),
        intake=intakes,
        contract_hours=st.sampled_from([20.0, 30.0, 40.0]),
    ),
    max_size=4,
)
pools = st.builds(
    Pool,
    pool_id=st.just("p"),
    queues=st.just(("q",)),
    heads=st.floats(0, 500),
    counted_on=st.dates(FIRST - dt.timedelta(weeks=30), FIRST),
    contract_hours=st.sampled_from([20.0, 35.0, 40.0]),
    attrition=st.floats(0, 0.95),
    attrition_per=st.sampled_from(["month", "year"]),
    intake=intakes,
    recruiting_weeks=st.integers(0, 8),
)
efficiencies = st.builds(
    lambda work, ratio, rounding, cap: Efficiency(work, work * ratio, rounding, cap),
    st.floats(1, 5000), st.floats(0.3, 3), st.floats(0, 100), st.none() | st.floats(0.5, 1),
)  # fmt: skip


@st.composite
def demands(draw):
    """Weeks of one queue, with bands in order."""
    bands = [sorted(draw(st.lists(st.floats(0, 50_000), min_size=4, max_size=4))) for _ in range(3)]
    chosen = [bands[draw(st.integers(0, 2))] for _ in range(WEEKS)]
    return pd.DataFrame(
        {
            "queue_id": "q",
            "week_start": pd.to_datetime(pd.Series(MONDAYS)),
            "calls_q10": [row[0] for row in chosen],
            "calls_q50": [row[1] for row in chosen],
            "calls_mean": [row[2] for row in chosen],
            "calls_q90": [row[3] for row in chosen],
            "aht_seconds": draw(st.floats(30, 3600)),
        }
    )


def plan(demand, pool, joining, efficiency, share):
    row = ShrinkageRow("(all)", "all", True, share, dt.date(2020, 1, 1))
    tables = PlannersTables((pool,), tuple(joining), (row,))
    return plan_capacity(demand, tables, {"q": efficiency}, OPTIONS)


@given(st.floats(0, 500))
def test_without_attrition_and_hires_heads_stay_the_same(heads):
    pool = Pool("p", ("q",), heads, FIRST, 40.0, 0.0, "year", Intake(), 0)

    people = people_of(pool, [], MONDAYS, full_time_hours=40.0)

    assert [heads] * WEEKS == people.heads_start.tolist() == people.heads_end.tolist()
    assert [0.0] * WEEKS == people.productive_fte_sd.tolist()


@given(pools, classes)
def test_heads_are_conserved(pool, joining):
    people = people_of(pool, joining, MONDAYS, full_time_hours=40.0)

    ends = people.heads_start + people.heads_hired - people.heads_left
    np.testing.assert_allclose(ends, people.heads_end, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(people.heads_end[:-1], people.heads_start[1:], rtol=1e-9, atol=1e-9)
    assert (people.heads_left >= -1e-12).all()
    started = sum(one.heads for one in joining if MONDAYS[0] <= one.start_date < MONDAYS[-1] + dt.timedelta(weeks=1))
    assert abs(people.heads_hired.sum() - started) < 1e-9


@given(pools, classes)
def test_nobody_is_more_productive_than_paid(pool, joining):
    people = people_of(pool, joining, MONDAYS, full_time_hours=40.0)

    assert (people.productive_fte <= people.paid_fte + 1e-9).all()
    assert (people.heads_in_training <= people.heads_start + people.heads_hired + 1e-9).all()


@given(pools, classes, st.floats(0, 0.95))
def test_more_attrition_never_leaves_more_people(pool, joining, other):
    low, high = sorted((pool.attrition, other))
    facts = {name: getattr(pool, name) for name in Pool.__dataclass_fields__}

    few, many = (
        people_of(Pool(**{**facts, "attrition": rate}), joining, MONDAYS, full_time_hours=40.0) for rate in (high, low)
    )

    assert (few.heads_end <= many.heads_end + 1e-9).all()


@given(demands(), pools, classes, efficiencies, SHARES)
def test_bands_are_ordered(demand, pool, joining, efficiency, share):
    rows = plan(demand, pool, joining, efficiency, share)

    for prefix in ("fte_required", "paid_fte_required", "fte_available", "gap_fte"):
        low, middle, high = (rows[f"{prefix}_{level}"] for level in LEVELS[1:])
        assert (low <= middle + 1e-9).all()
        assert (middle <= high + 1e-9).all()


@given(demands(), pools, efficiencies, st.tuples(SHARES, SHARES))
def test_more_shrinkage_never_lowers_required_paid_fte_or_raises_the_available(demand, pool, efficiency, shares):
    less, more = (plan(demand, pool, [], efficiency, share) for share in sorted(shares))

    for level in LEVELS:
        assert (more[f"paid_fte_required_{level}"] >= less[f"paid_fte_required_{level}"] - 1e-9).all()
        assert (more[f"fte_available_{level}"] <= less[f"fte_available_{level}"] + 1e-9).all()
        assert (more[f"fte_required_{level}"] == less[f"fte_required_{level}"]).all()


@given(efficiencies, st.floats(0, 10_000), st.floats(0, 10_000))
def test_more_work_never_needs_fewer_hours_and_the_issues_own_work_needs_its_own(efficiency, one, other):
    hours = on_phone_hours(np.array(sorted((one, other))), efficiency)

    assert hours[0] <= hours[1] + 1e-9
    at_issue = on_phone_hours(np.array([efficiency.workload_hours]), efficiency)[0]
    exact = efficiency.exact_hours
    if efficiency.max_occupancy is not None and exact > efficiency.workload_hours:
        exact = max(exact, efficiency.workload_hours / efficiency.max_occupancy)
    assert np.isclose(at_issue, exact + efficiency.rounding_hours)


@given(demands(), pools, classes, efficiencies, st.floats(0, 0.8))
def test_hiring_closes_every_gap_it_can_reach_and_hires_nobody_without_one(demand, pool, joining, efficiency, share):
    rows = plan(demand, pool, joining, efficiency, share)

    reach = pool.recruiting_weeks + pool.intake.weeks_to_full
    scale = 1 + rows["gap_fte_mean"].abs().max()
    assert (rows["gap_fte_after_hiring"][reach:] <= 1e-9 * scale).all()
    assert (rows["hires_needed"][: pool.recruiting_weeks] == 0).all()
    if (rows["gap_fte_mean"][reach:] <= 0).all():
        assert 0 == rows["hires_needed"].sum()


@given(demands(), pools, efficiencies, st.floats(0, 0.8))
def test_the_first_class_with_one_person_fewer_would_leave_a_gap(demand, pool, efficiency, share):
    rows = plan(demand, pool, [], efficiency, share)
    hires = rows["hires_needed"].to_numpy()
    starts = np.flatnonzero(hires)

    if len(starts):
        start = starts[0]
        full = start + pool.intake.weeks_to_full
        window = slice(full, full + OPTIONS.bundle_weeks)
        since = np.arange(WEEKS, dtype=float) - start
        worth = pool.intake.surviving(since, pool.survival) * pool.intake.productivity(since)
        one = worth * pool.contract_hours / OPTIONS.full_time_hours * (1 - share)
        left = rows["gap_fte_mean"].to_numpy() - (hires[start] - 1) * one
        assert left[window].max() > 0

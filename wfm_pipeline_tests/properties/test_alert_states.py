"""Open and closed alerts of whole days against the room that keeps alerts alive; counts against counting one by one."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.coverage.ahead.alert_curves import RuleDays, difference, limit_for, recall_at, score_at
from wfm_pipeline.domain.coverage.ahead.alert_scores import DayCounts, DayLooks, day_counts
from wfm_pipeline.domain.coverage.ahead.alert_states import AlertRule, alert_states
from wfm_pipeline.domain.coverage.ahead.level_ahead import level_ahead
from wfm_pipeline.domain.coverage.ahead.shortages import truth_of
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP
from wfm_pipeline.monitoring.alerts.limits import TwoLimits
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.weighing import Known, weigh

START = dt.datetime(2026, 3, 2)
LEVELS = st.lists(st.sampled_from([0.1, 0.4, 0.5, 0.55, 0.6, 0.7, 0.9]), min_size=1, max_size=40)
STEPS = st.sampled_from([30.0, 60.0, 300.0])
TIMES = st.sampled_from([0.0, 60.0, 120.0, 400.0])


@settings(max_examples=60)
@given(LEVELS, STEPS, TIMES, TIMES)
def test_a_day_of_looks_opens_and_closes_as_the_room_of_alerts_does(levels, step, pending, clear):
    looked_at = np.arange(len(levels)) * step
    rules = Rules(pending_seconds={"coverage_gap": pending}, clear_seconds={"coverage_gap": clear})
    known, expected = Known(), []
    for level, at in zip(levels, looked_at, strict=True):
        now = START + dt.timedelta(seconds=float(at))
        look = TwoLimits(open_limit=0.5, clear_limit=0.6).look(level)
        seen = Sighting("a", COVERAGE_GAP, look == "wrong", now, "a", is_between=look == "between")
        known, _ = weigh(known, seen, rules, now=now)
        expected.append(known.is_open)

    found = alert_states(np.array([levels]), looked_at, np.array([0.5]), AlertRule(0.1, pending, clear))

    assert expected == found[0, 0].tolist()


DAYS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0, 5, 10, 20]), st.floats(0, 1)), min_size=6, max_size=24
)  # is an alert open at the look, calls, share in target; a look and an interval a step


@settings(max_examples=80)
@given(DAYS)
def test_right_and_wrong_are_those_of_counting_quarter_by_quarter(rows):
    calls = np.array([[float(calls) for _, calls, _ in rows]])
    in_target = np.array([[round(calls * share) * 1.0 for _, calls, share in rows]])
    is_open = np.array([[[is_open for is_open, _, _ in rows]]])
    looks = DayLooks(looked_at=np.arange(len(rows)) * 900.0, interval_seconds=900.0, lead_seconds=900.0)
    right = wrong = short = 0
    shortages, run = [], None
    for at, (_, came, _) in enumerate(rows):
        is_short = came >= 10 and in_target[0, at] / came <= 0.8 - 0.25
        if is_short:
            if run is None or at - run > 2:
                shortages.append(at)
            run = at
        if at == 0:  # nothing is told of the first quarter: it began with the first look
            continue
        told = rows[at - 1][0]
        short += is_short
        right += told and is_short
        wrong += told and came >= 10 and not is_short

    found = day_counts(is_open, truth_of(calls, in_target, target=0.8), looks)

    assert (right, wrong, short) == (found.told_short[0], found.told_well[0], found.short[0])
    later = [at for at in shortages if at]
    assert (len(later), sum(rows[at - 1][0] for at in later)) == (found.shortages[0], found.warned[0])
    leads = []
    for at in later:
        opened = at
        while opened and rows[opened - 1][0]:
            opened -= 1
        before = [end for end in range(at) if calls[0, end] >= 10 and in_target[0, end] / calls[0, end] <= 0.55]
        since = max(opened, before[-1] + 1 if before else 0, at - 4)  # an hour is the longest that counts
        if rows[at - 1][0]:
            leads.append((at - since) * 15.0)
    assert leads == found.leads[0].tolist()


def day(told_short, told_well, short=10, limits=3):
    """A day's counts, by hand."""
    some = np.zeros(limits, dtype=np.int64)
    return DayCounts(
        np.array(told_short), np.array(told_well), some + short, some, some, some, some, (np.empty(0),) * limits
    )


LIMITS = np.array([0.2, 0.5, 0.8])


def test_the_limit_is_the_one_that_tells_most_within_its_false_alarms():
    rule = RuleDays(LIMITS, (day([2, 5, 9], [0, 2, 6]), day([2, 5, 9], [0, 4, 8])))

    assert [0.2, 0.2, 0.5, 0.8] == [limit_for(rule, budget) for budget in (0.0, 2.9, 3.0, 7.0)]
    assert (10 / 16, 0.5, 3.0) == (
        score_at(rule, 0.5).precision, score_at(rule, 0.5).recall, score_at(rule, 0.5).false_alarms,
    )  # fmt: skip


def test_at_equal_false_alarms_recall_lies_straight_between_the_limits():
    rule = RuleDays(LIMITS, (day([2, 5, 9], [0, 2, 6]),))

    assert [0.2, 0.35, 0.5, 0.7, 0.9] == pytest.approx(recall_at(rule, np.array([0.0, 1.0, 2.0, 4.0, 9.0])).tolist())


def test_a_rule_is_no_better_than_itself_and_one_that_tells_more_every_day_surely_is():
    worse = RuleDays(LIMITS, tuple(day([1, 3 + number % 2, 5], [0, 2, 6]) for number in range(20)))
    better = RuleDays(LIMITS, tuple(day([2, 5 + number % 2, 8], [0, 2, 6]) for number in range(20)))

    same, more = difference(worse, worse, 2.0), difference(better, worse, 2.0)

    assert (0.0, 0.0, 0.0) == (same.value, same.low, same.high)
    assert more.value == pytest.approx(0.2)
    assert more.low > 0.1


def test_the_level_ahead_lies_between_what_is_projected_and_what_was_reached_and_says_nothing_of_an_empty_line():
    projected, reached = np.array([0.9, 0.2, np.nan, 0.5, 1.0]), np.array([0.4, 0.7, 0.3, np.nan, 0.0])

    found = level_ahead(projected, reached)

    assert ((found[:2] > [0.4, 0.2]) & (found[:2] < [0.9, 0.7])).all()
    assert found[2] == pytest.approx(0.3)
    assert np.isnan(found[3])
    assert found[4] == pytest.approx(0.5)  # log-odds of 0.98 and 0.02 lie evenly around 0

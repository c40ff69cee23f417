"""Judgement warns with numbers; where there is not enough to judge by it passes without one."""

import datetime as dt
import math

import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.judgement import (
    band_holds,
    day_due,
    is_up_to_date,
    last_open_day,
    refused_share,
    volume_against_forecast,
    weeks_apart,
    worse_than_peer,
)

NAN = float("nan")
FRIDAY = dt.date(2026, 3, 6)
DESK = Site(opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-18:00"))


def numbers(judgement):
    return judgement.passes, judgement.expected, judgement.found, judgement.limit


@pytest.mark.parametrize(
    ("calls", "passes"),
    [
        pytest.param(49.0, False, id="below_half"),
        pytest.param(50.0, True, id="half_is_enough"),
        pytest.param(500.0, True, id="a_rush_is_no_broken_feed"),
        pytest.param(0.0, False, id="no_call_at_all"),
    ],
)
def test_a_day_far_below_its_forecast_warns(calls, passes):
    assert (passes, 100.0, calls, 50.0) == numbers(volume_against_forecast(calls, 100.0, lowest_share=0.5))


@pytest.mark.parametrize(
    ("calls", "forecast"),
    [
        pytest.param(NAN, 100.0, id="calls_are_not_known"),
        pytest.param(5.0, NAN, id="nothing_was_forecast"),
        pytest.param(0.0, 19.9, id="too_few_calls_to_judge_by"),
        pytest.param(0.0, 0.0, id="a_closed_day"),
    ],
)
def test_a_day_without_calls_or_forecast_is_not_judged(calls, forecast):
    judged = volume_against_forecast(calls, forecast, lowest_share=0.5, least_calls=20.0)

    assert (True, True) == (judged.passes, math.isnan(judged.found))
    assert "not enough data" in judged.words


def test_refused_rows_warn_above_their_share():
    assert (True, 0.0, 0.02, 0.02) == numbers(refused_share(100, 2, highest_share=0.02))
    assert (False, 0.0, 0.03, 0.02) == numbers(refused_share(100, 3, highest_share=0.02))
    assert math.isnan(refused_share(0, 0, highest_share=0.02).found)


@pytest.mark.parametrize(
    ("band_coverage", "passes", "limit"),
    [
        pytest.param(0.64, False, 0.65, id="too_narrow"),
        pytest.param(0.66, True, 0.65, id="a_little_narrow"),
        pytest.param(0.94, True, 0.95, id="a_little_wide"),
        pytest.param(0.96, False, 0.95, id="too_wide"),
    ],
)
def test_a_band_that_holds_too_little_or_too_much_warns(band_coverage, passes, limit):
    judged = band_holds([50, 50], [band_coverage, band_coverage], tolerance=0.15)

    assert (passes, 0.8) == (judged.passes, judged.expected)
    assert (band_coverage, limit) == (pytest.approx(judged.found), pytest.approx(judged.limit))


def test_queues_count_in_a_band_by_their_points():
    # (90 x 0.9 + 10 x 0.5) / 100 = 0.86; the row without coverage is left out
    assert 0.86 == pytest.approx(band_holds([90, 10, 40], [0.9, 0.5, NAN], tolerance=0.15).found)


def test_a_band_with_few_points_is_not_judged():
    assert not math.isnan(band_holds([30], [0.0], tolerance=0.15).found)
    assert math.isnan(band_holds([29], [0.0], tolerance=0.15).found)
    assert math.isnan(band_holds([], [], tolerance=0.15).found)


@pytest.mark.parametrize(
    ("ours", "peers", "passes", "in_a_row"),
    [
        pytest.param([0.3, 0.3, 0.3], [0.2, 0.2, 0.2], False, 3, id="worse_every_time"),
        pytest.param([0.1, 0.3, 0.3], [0.2, 0.2, 0.2], True, 2, id="better_three_weeks_ago"),
        pytest.param([0.3, 0.3, 0.2], [0.2, 0.2, 0.2], True, 0, id="as_good_is_not_worse"),
        pytest.param([0.1, 0.3, 0.3, 0.3], [0.2, 0.2, 0.2, 0.2], False, 3, id="only_the_newest_count"),
    ],
)
def test_a_forecast_worse_than_a_plain_average_in_every_newest_issue_warns(ours, peers, passes, in_a_row):
    assert (passes, 0.0, in_a_row, 2.0) == numbers(worse_than_peer(ours, peers, issues=3))


def test_too_few_scored_issues_are_not_judged():
    assert math.isnan(worse_than_peer([0.3, 0.3, NAN], [0.2, 0.2, 0.2], issues=3).found)


def test_issues_are_judged_a_week_apart_and_once_their_week_is_over():
    daily = [FRIDAY + dt.timedelta(days=n) for n in range(30)]  # up to 4 April

    chosen = weeks_apart(daily, dt.date(2026, 4, 4), count=3)

    # 29 March to 4 April is the newest whole week
    assert [dt.date(2026, 3, 15), dt.date(2026, 3, 22), dt.date(2026, 3, 29)] == chosen
    assert [] == weeks_apart(daily, dt.date(2026, 3, 11), count=3)
    assert [FRIDAY] == weeks_apart(daily, dt.date(2026, 3, 12), count=3)


# -- freshness ---------------------------------------------------------------------------------


def test_the_newest_date_decides_and_says_how_many_days_are_missing():
    assert (True, 0.0, 0.0, 0.0) == numbers(is_up_to_date(FRIDAY, FRIDAY, what="calls"))
    assert (True, 0.0, 0.0, 0.0) == numbers(is_up_to_date(FRIDAY + dt.timedelta(days=1), FRIDAY, what="calls"))
    assert (False, 0.0, 2.0, 0.0) == numbers(is_up_to_date(FRIDAY - dt.timedelta(days=2), FRIDAY, what="calls"))


def test_an_empty_table_is_out_of_date_and_has_no_number():
    judged = is_up_to_date(None, FRIDAY, what="calls")

    assert not judged.passes
    assert math.isnan(judged.found)


def test_data_of_long_ago_are_a_recording_and_not_out_of_date():
    judged = is_up_to_date(dt.date(1999, 12, 31), FRIDAY, what="calls")

    assert (True, True) == (judged.passes, math.isnan(judged.found))


@pytest.mark.parametrize(
    ("cron", "now", "due"),
    [
        ("0 3 * * *", dt.datetime(2026, 3, 6, 8, 59), dt.date(2026, 3, 5)),
        ("0 3 * * *", dt.datetime(2026, 3, 6, 9, 0), FRIDAY),
        ("0 3 * * *", dt.datetime(2026, 3, 6, 23, 59), FRIDAY),
        ("30 22 * * *", dt.datetime(2026, 3, 6, 9, 0), dt.date(2026, 3, 5)),
        ("30 22 * * *", dt.datetime(2026, 3, 7, 4, 29), dt.date(2026, 3, 5)),
        ("30 22 * * *", dt.datetime(2026, 3, 7, 4, 30), FRIDAY),
        ("0 3 * * mon-fri", dt.datetime(2026, 3, 8, 12, 0), FRIDAY),
    ],
)
def test_a_night_is_due_six_hours_after_its_own_time(cron, now, due):
    assert due == day_due(now, nightly_cron=cron, grace_hours=6)


def test_no_calls_are_due_of_a_closed_day():
    monday = dt.date(2026, 3, 9)

    assert FRIDAY == last_open_day(DESK, monday)
    assert monday == last_open_day(DESK, dt.date(2026, 3, 10))


def test_a_desk_that_has_been_closed_for_a_month_owes_yesterday():
    closed = Site(opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "closed"))

    assert dt.date(2026, 3, 8) == last_open_day(closed, dt.date(2026, 3, 9))

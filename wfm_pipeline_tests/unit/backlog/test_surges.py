"""Surges: limits keep their promise on what they have not seen, an hour is judged by weeks before it, and short history says so.

SIMULATED counts, Poisson around a working day's shape.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, norm, poisson

from wfm_pipeline.contracts.backlog.ahead import BACKLOG_ALERT
from wfm_pipeline.domain.backlog.surges.chart import ChartLimits, beginnings, chart
from wfm_pipeline.domain.backlog.surges.delays import PastHours, shift_delays
from wfm_pipeline.domain.backlog.surges.detection import surge_alerts
from wfm_pipeline.domain.backlog.surges.expected import expected_changes, expected_counts
from wfm_pipeline.domain.backlog.surges.hour_alerts import HourAlertsRequest, hour_alerts, issued_before
from wfm_pipeline.domain.backlog.surges.limits import learnt_limits, peak_sums
from wfm_pipeline.domain.backlog.surges.plain_limits import PlainLimits, plain_alerts
from wfm_pipeline.domain.backlog.surges.request import INFLOW, STREAMS, THROUGHPUT, SurgeRequest
from wfm_pipeline.domain.backlog.surges.scores import count_at, count_scores, spread_of
from wfm_pipeline.errors import DataError

NEWEST = pd.Timestamp("2026-03-02 13:00")
ZONE = "Europe/Berlin"


def hours_of(*, weeks=8, queues=3, newest=NEWEST, seed=1, cases=4.0, **changes):
    """Rows as gold.backlog_hour for the site in Berlin, open 08:00 to 18:00."""
    at = pd.date_range(newest - pd.Timedelta(weeks=weeks, hours=14), newest, freq="h", unit="us")
    local = at.tz_localize("UTC").tz_convert(ZONE).tz_localize(None)
    is_open = (local.hour >= 8) & (local.hour < 18)
    rng, shape = np.random.default_rng(seed), (len(at), queues)
    mean = np.where(is_open, cases, cases / 10)[:, None]
    rows = pd.DataFrame(
        {
            "queue_id": np.tile([f"q{number}" for number in range(queues)], len(at)),
            "hour_start": np.repeat(at, queues),
            "hour_start_local": np.repeat(local, queues),
            "is_open": np.repeat(is_open, queues),
            "open_before": 60,
            "inflow": rng.poisson(mean, shape).ravel(),
            "re_opened": 0,
            "moved_in": 0,
            "outflow": rng.poisson(np.where(is_open, cases, 0)[:, None], shape).ravel(),
            **{f"open_age_{place}": rng.poisson(5, shape).ravel() for place in range(1, 6)},
        }
    )
    for name, (hours, value) in changes.items():
        is_it = (rows["queue_id"] == "q0") & (rows["hour_start"] > newest - pd.Timedelta(hours=hours))
        rows.loc[is_it, name] = value
    return rows


def kinds(answer):
    return answer.alerts[["queue_id", "kind"]].to_numpy().tolist()


def test_many_cases_in_the_newest_hour_are_told_in_that_hour():
    answer = surge_alerts(SurgeRequest(hours=hours_of(inflow=(1, 30))))

    assert [["q0", INFLOW]] == kinds(answer)
    told = answer.alerts.iloc[0]
    assert (NEWEST, NEWEST, 30.0) == (told["hour_start"], told["since"], told["value"])
    assert 8 <= told["limit"] <= 30  # Poisson(4): 8 is 1 in 20, 30 is out of this world
    assert "30 cases came" in told["words"]


def test_a_small_surge_is_told_once_its_hours_add_up_and_since_says_from_when():
    rows = hours_of(inflow=(4, 9))
    stages = [
        surge_alerts(SurgeRequest(hours=rows[rows["hour_start"] <= NEWEST - pd.Timedelta(hours=back)]))
        for back in (3, 0)
    ]

    assert [[], [["q0", INFLOW]]] == [kinds(stage) for stage in stages]
    assert stages[1].alerts["since"].iloc[0] > NEWEST - pd.Timedelta(hours=3)


def test_nothing_done_for_hours_is_slow_throughput_and_an_empty_queue_is_not():
    slow = hours_of(outflow=(5, 0))
    empty = slow.assign(open_before=np.where(slow["hour_start"] > NEWEST - pd.Timedelta(hours=5), 0, 60)).assign(
        inflow=lambda rows: np.where(rows["hour_start"] > NEWEST - pd.Timedelta(hours=5), 0, rows["inflow"])
    )

    assert [["q0", THROUGHPUT]] == kinds(surge_alerts(SurgeRequest(hours=slow)))
    assert [] == kinds(surge_alerts(SurgeRequest(hours=empty)))


def test_old_cases_that_pile_up_are_a_surge_of_age():
    rows = hours_of(open_age_4=(2, [40, 80]))

    assert [["q0", "surge_age"]] == kinds(surge_alerts(SurgeRequest(hours=rows)))


def test_closed_hours_are_neither_slow_nor_the_end_of_an_alarm():
    rows = hours_of(newest=pd.Timestamp("2026-03-02 20:00"), outflow=(9, 0))  # 12:00 to 20:00 UTC; closed from 17:00 on
    told = surge_alerts(SurgeRequest(hours=rows)).alerts
    quiet = surge_alerts(SurgeRequest(hours=hours_of(newest=pd.Timestamp("2026-03-02 20:00")))).alerts

    assert [["q0", THROUGHPUT]] == told[["queue_id", "kind"]].to_numpy().tolist()
    assert told["since"].iloc[0] < pd.Timestamp("2026-03-02 17:00")
    assert np.isnan(told["limit"].iloc[0])
    assert 0 == len(quiet)


def test_the_order_of_rows_and_other_names_of_queues_change_nothing():
    rows = hours_of(inflow=(1, 30))
    mixed = rows.sample(frac=1.0, random_state=3)

    one, other = (surge_alerts(SurgeRequest(hours=frame)) for frame in (rows, mixed))

    pd.testing.assert_frame_equal(one.alerts, other.alerts)
    pd.testing.assert_frame_equal(one.limits, other.limits)


@pytest.mark.parametrize(
    ("weeks", "per_week"),
    [
        pytest.param(2, 1.0, id="two_weeks"),
        pytest.param(6, 1.0, id="two_scored_weeks"),
        pytest.param(8, 0.5, id="seldom"),
    ],
)
def test_short_history_raises_no_alarm_and_says_so(weeks, per_week):
    answer = surge_alerts(SurgeRequest(hours=hours_of(weeks=weeks, inflow=(1, 500)), false_alarms_per_week=per_week))

    assert [] == kinds(answer)
    assert list(STREAMS) == answer.limits["kind"].tolist()
    assert answer.limits["hour_limit"].isna().all()
    assert answer.limits["reason"].str.startswith("not enough history").all()


def test_a_queue_that_is_new_is_counted_and_not_judged():
    rows = hours_of(inflow=(1, 500))
    rows = rows[(rows["queue_id"] != "q0") | (rows["hour_start"] > NEWEST - pd.Timedelta(weeks=2))]

    answer = surge_alerts(SurgeRequest(hours=rows))

    assert [] == kinds(answer)
    assert {1} == set(answer.limits["queues_without_history"])


def test_a_forecast_that_knew_of_the_surge_makes_it_none():
    rows = hours_of(inflow=(1, 30))
    forecast = rows.loc[rows["hour_start"] == NEWEST, ["queue_id", "hour_start"]].assign(cases_mean=28.0)

    assert [["q0", INFLOW]] == kinds(surge_alerts(SurgeRequest(hours=rows)))
    assert ["q0", INFLOW] not in kinds(surge_alerts(SurgeRequest(hours=rows, inflow_forecast=forecast)))


def test_days_on_which_clocks_change_are_laid_like_others():
    rows = hours_of(newest=pd.Timestamp("2026-04-06 13:00"), inflow=(1, 30))  # 29 March 2026 has 23 hours in Berlin
    autumn = hours_of(newest=pd.Timestamp("2026-10-25 01:00"), inflow=(1, 30))  # 02:00 local comes a second time

    assert [["q0", INFLOW]] == kinds(surge_alerts(SurgeRequest(hours=rows)))
    assert pd.Timestamp("2026-10-25 01:00") == surge_alerts(SurgeRequest(hours=autumn)).alerts["hour_start"].iloc[0]


def test_wrong_rows_are_refused():
    rows = hours_of(weeks=1)

    with pytest.raises(DataError, match="outflow"):
        surge_alerts(SurgeRequest(hours=rows.drop(columns="outflow")))
    with pytest.raises(DataError, match="give each hour once"):
        surge_alerts(SurgeRequest(hours=pd.concat([rows, rows.tail(1)])))
    with pytest.raises(DataError, match="above 0"):
        surge_alerts(SurgeRequest(hours=rows, false_alarms_per_week=0))


@pytest.mark.parametrize("per_week", [1.0, 4.0])
def test_limits_keep_their_promise_on_weeks_they_have_not_seen(per_week):
    rng, made = np.random.default_rng(5), []
    for seed in range(12):
        scores = rng.normal(size=(8, 7, 24, 10))
        limits = learnt_limits(scores, per_week=per_week, seed=seed).limits
        unseen = rng.normal(size=(20 * 168, 10))
        made.append(beginnings(chart(unseen, limits).is_alarm).sum() / 20)

    # 240 weeks and 96 learnt from: about 1 / sqrt(96 * per_week) from the limits and 1 / sqrt(240 * per_week) from the weeks: 12 % at 1
    assert per_week == pytest.approx(np.mean(made), rel=0.25 / np.sqrt(per_week))


def test_fewer_false_alarms_have_higher_limits_and_later_finds():
    rng = np.random.default_rng(6)
    counts = rng.poisson(3.0, (8, 7, 24, 5)).astype(float)
    expected = np.full(counts.shape, 3.0)
    spread = np.full(5, 1e-6)
    scores = count_scores(counts, expected, spread)
    past = PastHours(
        counts=counts.reshape(-1, 5),
        expected=expected.reshape(-1, 5),
        spread=np.tile(spread, (1344, 1)),
        sign=1.0,
        is_scored=np.ones((1344, 5), bool),
    )
    few, many = (learnt_limits(scores, per_week=per_week, seed=1).limits for per_week in (0.5, 8.0))

    late, soon = (shift_delays(past, limits, seed=2, shifts=(1.5, 3.0)) for limits in (few, many))

    assert few.hour > many.hour
    assert few.total > many.total
    assert late[0].delay_hours > soon[0].delay_hours
    assert late[0].delay_hours > late[1].delay_hours


@given(seed=st.integers(0, 10_000), allowance=st.sampled_from([0.25, 0.5]))
@settings(max_examples=30, deadline=None)
def test_the_chart_is_what_hour_after_hour_by_hand_says(seed, allowance):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.3, 1.2, (60, 2))
    scores[rng.random(scores.shape) < 0.2] = np.nan
    limits = ChartLimits(hour=2.5, total=3.0)

    found = chart(scores, limits, allowance=allowance).is_alarm

    for series in range(2):
        total, stands = 0.0, False
        for hour, score in enumerate(scores[:, series]):
            if not np.isnan(score):
                total = min(max(total + score - allowance, 0.0), limits.total)
                stands = score >= limits.hour or total >= limits.total or (stands and total >= limits.total / 2)
            assert stands == found[hour, series]


def test_peaks_are_the_highest_sums_between_returns_to_nothing():
    scores = np.array([[1.5], [1.5], [-5.0], [0.75], [np.nan], [-1.0], [2.5]])

    assert [0.25, 2.0, 2.0] == sorted(peak_sums(scores, allowance=0.5).tolist())


def test_an_hour_is_expected_from_weeks_before_its_week_alone():
    rng = np.random.default_rng(2)
    counts = rng.poisson(2.0, (6, 7, 24, 3)).astype(float)
    later = counts.copy()
    later[4:] = 50.0

    for expect in (lambda given: expected_counts(given)[0], lambda given: expected_counts(given)[1], expected_changes):
        np.testing.assert_array_equal(expect(counts)[:5], expect(later)[:5])
        assert np.isnan(expect(counts)[:4]).all()


def test_expected_counts_add_up_to_what_came():
    counts = np.random.default_rng(3).poisson(0.3, (7, 7, 24, 4)).astype(float)

    expected, _ = expected_counts(counts)

    np.testing.assert_allclose(counts[2:6].sum(axis=(0, 1, 2)) / 4, expected[6].sum(axis=(0, 1)))


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 1e-6), (4.0, 0.2), (300.0, 0.05)])
def test_scores_are_the_middle_of_a_count_s_own_probability(mean, spread):
    counts = np.array([0.0, 1.0, 5.0])[:, None]
    law = poisson(mean) if spread < 1e-3 else nbinom(1 / spread, 1 / (1 + spread * mean))
    middle = (law.cdf(counts - 1) + law.cdf(counts)) / 2

    found = count_scores(counts, np.full((3, 1), mean), np.array([spread]))

    np.testing.assert_allclose(np.clip(norm.ppf(np.clip(middle, 1e-12, 1 - 1e-12)), -7, 7), found, atol=2e-3)


def test_the_count_from_which_an_hour_has_a_score_is_the_first_that_has_it():
    for is_low in (False, True):
        count = count_at(2.0, 12.0, 0.1, is_low=is_low)
        around = count_scores(count + np.array([[-1.0], [0.0], [1.0]]), np.full((3, 1), 12.0), np.array([0.1]))[:, 0]
        assert (around[1] <= -2.0 < around[2]) if is_low else (around[0] < 2.0 <= around[1])


def test_spread_is_found_again():
    rng = np.random.default_rng(4)
    counts = rng.negative_binomial(1 / 0.3, 1 / (1 + 0.3 * 8.0), (8, 7, 24, 2)).astype(float)

    np.testing.assert_allclose([0.3, 0.3], spread_of(counts, np.full(counts.shape, 8.0)), rtol=0.15)


def plain_row(hour, **values):
    row = {
        "queue_id": "a",
        "hour_start": NEWEST - pd.Timedelta(hours=hour),
        "open_cases": 40,
        "over_due": 0,
        "stuck": 0,
    }
    return {**row, "breach_probability": np.nan, "breach_until": pd.NaT, **values}


def test_a_breach_past_its_limit_stands_since_the_first_hour_of_the_stretch():
    rows = [plain_row(hour, breach_probability=p) for hour, p in ((4, 0.5), (3, 0.05), (2, 0.2), (1, 0.3), (0, 0.6))]

    told = plain_alerts(pd.DataFrame(rows)).iloc[0]

    assert ("breach_risk", "high", 0.6, 0.1) == tuple(told[["kind", "severity", "value", "limit"]])
    assert NEWEST - pd.Timedelta(hours=2) == told["since"]


def test_a_gap_between_hours_begins_a_stretch_anew():
    rows = [plain_row(hour, over_due=30) for hour in (3, 2, 0)]

    assert NEWEST == plain_alerts(pd.DataFrame(rows))["since"].iloc[0]


@pytest.mark.parametrize(
    ("values", "kinds_told"),
    [
        pytest.param({"over_due": 5}, ["over_due"], id="at_the_least_number"),
        pytest.param({"over_due": 4, "open_cases": 4}, [], id="few_cases"),
        pytest.param({"over_due": 9, "open_cases": 100}, [], id="small_share"),
        pytest.param({"stuck": 5}, ["stuck"], id="stuck"),
        pytest.param({"over_due": np.nan, "breach_probability": np.nan}, [], id="not_known"),
        pytest.param({"breach_probability": 0.1}, [], id="at_the_wanted_probability"),
    ],
)
def test_plain_limits_by_their_numbers(values, kinds_told):
    assert kinds_told == plain_alerts(pd.DataFrame([plain_row(0, **values)]), PlainLimits())["kind"].tolist()


def gold_rows(**changes):
    """Rows as gold.backlog_hour, as far as alerts read them."""
    rows = hours_of(**changes)
    return rows.assign(
        source="desk", business_date=rows["hour_start_local"].dt.date, open_cases=40, over_due=np.where(rows["queue_id"] == "q1", 30, 0),
        stuck=0, breach_probability=np.nan, breach_until=pd.NaT,
    )  # fmt: skip


def test_an_hour_s_alerts_are_rows_of_gold():
    found = hour_alerts(HourAlertsRequest(hours=gold_rows(inflow=(1, 30))))

    assert list(BACKLOG_ALERT.column_names) == list(found.rows.columns)
    assert [("q0", INFLOW), ("q1", "over_due")] == list(
        found.rows[["queue_id", "kind"]].itertuples(index=False, name=None)
    )
    assert {("desk", NEWEST, pd.Timestamp("2026-03-02 14:00"))} == set(
        found.rows[["source", "hour_start", "hour_start_local"]].itertuples(index=False, name=None)
    )
    assert () == found.not_judged


def test_an_hour_without_history_has_its_plain_alerts_and_says_what_was_not_judged():
    found = hour_alerts(HourAlertsRequest(hours=gold_rows(weeks=0, inflow=(1, 30))))
    nothing = hour_alerts(HourAlertsRequest(hours=gold_rows().iloc[:0]))

    assert ["over_due"] == found.rows["kind"].tolist()
    assert set(STREAMS) == set(found.not_judged)
    assert (0, ()) == (len(nothing.rows), nothing.not_judged)


def test_of_several_issues_the_last_before_the_hour_counts():
    at = NEWEST
    issues = pd.DataFrame(
        {
            "queue_id": "q0",
            "hour_start": at,
            "issued_at": [at, at + pd.Timedelta(minutes=1), at - pd.Timedelta(hours=3)],
            "cases_mean": [2.0, 3.0, 1.0],
        }
    )

    assert [["q0", at, 2.0]] == issued_before(issues).to_numpy().tolist()

"""Events, drivers and days that look wrong: learnt, shrunk, left out, never leaking."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, PlannersInput, forecast
from wfm_pipeline.domain.forecasting.planners.anomalies import wrong_days
from wfm_pipeline.domain.forecasting.planners.day_noise import Noise
from wfm_pipeline.domain.forecasting.planners.regressors import Regressor, learn_regressors

DAYS = 200
FIRST = dt.date(2024, 1, 1)
ORIGIN = FIRST + dt.timedelta(days=DAYS)
FAST = ForecastOptions(effect_seeds=1, inner_origins=2, num_threads=1)


def day(number):
    return pd.Timestamp(FIRST) + pd.Timedelta(days=number)


def events(*rows):
    """(event_id, type, queue, first day, last day[, known on day])."""
    full = [(*row[:3], day(row[3]), day(row[4]), day(row[5]) if len(row) > 5 else pd.NaT) for row in rows]
    columns = ["event_id", "event_type", "queue_id", "first_date", "last_date", "known_on"]
    frame = pd.DataFrame(full, columns=columns)
    return frame.astype({"known_on": "datetime64[us]"})


def history(lift=None, *, queues=("a", "b"), seed=5, days=DAYS, sd=0.08):
    """Hourly Poisson calls, 240 a day and queue, log-normal luck; `lift` (queues, days) multiplies days."""
    rng = np.random.default_rng(seed)
    luck = np.exp(rng.normal(0, sd, (len(queues), days)))
    mean = 10.0 * luck * (1.0 if lift is None else lift)
    calls = rng.poisson(np.repeat(mean, 24, axis=1)).astype(float)
    times = pd.date_range(FIRST, periods=days * 24, freq="h", unit="us")
    parts = [
        pd.DataFrame({"queue_id": q, "interval_start": times, "calls": c}) for q, c in zip(queues, calls, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def by_day(result):
    return result.days.set_index(["queue_id", "horizon_days"])["calls_mean"].unstack()  # noqa: PD010  (one value per cell)


BILLING = (20, 50, 81, 112, 142, 173)  # not on one weekday, not on one day of the month


@pytest.fixture(scope="module")
def billed():
    lift = np.ones((2, DAYS))
    lift[:, list(BILLING)] = 1.6
    return history(lift)


def test_a_recurring_event_is_learnt_and_applied_on_its_days_ahead(billed):
    past = [(f"e{n}", "billing", "(all)", n, n) for n in BILLING]
    ahead = ("next", "billing", "(all)", DAYS + 4, DAYS + 4)

    plain = by_day(
        forecast(billed, site=Site(), origin=ORIGIN, planners=PlannersInput(events=events(*past)), options=FAST)
    )
    told = forecast(
        billed, site=Site(), origin=ORIGIN, planners=PlannersInput(events=events(*past, ahead)), options=FAST
    )

    ratio = by_day(told) / plain
    assert ratio[5].to_numpy() == pytest.approx([1.6, 1.6], rel=0.08)  # the fifth target day
    assert ratio.drop(columns=5).to_numpy() == pytest.approx(1.0)
    assert any("billing" in note and "x 1." in note for note in told.notes)


def test_intervals_of_an_event_day_still_add_up_to_the_day(billed):
    planners = PlannersInput(events=events(*[(f"e{n}", "billing", "(all)", n, n) for n in (*BILLING, DAYS + 4)]))

    result = forecast(billed, site=Site(), origin=ORIGIN, planners=planners, options=FAST)

    sums = result.intervals.groupby(["queue_id", "business_date"])["calls_mean"].sum().to_numpy()
    np.testing.assert_allclose(sums, result.days["calls_mean"], rtol=0, atol=1e-9)


def test_an_event_of_one_queue_leaves_the_other_alone():
    lift = np.ones((2, DAYS))
    lift[0, list(BILLING)] = 1.6
    past = [(f"e{n}", "billing", "a", n, n) for n in (*BILLING, DAYS + 4)]

    told = forecast(
        history(lift), site=Site(), origin=ORIGIN, planners=PlannersInput(events=events(*past)), options=FAST
    )

    lifted = by_day(told)[5] / by_day(told)[6]
    assert lifted["a"] == pytest.approx(1.6, rel=0.1)
    assert lifted["b"] == pytest.approx(1.0, rel=0.08)


def test_an_event_said_of_all_queues_is_told_apart_where_only_one_answers():
    lift = np.ones((2, DAYS))
    lift[0, list(BILLING)] = 1.6
    past = [(f"e{n}", "billing", "(all)", n, n) for n in (*BILLING, DAYS + 4)]

    told = forecast(
        history(lift), site=Site(), origin=ORIGIN, planners=PlannersInput(events=events(*past)), options=FAST
    )

    lifted = by_day(told)[5] / by_day(told)[6]
    assert lifted["a"] == pytest.approx(1.6, rel=0.12)
    assert lifted["b"] == pytest.approx(1.0, rel=0.12)


def test_an_event_type_never_seen_does_nothing_and_says_so(billed):
    launch = PlannersInput(events=events(("new", "launch", "(all)", DAYS + 2, DAYS + 3)))

    plain = forecast(billed, site=Site(), origin=ORIGIN, options=FAST)
    told = forecast(billed, site=Site(), origin=ORIGIN, planners=launch, options=FAST)

    pd.testing.assert_frame_equal(plain.intervals, told.intervals)
    assert "event type 'launch' was never seen before the origin: it does nothing" in told.notes


def test_an_event_ahead_that_was_not_known_at_the_origin_does_nothing(billed):
    past = [(f"e{n}", "billing", "(all)", n, n) for n in BILLING]
    late = ("late", "billing", "(all)", DAYS + 4, DAYS + 4, DAYS + 1)

    plain = forecast(billed, site=Site(), origin=ORIGIN, planners=PlannersInput(events=events(*past)), options=FAST)
    told = forecast(
        billed, site=Site(), origin=ORIGIN, planners=PlannersInput(events=events(*past, late)), options=FAST
    )

    pd.testing.assert_frame_equal(plain.intervals, told.intervals)
    assert any("not known at the origin" in note for note in told.notes)


def test_an_unknown_queue_is_named(billed):
    planners = PlannersInput(events=events(("e", "billing", "typo", 20, 20)))

    told = forecast(billed, site=Site(), origin=ORIGIN, planners=planners, options=FAST)

    assert "event 'e' names queue 'typo', which the history does not hold" in told.notes


def driver_rows(values, *, known_on=None):
    frame = pd.DataFrame({"driver": "degrees", "queue_id": "(all)", "value": values})
    frame["business_date"] = [day(number) for number in range(len(values))]
    frame["known_on"] = pd.Series([pd.NaT if known_on is None else day(known_on)] * len(values), dtype="datetime64[us]")
    return frame


def test_a_driver_with_an_effect_is_learnt_and_applied_ahead():
    degrees = np.random.default_rng(1).normal(10, 5, DAYS + 14)
    degrees[DAYS:] = 10.0
    warm = degrees.copy()
    warm[DAYS + 5] = 20.0  # two standard deviations above the mean
    lift = np.exp(0.15 * (degrees[:DAYS] - 10) / 5)[None, :].repeat(2, axis=0)

    usual, warmer = (
        forecast(
            history(lift), site=Site(), origin=ORIGIN, planners=PlannersInput(drivers=driver_rows(values)), options=FAST
        )
        for values in (degrees, warm)
    )

    ratio = by_day(warmer) / by_day(usual)
    assert ratio[6].to_numpy() == pytest.approx([np.exp(0.3)] * 2, rel=0.06)
    assert ratio.drop(columns=6).to_numpy() == pytest.approx(1.0)


def test_a_driver_of_pure_noise_does_not_worsen_the_forecast():
    # over 12 desks the driver may cost what chance allows: under half a percent of the error, on average
    costs = []
    for seed in range(12):
        calls = history(seed=seed, days=DAYS + 14, sd=0.15)
        past = calls[calls["interval_start"] < pd.Timestamp(ORIGIN)]
        came = calls[calls["interval_start"] >= pd.Timestamp(ORIGIN)]
        came = came.groupby(["queue_id", came["interval_start"].dt.normalize()])["calls"].sum().to_numpy()
        noise = PlannersInput(drivers=driver_rows(np.random.default_rng(100 + seed).normal(size=DAYS + 14)))
        error = [
            np.abs(
                forecast(past, site=Site(), origin=ORIGIN, planners=planners, options=FAST).days["calls_mean"] - came
            ).sum()
            for planners in (None, noise)
        ]
        costs.append(error[1] / error[0] - 1)

    assert np.mean(costs) < 0.005
    assert max(costs) < 0.03


def test_a_driver_that_is_not_known_ahead_is_left_out_there_and_says_so():
    degrees = np.random.default_rng(1).normal(10, 5, DAYS)
    lift = np.exp(0.15 * (degrees - 10) / 5)[None, :].repeat(2, axis=0)

    told = forecast(
        history(lift), site=Site(), origin=ORIGIN, planners=PlannersInput(drivers=driver_rows(degrees)), options=FAST
    )

    assert "driver 'degrees' is unknown on 14 of 14 target days: left out there" in told.notes
    assert not told.models.outside.lift.any()


def test_values_of_target_days_move_nothing_but_their_own_day():
    degrees = np.random.default_rng(1).normal(10, 5, DAYS + 14)
    lift = np.exp(0.15 * (degrees[:DAYS] - 10) / 5)[None, :].repeat(2, axis=0)
    other = degrees.copy()
    other[DAYS + 9] = 25.0

    first, second = (
        by_day(
            forecast(
                history(lift), site=Site(), origin=ORIGIN, planners=PlannersInput(drivers=driver_rows(v)), options=FAST
            )
        )
        for v in (degrees, other)
    )

    pd.testing.assert_frame_equal(first.drop(columns=10), second.drop(columns=10))
    assert (first[10] != second[10]).all()


def test_nothing_after_the_origin_moves_an_effect_or_a_finding(billed):
    wild = history(np.full((2, DAYS + 14), 7.0), days=DAYS + 14)
    after = pd.concat([billed, wild[wild["interval_start"] >= pd.Timestamp(ORIGIN)]], ignore_index=True)
    planners = PlannersInput(events=events(*[(f"e{n}", "billing", "(all)", n, n) for n in (*BILLING, DAYS + 4)]))

    first = forecast(billed, site=Site(), origin=ORIGIN, planners=planners, options=FAST)
    second = forecast(after, site=Site(), origin=ORIGIN, planners=planners, options=FAST)

    pd.testing.assert_frame_equal(first.intervals, second.intervals)
    pd.testing.assert_frame_equal(first.models.outside.anomalies, second.models.outside.anomalies)


def decisions(*rows):
    frame = pd.DataFrame([(q, day(n), w, "ann") for q, n, w in rows])
    return frame.set_axis(["queue_id", "business_date", "decision", "decided_by"], axis=1)


def spiked(**numbers):
    lift = np.ones((2, DAYS))
    for name, number in numbers.items():
        lift[0, number] = {"spike": 6.0, "drop": 0.2}[name]
    return history(lift)


def test_a_spike_and_a_drop_are_found_with_their_reason_and_left_out():
    told = forecast(spiked(spike=150, drop=160), site=Site(), origin=ORIGIN, options=FAST)

    rows = told.models.outside.anomalies
    assert [("a", day(150), "spike"), ("a", day(160), "drop")] == list(
        rows[["queue_id", "business_date", "kind"]].itertuples(index=False, name=None)
    )
    assert rows["is_left_out"].all()
    assert rows["decision"].isna().all()
    assert "were to be expected" in rows["reason"].iloc[0]


def test_a_day_left_out_is_as_good_as_a_missing_day():
    calls = spiked(spike=150)
    gone = calls.assign(
        calls=calls["calls"].mask((calls["queue_id"] == "a") & (calls["interval_start"].dt.normalize() == day(150)))
    )

    spike = forecast(calls, site=Site(), origin=ORIGIN, options=FAST)
    missing = forecast(gone, site=Site(), origin=ORIGIN, options=FAST)

    pd.testing.assert_frame_equal(missing.intervals, spike.intervals)


def test_a_person_may_refuse_a_finding_and_name_a_day_of_their_own():
    planners = PlannersInput(decisions=decisions(("a", 150, "refused"), ("b", 30, "accepted")))

    rows = forecast(
        spiked(spike=150), site=Site(), origin=ORIGIN, planners=planners, options=FAST
    ).models.outside.anomalies

    found = rows.set_index("queue_id")
    assert [False, True] == found.loc[["a", "b"], "is_left_out"].tolist()
    assert ["spike", "stated"] == found.loc[["a", "b"], "kind"].tolist()
    assert ["ann", "ann"] == found["decided_by"].tolist()


def test_the_setting_leaves_days_in_until_a_person_accepts():
    options = ForecastOptions(effect_seeds=1, inner_origins=2, num_threads=1, leave_out_anomalies=False)
    accept = PlannersInput(decisions=decisions(("(all)", 150, "accepted")))

    alone, accepted = (
        forecast(
            spiked(spike=150), site=Site(), origin=ORIGIN, planners=planners, options=options
        ).models.outside.anomalies
        for planners in (None, accept)
    )

    assert [False] == alone["is_left_out"].tolist()
    assert [True, True] == accepted["is_left_out"].tolist()  # "(all)" names the day of both queues


def test_three_days_in_a_row_are_a_new_level_and_two_are_not():
    off = np.zeros((2, 40))
    off[0, 10:12], off[1, 10:13] = 9.0, 9.0

    wrong = wrong_days(off, off, spreads=4.0)

    assert [10, 11] == np.flatnonzero(wrong[0]).tolist()
    assert not wrong[1].any()


def test_a_day_that_is_many_spreads_off_but_by_less_than_half_is_not_wrong():
    off = np.full((1, 40), 20.0)
    residual = np.zeros((1, 40))
    residual[0, 5], residual[0, 7] = np.log(1.49), np.log(1.51)

    wrong = wrong_days(residual, np.where(residual > 0, off, 0.0), spreads=4.0)

    assert [7] == np.flatnonzero(wrong[0]).tolist()


def test_an_effect_is_shrunk_by_twice_its_noise_variance():
    # four lone days of +0.4, shared noise 0.2 without echo: variance 0.2**2 / 4 = 0.01, share kept 1 - 0.02 / 0.16
    residual = np.zeros((1, 60))
    values = np.zeros((1, 60))
    residual[0, ::15] = 0.4
    values[0, ::15] = 1.0
    groups = np.arange(60)[None, :]

    (learnt,) = learn_regressors(
        residual, np.ones((1, 60)), [Regressor("r", values, groups)], Noise(0.2, 0.0, np.zeros(1))
    )

    assert learnt.slopes == pytest.approx([0.4 * (1 - 0.02 / 0.16)])
    assert learnt.days == 4


@pytest.mark.parametrize("size", [pytest.param(0.28, id="below_sqrt_2_noise"), pytest.param(-0.28, id="either_sign")])
def test_an_effect_inside_its_noise_is_nothing(size):
    residual, values = np.zeros((1, 60)), np.zeros((1, 60))
    residual[0, 30], values[0, 30] = size, 1.0

    (learnt,) = learn_regressors(
        residual, np.ones((1, 60)), [Regressor("r", values, np.zeros((1, 60), int))], Noise(0.2, 0.0, np.zeros(1))
    )

    assert learnt.slopes.tolist() == [0.0]


def test_an_effect_whose_occurrences_differ_says_how_far_the_next_one_may_be_off():
    # lone days of 0.2, 0.4, 0.6, 0.8, noise 0.1: the slope's own variance is that of their mean, 0.2 / 3 / 4; between
    # them lie (0.05 - 0.75 x 0.01) / 0.75 more than noise explains
    residual, values = np.zeros((1, 60)), np.zeros((1, 60))
    residual[0, ::15], values[0, ::15] = [0.2, 0.4, 0.6, 0.8], 1.0

    (learnt,) = learn_regressors(
        residual, np.ones((1, 60)), [Regressor("r", values, np.arange(60)[None, :])], Noise(0.1, 0.0, np.zeros(1))
    )

    assert learnt.variances == pytest.approx([0.2 / 12 + (0.05 - 0.0075) / 0.75])


def test_the_doubt_of_an_effect_is_the_scatter_of_the_next_occurrence_around_it():
    # 400 desks: six occurrences drawn from N(0.6, 0.2), noise 0.1; the seventh is as far off as its variance says
    random = np.random.default_rng(11)
    squares = []
    for _ in range(400):
        effects = random.normal(0.6, 0.2, 7)
        residual, values = random.normal(0, 0.1, (1, 90)), np.zeros((1, 90))
        values[0, ::15] = 1.0
        residual[0, ::15] += effects[:6]
        (learnt,) = learn_regressors(
            residual, np.ones((1, 90)), [Regressor("r", values, np.arange(90)[None, :])], Noise(0.1, 0.0, np.zeros(1))
        )
        squares.append((effects[6] - learnt.slopes[0]) ** 2 / learnt.variances[0])

    assert 0.6 < np.median(squares) / 0.455 < 1.6  # the median of a squared standard normal is 0.455


def test_bands_of_an_event_day_widen_with_how_much_its_occurrences_differed_and_no_other_day_does():
    alike, unlike = np.ones((2, DAYS)), np.ones((2, DAYS))
    alike[:, list(BILLING)], unlike[:, list(BILLING)] = 1.6, (1.1, 2.3, 1.3, 2.0, 1.2, 2.1)
    planners = PlannersInput(events=events(*[(f"e{n}", "billing", "(all)", n, n) for n in (*BILLING, DAYS + 4)]))

    def width(lift):
        days = forecast(history(lift), site=Site(), origin=ORIGIN, planners=planners, options=FAST).days
        return ((days["calls_q90"] - days["calls_q10"]) / days["calls_mean"]).groupby(days["horizon_days"]).mean()

    ratio = width(unlike) / width(alike)
    assert ratio[5] > 1.5
    assert ratio.drop(5).between(0.8, 1.25).all()

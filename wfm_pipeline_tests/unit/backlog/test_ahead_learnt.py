"""Rules of what past weeks say: spells, endings, arrivals, throughput, calibration and scores."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from wfm_pipeline.domain.backlog.ahead.learnt.arrivals import count_quantiles, expected_cases, hour_counts, learn_hours
from wfm_pipeline.domain.backlog.ahead.learnt.calibration import (
    LEAST_OUTCOMES,
    PRIOR,
    PRIOR_WEIGHT,
    Calibration,
    fit_calibration,
)
from wfm_pipeline.domain.backlog.ahead.learnt.endings import LEAST_SPELLS, AsBefore, as_before, learn_endings
from wfm_pipeline.domain.backlog.ahead.learnt.scores import breach_scores
from wfm_pipeline.domain.backlog.ahead.learnt.spells import breach_outcomes, case_spells, due_passed, new_due_classes
from wfm_pipeline.domain.backlog.ahead.learnt.throughput import learn_throughput
from wfm_pipeline.domain.backlog.due import due_times
from wfm_pipeline.domain.backlog.events import usable_events
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import case_timeline
from wfm_pipeline.domain.backlog.working_time import WorkingTime
from wfm_pipeline_tests.backlog_kit import as_events

START, NOW = pd.Timestamp("2026-02-02"), pd.Timestamp("2026-03-02")


def spells_of(rows, **rules):
    rules = BacklogRules(due_seconds={"p": 4 * 3600.0}, **rules)
    timeline = case_timeline(usable_events(as_events(rows), as_of=pd.Timestamp("2027-01-01"), queues=None), rules)
    return case_spells(timeline, due_times(timeline, rules), rules)


def event(kind, hour, case="1", **more):
    return {"case_id": case, "kind": kind, "at": pd.Timestamp("2026-03-02") + pd.Timedelta(hours=hour), **more}


LIFE = [
    event("opened", 0, queue_id="a", priority="p"),
    event("assigned", 1),
    event("paused", 2),
    event("resumed", 5),
    event("moved", 6, to_queue="b"),
    event("assigned", 6.5),
    event("resolved", 8),
    event("re_opened", 20),
]


def test_a_spell_begins_and_ends_where_somebody_can_work_on_the_case_in_a_queue():
    spells = spells_of(LIFE)
    hours = [
        tuple(None if pd.isna(one) else (one - pd.Timestamp("2026-03-02")) / pd.Timedelta(hours=1) for one in pair)
        for pair in zip(spells["since"], spells["until"], strict=True)
    ]

    assert [(0, 2), (5, 6), (6, 8), (20, None)] == hours
    assert ["a", "a", "b", "b"] == spells["queue_id"].tolist()
    # due after 4 hours, put off by 3 hours of pause once it is over
    assert [4, 7, 7, 7] == ((spells["due_at"] - pd.Timestamp("2026-03-02")) / pd.Timedelta(hours=1)).tolist()


def test_a_due_time_passes_where_the_case_is_then_and_once():
    passed = due_passed(spells_of(LIFE))

    assert [("b", pd.Timestamp("2026-03-02 07:00"))] == list(passed.itertuples(index=False, name=None))


def test_an_outcome_is_a_due_time_that_passes_after_the_prediction_and_by_its_end():
    passed = pd.DataFrame({"queue_id": ["b"], "passed_at": [pd.Timestamp("2026-03-02 07:00")]})
    day = pd.Timestamp("2026-03-02")
    said = [day + pd.Timedelta(hours=one) for one in (6, 7, 5, 5, 6)]
    until = [day + pd.Timedelta(hours=one) for one in (18, 18, 7, 6, 18)]
    rows = pd.DataFrame({"queue_id": ["b", "b", "b", "b", "a"], "said_at": said, "breach_until": until})
    rows.loc[len(rows)] = ["b", day, pd.NaT]

    assert [True, False, True, False, False, False] == breach_outcomes(rows, passed).tolist()


def test_new_cases_are_due_as_past_ones_were_the_most_frequent_first():
    rows = [
        event("opened", number, case=str(number), queue_id="a", priority="p" if number < 3 else "q")
        for number in range(4)
    ]

    classes = new_due_classes(spells_of(rows), since=pd.Timestamp("2026-03-02"), most=2)

    assert [("a", 4 * 3600.0, 0.75)] == list(classes.itertuples(index=False, name=None))


def exponential_spells(rate, count=4_000, allowed_hours=6.0, seed=1):
    random = np.random.default_rng(seed)
    since = START + pd.to_timedelta(np.floor(random.uniform(0, 28 * 24 * 3600, count)), unit="s")
    until = since + pd.to_timedelta(random.exponential(1 / rate, count), unit="h")
    frame = pd.DataFrame({"queue_id": "a", "opened_at": since, "since": since, "until": until}).astype(
        {"until": "datetime64[us]"}
    )
    return frame.assign(due_at=since + pd.Timedelta(hours=allowed_hours))


def test_cases_that_end_at_one_rate_are_late_with_its_probability():
    spells = exponential_spells(0.2)

    learnt = learn_endings(spells, since=START, until=NOW, working=None)
    cases = pd.DataFrame({"opened_at": [NOW] * 2, "due_at": [NOW + pd.Timedelta(hours=3)] * 2, "is_over_due": False})
    edges = pd.date_range(NOW, periods=5, freq="h").to_numpy()
    queue = as_before(learnt, "a", cases, edges, working=None)

    # 4,000 spells know the rate to 1.6 %, its steps of age to 10 %
    np.testing.assert_allclose(learnt.rate[:8], 0.2, rtol=0.15)
    assert learnt.late_share[0, 5] == pytest.approx(np.exp(-1.2), abs=0.03)
    assert learnt.due_share[0, 4:6].tolist() == pytest.approx([0.0, 1.0])
    assert queue.begun.sum() == 0.0  # none of the coming is due within four hours
    stays = np.exp(-0.6)
    assert queue.probability(np.ones(4)) == pytest.approx(1 - (1 - stays) ** 2, abs=0.06)
    assert queue.probability(np.full(4, 2.0)) == pytest.approx(1 - (1 - stays**2) ** 2, abs=0.06)


def test_what_happens_after_the_instant_of_knowledge_changes_nothing():
    spells = exponential_spells(0.2)
    half = START + pd.Timedelta(weeks=2)
    later = spells[spells["since"] < half].copy()
    late = later["until"] >= half
    later.loc[late, "until"] = half + pd.Timedelta(days=90)

    first = learn_endings(spells, since=START, until=half, working=None)
    second = learn_endings(later, since=START, until=half, working=None)

    np.testing.assert_array_equal(first.rate, second.rate)
    np.testing.assert_array_equal(first.late_share, second.late_share)


def test_a_spell_that_began_before_the_weeks_counts_only_what_lies_in_them():
    spells = exponential_spells(0.05)

    learnt = learn_endings(spells, since=START + pd.Timedelta(weeks=2), until=NOW, working=None)

    assert learnt.rate[:10] @ np.ones(10) / 10 == pytest.approx(0.05, rel=0.15)


def test_hours_without_work_end_nobody():
    working = WorkingTime.of(
        pd.DataFrame({"starts_at": [NOW + pd.Timedelta(hours=2)], "ends_at": [NOW + pd.Timedelta(hours=3)]})
    )
    learnt = learn_endings(exponential_spells(0.2), since=START, until=NOW, working=None)
    cases = pd.DataFrame({"opened_at": [NOW], "due_at": [NOW + pd.Timedelta(hours=4)], "is_over_due": False})

    queue = as_before(learnt, "a", cases, pd.date_range(NOW, periods=5, freq="h").to_numpy(), working=working)

    assert [False, False, True, False] == (queue.rates[0] > 0).tolist()


def test_too_few_spells_teach_nothing_and_a_queue_never_seen_is_as_the_desk():
    few = exponential_spells(0.2, count=LEAST_SPELLS - 1)
    learnt = learn_endings(exponential_spells(0.2), since=START, until=NOW, working=None)
    cases = pd.DataFrame({"opened_at": [NOW], "due_at": [NOW + pd.Timedelta(hours=1)], "is_over_due": False})

    queue = as_before(learnt, "new", cases, pd.date_range(NOW, periods=3, freq="h").to_numpy(), working=None)

    assert learn_endings(few, since=START, until=NOW, working=None) is None
    assert queue.probability(np.ones(2)) == pytest.approx(np.exp(-0.2), abs=0.05)
    assert AsBefore(np.zeros((0, 0)), np.zeros(0), np.zeros(0)).probability(np.zeros(0)) == 0.0


def hour_rows(counts_by_queue, start=START):
    hours = pd.date_range(start, periods=len(next(iter(counts_by_queue.values()))), freq="h", unit="us")
    parts = [
        pd.DataFrame(
            {
                "queue_id": queue,
                "hour_start": hours,
                "hour_start_local": hours,
                "business_date": hours.date,
                "cases": counts,
            }
        )
        for queue, counts in counts_by_queue.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_hours_are_expected_as_the_same_hours_of_the_week_were():
    week = np.tile(np.where(np.arange(24) < 12, 4.0, 1.0), 7)
    rows = hour_rows({"a": np.tile(week, 4), "b": np.tile(week * 2, 4)})

    means = learn_hours(hour_counts(rows, now=NOW))

    np.testing.assert_allclose(means.by_hour, [week, 2 * week], rtol=1e-9)
    assert means.day_spread.tolist() == [0.0, 0.0]


def test_a_queue_of_few_hours_has_the_shape_of_the_desk():
    week = np.tile(np.where(np.arange(24) < 12, 4.0, 0.0), 7)
    rows = hour_rows(
        {
            "a": np.tile(week, 4),
            "new": [np.nan] * (28 * 24 - 12) + [0.0] * 12,
            "one": [np.nan] * (28 * 24 - 24) + [2.0] * 24,
        }
    )

    means = learn_hours(hour_counts(rows.dropna(), now=NOW))
    place = means.queues.index("one")

    assert means.queues == ("a", "new", "one")
    assert (means.by_hour[means.queues.index("new")] == 0).all()
    assert means.by_hour[place, 3] > means.by_hour[place, 15] == 0.0
    assert 0.0 < means.by_hour[place, 6 * 24 + 15] < 2.0


def test_a_day_on_which_nobody_works_is_like_the_quietest_weekday_and_an_unseen_queue_expects_nothing():
    week = np.concatenate([np.full(5 * 24, 3.0), np.full(24, 1.0), np.full(24, 0.5)])
    means = learn_hours(hour_counts(hour_rows({"a": np.tile(week, 4)}), now=NOW))
    monday = pd.Series([pd.Timestamp("2026-03-02 09:00")] * 3)

    cases = expected_cases(means, pd.Series(["a", "a", "unseen"]), monday, np.array([False, True, False]))

    np.testing.assert_allclose(cases, [3.0, 0.5, 0.0], rtol=1e-9)


def test_counts_that_scatter_by_day_are_told_from_those_that_scatter_by_hour():
    random = np.random.default_rng(3)
    days = np.repeat(random.gamma(4, 1 / 4, 56), 24)
    by_day = random.poisson(20 * days)
    by_hour = random.poisson(20 * random.gamma(4, 1 / 4, 56 * 24))
    now = START + pd.Timedelta(days=56)

    first = learn_hours(hour_counts(hour_rows({"a": by_day.astype(float)}), now=now))
    second = learn_hours(hour_counts(hour_rows({"a": by_hour.astype(float)}), now=now))

    # f is 0.25; 56 days know it to a fifth, and means learnt from the same days take an eighth of it away
    assert (first.day_spread[0], first.hour_spread[0]) == pytest.approx((0.25, 0.0), abs=0.11)
    assert (second.day_spread[0], second.hour_spread[0]) == pytest.approx((0.0, 0.25), abs=0.08)


def test_quantiles_hold_as_much_as_they_say():
    random = np.random.default_rng(4)
    counts = random.poisson(6 * random.gamma(5, 1 / 5, 20_000))

    low, middle, high = count_quantiles(np.array([6.0]), np.array([0.2]), np.array([0.0]), (0.1, 0.5, 0.9))[0]

    for level, quantile in ((0.1, low), (0.5, middle), (0.9, high)):
        assert (counts <= quantile).mean() >= level - 0.01 > (counts <= quantile - 1).mean() - 0.02
    assert [[0.0]] == count_quantiles(np.zeros(1), np.zeros(1), np.zeros(1), (0.9,)).tolist()


def throughput_rows(done, people, *, waiting=5, is_open=True):
    count = len(done)
    return pd.DataFrame(
        {"queue_id": "a", "business_date": [str(one // 8) for one in range(count)], "is_open": is_open, "waiting": waiting,
         "done": done, "on_product": people}
    )  # fmt: skip


def test_cases_per_hour_of_a_person_and_of_a_working_hour():
    row = learn_throughput(throughput_rows([2.0, 4.0] * 8, [1.0, 2.0] * 8)).queues.iloc[0]

    assert (2.0, 1.5, 3.0) == tuple(row[["cases_per_agent_hour", "usual_people", "cases_per_hour"]])
    assert (0.0, 0.0) == tuple(row[["day_spread", "hour_spread"]])


def test_throughput_is_unknown_where_nobody_knows_it():
    without_people = learn_throughput(throughput_rows([2.0, 4.0] * 8, np.nan)).queues.iloc[0]
    short = learn_throughput(throughput_rows([2.0] * 3, 1.0)).queues.iloc[0]
    idle = learn_throughput(throughput_rows([0.0] * 16, 3.0, waiting=0)).queues
    closed = learn_throughput(throughput_rows([1.0] * 16, 3.0, is_open=False)).queues

    assert np.isnan(without_people["cases_per_agent_hour"])
    assert 3.0 == without_people["cases_per_hour"]
    assert np.isnan([short["cases_per_agent_hour"], short["cases_per_hour"]]).all()
    assert idle.empty
    assert closed.empty


def predictions(count=600, seed=2):
    random = np.random.default_rng(seed)
    views = random.uniform(0.02, 0.98, (count, 2))
    odds = -0.5 + 0.4 * np.log(views[:, 0] / (1 - views[:, 0])) + 0.8 * np.log(views[:, 1] / (1 - views[:, 1]))
    return views, random.uniform(size=count) < 1 / (1 + np.exp(-odds))


def test_weights_are_the_most_likely_ones_drawn_to_the_second_view_as_it_stands():
    views, came = predictions()
    odds = np.column_stack([np.ones(len(came)), np.log(views / (1 - views))])

    def loss(weights):
        score = odds @ weights
        return np.logaddexp(0, score).sum() - (score * came).sum() + PRIOR_WEIGHT * ((weights - PRIOR) ** 2).sum() / 2

    found = fit_calibration(views[:, 0], views[:, 1], came)

    expected = minimize(loss, PRIOR, method="BFGS").x
    assert (found.constant, found.in_order, found.as_before) == pytest.approx(tuple(expected), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_views_that_are_sure_and_wrong_do_not_run_away_with_the_weights(seed):
    random = np.random.default_rng(seed)
    came = random.uniform(size=160) < 0.3
    in_order, before = np.where(came, 0.9, 0.02), np.where(random.uniform(size=160) < 0.7, 0.999, 0.3)
    odds = np.log(np.clip(np.column_stack([in_order, before]), 1 / 256, 255 / 256))
    odds = np.column_stack(
        [np.ones(160), odds - np.log(1 - np.clip(np.column_stack([in_order, before]), 1 / 256, 255 / 256))]
    )

    def loss(weights):
        score = odds @ weights
        return np.logaddexp(0, score).sum() - (score * came).sum() + PRIOR_WEIGHT * ((weights - PRIOR) ** 2).sum() / 2

    found = fit_calibration(in_order, before, came)
    bounds = [(None, None), (0, None), (0, None)]
    expected = minimize(loss, PRIOR, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-10}).x

    assert (found.constant, found.in_order, found.as_before) == pytest.approx(tuple(expected), abs=1e-3)


def test_a_view_that_points_the_wrong_way_is_left_out():
    views, came = predictions()

    found = fit_calibration(1 - views[:, 0], views[:, 1], came)

    assert 0.0 == found.in_order < found.as_before


def test_few_outcomes_teach_nothing_and_unknown_predictions_do_not_count():
    views, came = predictions()
    few = np.arange(len(came)) < LEAST_OUTCOMES - 1
    unknown = np.where(few, np.nan, views[:, 0])

    assert fit_calibration(views[:, 0], views[:, 1], few) is None
    assert fit_calibration(unknown, views[:, 1], came) == fit_calibration(views[~few, 0], views[~few, 1], came[~few])
    assert np.isnan(Calibration(0.0, 0.0, 1.0, 0).apply([np.nan], [0.5])).all()


def test_scores_by_hand():
    scores = breach_scores([0.1, 0.3, 0.35, 1.0, np.nan], [0, 1, 0, 1, 1], base_rate=0.25)

    # (0.01 + 0.49 + 0.1225 + 0) / 4; (3 x ... ) of the base: 2 x 0.0625 + 2 x 0.5625
    assert 0.155625 == pytest.approx(scores.brier)
    assert 0.3125 == pytest.approx(scores.brier_of_base)
    assert [1, 2, 0, 0, 1] == scores.reliability["predictions"].tolist()
    assert 0.325 == pytest.approx(scores.reliability["said"][1])
    assert [0.0, 0.5, 1.0] == scores.reliability["breached"].dropna().tolist()
    assert breach_scores([np.nan], [1], base_rate=0.5).predictions == 0

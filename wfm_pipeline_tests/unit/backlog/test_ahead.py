"""Rules of the hours ahead: what counts as a breach, who is served first, what is unknown."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from wfm_pipeline.domain.backlog.ahead.breach import STEPS_PER_HOUR, due_work, late_futures
from wfm_pipeline.domain.backlog.ahead.clear_and_breach import clear_and_breach
from wfm_pipeline.domain.backlog.ahead.draws import EPOCHS, Spread, draw_futures
from wfm_pipeline.domain.backlog.ahead.fluid import fluid_clear_hours
from wfm_pipeline.domain.backlog.ahead.learnt.calibration import Calibration
from wfm_pipeline.domain.backlog.ahead.learnt.endings import AsBefore
from wfm_pipeline.domain.backlog.ahead.need import MOST_FACTOR, least_factor
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline_tests.backlog_ahead_kit import NOW, asked, by_case, hours_ahead, open_cases

SPREAD = Spread(inflow_day=0.2, inflow_hour=0.3, done_day=0.1, done_hour=0.3)


def only(answer):
    return answer.queues.iloc[0]


def test_mean_flows_clear_a_backlog_when_what_people_do_beyond_what_comes_has_added_up():
    inflow = np.array([[1.0, 1.0, 5.0, 1.0], [1.0] * 4, [0.0] * 4])
    capacity = np.array([[3.0] * 4, [1.0] * 4, [2.0, np.nan, 2.0, 2.0]])

    hours = fluid_clear_hours([3.0, 3.0, 3.0], inflow, capacity)

    # 3 - 2 - half of the second hour's 2; never; unknown before it is cleared
    np.testing.assert_array_equal([1.5, np.nan, np.nan], hours)


def test_nobody_who_waits_is_cleared_already_whatever_is_known():
    hours = hours_ahead(people=np.nan)

    row = only(clear_and_breach(asked(open_cases([], paused=2), hours)))

    assert (0.0, 0.0, 0.0) == (row["clear_hours"], row["clear_hours_q10"], row["clear_hours_q90"])


def test_one_case_is_late_with_the_probability_that_nobody_gets_to_it():
    # one person at 0.5 cases an hour, 3 hours: exp(-1.5) = 0.2231; 4,000 futures know it to 0.0066, tolerance 3 of these
    row = only(clear_and_breach(asked(open_cases([3.0]), hours_ahead(rate=0.5), paths=4_000)))

    assert row["breach_probability"] == pytest.approx(np.exp(-1.5), abs=0.02)


def test_cases_due_together_are_kept_when_people_do_so_many():
    row = only(clear_and_breach(asked(open_cases([4.0] * 5), hours_ahead(people=2.0), paths=4_000)))

    assert row["breach_probability"] == pytest.approx(poisson.cdf(4, 8.0), abs=0.015)


def test_over_due_cases_are_no_new_breach_but_stand_in_front():
    free = only(clear_and_breach(asked(open_cases([], over_due=9), hours_ahead())))
    alone = only(clear_and_breach(asked(open_cases([4.0]), hours_ahead())))
    behind = only(clear_and_breach(asked(open_cases([4.0], over_due=9), hours_ahead())))

    assert 0.0 == free["breach_probability"]
    assert alone["breach_probability"] < 0.1
    assert behind["breach_probability"] > 0.9


def test_paused_cases_take_nobodys_time_and_breach_nothing():
    with_paused = clear_and_breach(asked(open_cases([2.0, 3.0], paused=50), hours_ahead()))
    without = clear_and_breach(asked(open_cases([2.0, 3.0]), hours_ahead()))

    pd.testing.assert_frame_equal(without.queues, with_paused.queues)


def test_cases_without_due_time_wait_behind_and_still_have_to_be_cleared():
    row = only(clear_and_breach(asked(open_cases([2.0, *[None] * 30]), hours_ahead(people=4.0))))
    without = only(clear_and_breach(asked(open_cases([2.0]), hours_ahead(people=4.0))))

    assert without["breach_probability"] == row["breach_probability"]
    assert (0.25, 7.75) == (without["clear_hours"], row["clear_hours"])


def test_new_cases_are_due_too():
    hours = hours_ahead(inflow=3.0, people=1.0)
    due = hours[["queue_id", "hour_start"]].assign(due_at=hours["hour_start"] + pd.Timedelta(hours=1), share=1.0)

    without = only(clear_and_breach(asked(open_cases([8.0]), hours)))
    row = only(clear_and_breach(asked(open_cases([8.0]), hours, new_due=due)))

    assert 0.0 == without["breach_probability"]
    assert row["breach_probability"] > 0.9


def test_hours_before_a_due_time_in_which_nobody_works_do_no_work():
    closed = hours_ahead(people=[0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0])

    row = only(clear_and_breach(asked(open_cases([2.0]), closed)))

    assert 1.0 == row["breach_probability"]
    assert np.isnan(clear_and_breach(asked(open_cases([2.0]), closed)).hours["required"]).all()


@pytest.mark.parametrize(
    ("cases", "hours", "until", "words"),
    [
        pytest.param(open_cases([None]), hours_ahead(), 4.0, "due time", id="no_due_time"),
        pytest.param(open_cases([2.0]), hours_ahead(), None, "due time", id="no_end_of_the_day"),
        pytest.param(open_cases([2.0]), hours_ahead(people=np.nan), 4.0, "throughput", id="no_people"),
        pytest.param(open_cases([2.0]), hours_ahead(rate=np.nan), 4.0, "throughput", id="no_throughput"),
    ],
)
def test_what_is_not_known_says_why_and_is_not_zero(cases, hours, until, words):
    request = asked(cases, hours, until=until)

    answer = clear_and_breach(request)

    assert np.isnan(only(answer)["breach_probability"])
    assert words in only(answer)["reason"]
    assert answer.hours["required"].isna().all()
    assert np.isnan(answer.risk("a", np.full(8, 3.0))) or words == "throughput"


def test_the_next_day_may_be_unknown_when_today_is_not():
    hours = hours_ahead(people=[3.0] * 4 + [np.nan] * 4)

    row = only(clear_and_breach(asked(open_cases([2.0]), hours)))

    assert 0.0 <= row["breach_probability"] < 0.1
    assert np.isnan(row["clear_hours_q90"])


def test_people_required_keep_the_limit_and_a_hundredth_less_does_not():
    request = asked(open_cases([3.0] * 6, over_due=2), hours_ahead(people=2.0), spread={"a": SPREAD}, breach_limit=0.2)

    answer = clear_and_breach(request)
    need = answer.hours["required"].to_numpy()

    assert need[:4].min() == need[:4].max() > 2.0
    assert np.isnan(need[4:]).all()
    assert answer.risk("a", np.full(8, need[0])) <= 0.2 < answer.risk("a", np.full(8, need[0] - 0.02))


def test_the_risk_of_the_people_there_is_the_probability_told():
    answer = clear_and_breach(asked(open_cases([2.0] * 3), hours_ahead(people=1.5), spread={"a": SPREAD}))

    assert only(answer)["breach_probability"] == answer.risk("a", np.full(8, 1.5))
    assert answer.risk("a", np.zeros(8)) == 1.0


def test_a_probability_is_both_views_weighed_and_says_what_it_is():
    before = AsBefore(np.full((1, 4), 0.3), np.zeros(4), np.zeros(4))
    weights = Calibration(0.2, 0.5, 0.7, 100)

    def row(**words):
        return clear_and_breach(asked(open_cases([3.0] * 2), hours_ahead(), spread={"a": SPREAD}, **words))

    plain, learnt = row(), row(as_before={"a": before})
    both = row(as_before={"a": before}, calibration=weights)

    assert ("in_order", "as_before", "calibrated") == tuple(only(one)["breach_basis"] for one in (plain, learnt, both))
    assert only(plain)["breach_probability"] == only(both)["breach_in_order"]
    assert only(learnt)["breach_probability"] == only(both)["breach_as_before"] == pytest.approx(np.exp(-1.2))
    expected = weights.apply(only(both)["breach_in_order"], only(both)["breach_as_before"])
    assert expected == pytest.approx(only(both)["breach_probability"])
    assert both.risk("a", np.full(8, 9.0)) < both.risk("a", np.full(8, 1.0)) < both.risk("a", np.zeros(8))


def test_a_need_beyond_reach_is_not_known():
    assert np.isnan(least_factor(lambda factor: 1.0 - factor / 1_000, 0.2))
    assert 0.0 == least_factor(lambda _: 0.1, 0.2)
    assert MOST_FACTOR == least_factor(lambda factor: float(factor < MOST_FACTOR), 0.5)


def test_more_cases_than_have_epochs_are_done_evenly():
    futures = draw_futures("a", np.zeros((8, 1)), np.zeros(8, np.int64), Spread(), paths=50, seed=1)
    many = 4 * EPOCHS

    kept = due_work(np.full(many, 8 * 3600.0), np.zeros(many, bool), np.full((8, 1), np.nan), steps=8 * STEPS_PER_HOUR)

    assert late_futures(kept, futures, np.full(8, many / 8 * 0.7), is_compiled=False).all()
    assert not late_futures(kept, futures, np.full(8, many / 8 * 1.3), is_compiled=False).any()


@pytest.mark.parametrize("is_compiled", [False, True], ids=["plain", "compiled"])
def test_every_future_ends_as_it_does_case_by_case(is_compiled):
    random = np.random.default_rng(5)
    for number in range(12):
        inflow = random.uniform(0, 2, (6, 3))
        futures = draw_futures(f"q{number}", inflow, np.array([0, 0, 0, 1, 1, 1]), SPREAD, paths=60, seed=3)
        left = random.uniform(0, 9, 8) * 3600.0
        left[random.uniform(size=8) < 0.2] = np.nan
        due = random.uniform(0, 9, (6, 3)) * 3600.0
        work = due_work(left, random.uniform(size=8) < 0.2, due, steps=int(random.integers(1, 24)))
        capacity = random.uniform(0, 6, 6)

        late = late_futures(work, futures, capacity, is_compiled=is_compiled)
        played = by_case(work, futures, capacity)

        assert [one[0] for one in played] == late.tolist()
        assert all(waits == came - done for _, waits, came, done in played)


def test_rows_in_another_order_and_other_queues_beside_change_nothing():
    cases = pd.concat([open_cases([2.0, 3.0, 3.5], queue="b"), open_cases([1.0, 4.0], queue="a")], ignore_index=True)
    hours = hours_ahead(("a", "b"), inflow=0.7, people=1.3)
    due = hours[["queue_id", "hour_start"]].assign(due_at=hours["hour_start"] + pd.Timedelta(hours=2), share=0.4)
    spread = {"a": SPREAD, "b": SPREAD}

    answer = clear_and_breach(asked(cases, hours, new_due=due, spread=spread))
    turned = clear_and_breach(asked(cases[::-1], hours[::-1], new_due=due[::-1], spread=spread))
    alone = clear_and_breach(asked(cases, hours[hours["queue_id"] == "b"], new_due=due, spread=spread))

    pd.testing.assert_frame_equal(answer.queues, turned.queues)
    pd.testing.assert_frame_equal(answer.hours, turned.hours)
    pd.testing.assert_frame_equal(answer.queues.iloc[1:].reset_index(drop=True), alone.queues)


def test_hours_with_a_gap_and_other_hours_by_queue_are_refused():
    hours = hours_ahead(("a", "b"))

    for wrong in (hours.drop(index=3), hours.drop(index=15), pd.concat([hours, hours.iloc[:1]])):
        with pytest.raises(DataError, match="one row an hour"):
            asked(open_cases([1.0]), wrong)
    with pytest.raises(DataError, match="capacity_mean"):
        asked(open_cases([1.0]), hours.drop(columns="capacity_mean"))
    with pytest.raises(SettingsError, match="write 20 %"):
        asked(open_cases([1.0]), hours, breach_limit=20)


def test_risk_is_asked_of_a_queue_of_the_request_with_people_for_every_hour():
    answer = clear_and_breach(asked(open_cases([1.0]), hours_ahead()))

    with pytest.raises(DataError, match="8 hours"):
        answer.risk("a", np.ones(3))
    with pytest.raises(DataError, match="elsewhere"):
        answer.risk("elsewhere", np.ones(8))


def test_a_due_time_within_the_first_step_has_the_whole_of_it():
    row = only(clear_and_breach(asked(open_cases([1 / 60]), hours_ahead(people=400.0))))

    assert 0.0 == row["breach_probability"]
    assert NOW + pd.Timedelta(hours=4) == row["breach_until"]

"""The ladder: which rung for how much history, and what makes a queue step down."""

import numpy as np
import pytest

from wfm_pipeline.domain.forecasting.means.ladder import problem, rung_for, step_down
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.errors import SettingsError

GOOD = np.full((14, 4), 10.0)  # 560 calls


@pytest.mark.parametrize(
    ("weeks", "rung"),
    [
        (0, "no_history"),
        (1.9, "pooled_profile"),
        (2, "mean_weekdays"),
        (7.9, "mean_weekdays"),
        (8, "profile_level"),
        (25.9, "profile_level"),
        (26, "lightgbm"),
    ],
)
def test_the_rung_follows_the_weeks_of_history(weeks, rung):
    assert rung == rung_for(weeks, ForecastOptions())


@pytest.mark.parametrize(
    ("forecast", "wrong"),
    [
        pytest.param(GOOD, None, id="like_the_last_weeks"),
        pytest.param(GOOD * 2.9, None, id="almost_three_times"),
        pytest.param(GOOD * 3.1, "exploded", id="more_than_three_times"),
        pytest.param(GOOD / 3.2, "collapsed", id="less_than_a_third"),
        pytest.param(np.where(GOOD > 0, np.nan, 0), "has NaN", id="nan"),
        pytest.param(GOOD * np.inf, "exploded", id="infinite"),
        pytest.param(-GOOD, "is negative", id="negative"),
    ],
)
def test_a_forecast_is_believed_within_a_factor_of_the_last_weeks(forecast, wrong):
    assert wrong == problem(forecast, 560.0, sane_ratio=3.0)


def test_a_handful_of_calls_is_no_explosion():
    assert problem(np.full(14, 0.5), 0.0, sane_ratio=3.0) is None  # 7 calls where none were before


def test_a_model_that_explodes_steps_down_and_says_so():
    answers = {"lightgbm": GOOD * 50, "profile_level": GOOD}

    chosen, means = step_down(answers, first="lightgbm", reference=560.0, sane_ratio=3.0)

    assert chosen.model_name == "profile_level|stepped_down:lightgbm exploded"
    np.testing.assert_array_equal(GOOD, means)


def test_every_failed_rung_is_named():
    answers = {"lightgbm": GOOD * np.nan, "profile_level": GOOD * 50, "mean_weekdays": GOOD}

    chosen, _ = step_down(answers, first="lightgbm", reference=560.0, sane_ratio=3.0)

    assert chosen.model_name == "mean_weekdays|stepped_down:lightgbm has NaN; profile_level exploded"


def test_a_queue_never_climbs_above_the_rung_it_has_history_for():
    answers = {"lightgbm": GOOD, "mean_weekdays": GOOD / 2}

    chosen, _ = step_down(answers, first="mean_weekdays", reference=280.0, sane_ratio=3.0)

    assert chosen.model_name == "mean_weekdays"


def test_below_the_last_rung_there_is_zero():
    chosen, means = step_down({"pooled_profile": GOOD * np.nan}, first="pooled_profile", reference=5.0, sane_ratio=3.0)

    assert chosen.rung == "no_history"
    assert not means.any()


@pytest.mark.parametrize(
    "wrong", [{"profile_from_weeks": 1.0}, {"level_days": (4, 0)}, {"num_threads": 0}, {"sane_ratio": 1.0}]
)
def test_options_that_cannot_be_computed_with_are_refused(wrong):
    with pytest.raises(SettingsError):
        ForecastOptions(**wrong)

"""What is needed and from what it is known: forecast, same weekdays, closed, or nothing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.required import RequiredRequest, required_people, weekday_means
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.coverage_kit import NO_HISTORY, NO_TEAMS, QUARTER, at, day_of, one_to_one, teams_of

CASES = json.loads((Path(__file__).parents[2] / "cases" / "erlang.json").read_text(encoding="utf-8"))


def asked(day, **words):
    services = words.pop("service_queues", one_to_one(day["queue_id"].unique()))
    return required_people(
        RequiredRequest(
            **{
                "intervals": day,
                "service_queues": services,
                "teams": NO_TEAMS,
                "history": NO_HISTORY,
                "policies": {},
                "default": StaffingPolicy(),
                "interval_seconds": QUARTER,
            }
            | words
        )
    )


def weeks(day, *counts, aht_seconds=180.0):
    """History of the same times 7, 14, ... days before, each with its calls; None = a date without rows."""
    return pd.concat(
        [
            day[["queue_id"]].assign(
                interval_start_local=day["interval_start_local"] - pd.Timedelta(days=7 * weeks),
                calls_offered=float(count),
                aht_seconds=aht_seconds,
            )
            for weeks, count in enumerate(counts, start=1)
            if count is not None
        ]
    )


def test_the_need_is_the_forecasts_team():
    found = asked(day_of(["a"]), teams=teams_of(day_of(["a"]), exact=3.2))

    assert [4.0] * 4 == found["agents_required"].tolist()
    assert {"forecast"} == set(found["basis"])
    assert [2.0] * 4 == found["offered_load_erlangs"].tolist()  # 10 calls x 180 s / 900 s


def test_without_a_forecast_the_mean_of_the_last_four_same_weekdays_is_staffed_and_labelled():
    case = CASES["erlang_c_required"][0]  # 100 calls of 180 s in half an hour need 14 agents for 80/20
    day = day_of(["a"], intervals=2)
    history = weeks(day, 90, 110, 95, 105, aht_seconds=float(case["aht_seconds"]))

    found = asked(day, history=history, interval_seconds=float(case["interval_seconds"]))

    assert (100.0, 180.0) == (found["calls_mean"].iloc[0], found["aht_seconds"].iloc[0])
    assert case["agents_required"] == found["agents_required"].iloc[0]
    assert {"same_weekdays"} == set(found["basis"])
    assert found["calls_q50"].isna().all()


def test_three_same_weekdays_suffice_and_two_do_not():
    day = day_of(["a"], intervals=1)

    three, two = (asked(day, history=weeks(day, *counts)) for counts in ((10, None, 20, 30), (10, None, 20, None)))

    assert (20.0, "same_weekdays") == (three["calls_mean"].iloc[0], three["basis"].iloc[0])
    assert np.isnan(two["agents_required"].iloc[0])
    assert "no_data" == two["basis"].iloc[0]


def test_no_data_names_tables_and_days():
    day = day_of(["a"], intervals=1)

    (reason,) = asked(day, history=weeks(day, 10, 20))["reason"]

    assert reason == (
        "no team in gold.queue_interval_staffing, and silver.queue_intervals knows 2 of the 4 same weekdays from "
        "2026-02-02 to 2026-02-23; 3 are needed"
    )


def test_calls_without_a_known_handle_time_have_no_need_and_say_so():
    day = day_of(["a"], intervals=1)

    (found,) = asked(day, history=weeks(day, 10, 20, 30, aht_seconds=np.nan)).to_dict("records")

    assert np.isnan(found["agents_required"])
    assert "has no handle time on the same weekdays" in found["reason"]


def test_unknown_calls_of_a_past_day_are_no_point():
    day = day_of(["a"], intervals=1)
    history = weeks(day, 10, 20, 30)
    history.loc[history["calls_offered"] == 30.0, "calls_offered"] = np.nan

    assert ["no_data"] == asked(day, history=history)["basis"].tolist()


def test_weekdays_without_calls_need_nobody():
    day = day_of(["a"], intervals=1)

    assert [0.0] == asked(day, history=weeks(day, 0, 0, 0, aht_seconds=np.nan))["agents_required"].tolist()


def test_where_all_is_closed_nobody_is_needed_and_it_says_closed():
    found = asked(day_of(["a"], open_from=1, open_to=3), teams=NO_TEAMS)

    assert ["closed", "no_data", "no_data", "closed"] == found["basis"].tolist()
    assert [0.0, 0.0] == found["agents_required"].iloc[[0, 3]].tolist()


def test_queues_of_a_service_are_added_as_they_are_and_rounded_once():
    day = day_of(["x", "y", "z"], intervals=1)
    pool = pd.DataFrame({"service_id": "a", "queue_id": ["x", "y", "z"]})

    (found,) = asked(day, service_queues=pool, teams=teams_of(day, exact=1.2)).to_dict("records")

    assert (4.0, 30.0) == (found["agents_required"], found["calls_mean"])  # 3.6, not three times 2
    assert 3.6 == pytest.approx(found["agents_required_exact"])


def test_a_service_is_as_well_known_as_its_least_known_queue():
    day = day_of(["x", "y", "z"], intervals=1)
    pool = pd.DataFrame({"service_id": ["a", "a", "b"], "queue_id": ["x", "y", "z"]})
    teams = teams_of(day)[lambda rows: rows["queue_id"] != "y"]

    mixed = asked(day, service_queues=pool, teams=teams, history=weeks(day, 5, 5, 5))
    lacking = asked(day, service_queues=pool, teams=teams)

    assert ["same_weekdays", "forecast"] == mixed["basis"].tolist()
    assert ["no_data", "forecast"] == lacking["basis"].tolist()
    assert np.isnan(lacking["agents_required"].iloc[0])


def test_the_time_that_comes_twice_when_clocks_go_back_looks_at_the_same_past_time_twice():
    local = pd.to_datetime(["2026-10-25 02:00", "2026-10-25 02:00", "2026-10-25 03:00"])
    wanted = pd.DataFrame({"queue_id": "a", "interval_start_local": local})
    past = pd.DataFrame(
        {
            "queue_id": "a",
            "interval_start_local": [t - pd.Timedelta(days=7 * w) for w in (1, 2, 3) for t in local[1:]],
            "calls_offered": [10.0, 40.0] * 3,
            "aht_seconds": 60.0,
        }
    )

    assert [10.0, 10.0, 40.0] == weekday_means(wanted, past)["calls_mean"].tolist()


def test_a_past_date_that_had_a_time_twice_is_one_point_with_its_mean():
    wanted = pd.DataFrame({"queue_id": ["a"], "interval_start_local": [at("02:00")]})
    past = pd.DataFrame(
        {
            "queue_id": "a",
            "interval_start_local": [at("02:00") - pd.Timedelta(days=7 * w) for w in (1, 1, 2)],
            "calls_offered": [10.0, 30.0, 50.0],
            "aht_seconds": [60.0, 120.0, np.nan],
        }
    )

    (found,) = weekday_means(wanted, past).to_dict("records")

    # (10 + 30) / 2 = 20 and 50; handle time of the calls that have one: (10 x 60 + 30 x 120) / 40
    assert (2, 35.0, 105.0) == (found["points"], found["calls_mean"], found["aht_seconds"])


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="missing calls_mean, present"):
        asked(day_of(["a"]), teams=NO_TEAMS.drop(columns="calls_mean"))

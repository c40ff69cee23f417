"""Planners' overrides: applied beside the model, adding up on every path, undone, and scored."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.planners.overrides import OVERRIDE_COLUMNS, finish_forecast, with_final_band
from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES, active_overrides, planners_input_of
from wfm_pipeline.domain.forecasting.planners.value_added import score_issues, score_overrides, value_added
from wfm_pipeline.domain.forecasting.stretches import CHANGE_COLUMNS
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.errors import DataError

FIRST = pd.Timestamp("2026-07-06")  # a Monday
DECIDED = dt.datetime(2026, 7, 5, 12)
LEVELS = {"calls_q10": 0.5, "calls_q50": 1.0, "calls_q90": 1.6}


def issue(days=14, queues=("a", "b"), mean=None):
    """Two weeks by the hour in Stockholm (two hours ahead of UTC); closed before 8 and from 18 on."""
    local = pd.date_range(FIRST, periods=days * 24, freq="h", unit="us")
    parts = []
    for number, queue_id in enumerate(queues):
        is_open = (local.hour >= 8) & (local.hour < 18)
        calls = np.where(is_open, (number + 1) * (1.0 + local.hour / 7.0) if mean is None else mean, 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "queue_id": queue_id,
                    "interval_start": local - pd.Timedelta(hours=2),
                    "interval_start_local": local,
                    "business_date": local.normalize(),
                    "calls_mean": calls,
                    **{name: calls * level for name, level in LEVELS.items()},
                    "aht_seconds": 100.0 + 10.0 * local.hour,
                    "is_open": is_open,
                }
            )
        )
    intervals = pd.concat(parts, ignore_index=True)
    sums = intervals.groupby(["queue_id", "business_date"], as_index=False)[["calls_mean"]].sum()
    return intervals, sums.assign(
        aht_seconds=150.0, is_open=True, **{k: sums["calls_mean"] * v for k, v in LEVELS.items()}
    )


def override(name, kind, value, *, queue_id="a", day=1, hours=(0, 24), days=1, decided_at=DECIDED, author="ann"):
    start = FIRST + pd.Timedelta(days=day, hours=hours[0])
    end = FIRST + pd.Timedelta(days=day + days - 1, hours=hours[1])
    return (name, queue_id, start, end, kind, value, author, pd.Timestamp(decided_at))


def finish(*rows, **words):
    intervals, days = issue(**words)
    return finish_forecast(intervals, days, pd.DataFrame(list(rows), columns=list(OVERRIDE_COLUMNS)))


def of_day(frame, number, queue_id="a"):
    return frame[(frame["queue_id"] == queue_id) & (frame["business_date"] == FIRST + pd.Timedelta(days=number))]


def total(frame, number, queue_id="a", column="calls_final"):
    return of_day(frame, number, queue_id)[column].sum()


def test_without_overrides_the_final_value_is_the_models():
    done = finish()

    assert (done.intervals["calls_final"] == done.intervals["calls_mean"]).all()
    assert (done.intervals["calls_final_q90"] == done.intervals["calls_q90"]).all()
    assert done.intervals["override_ids"].isna().all()
    assert done.days["override_ids"].isna().all()
    assert done.effects.empty
    np.testing.assert_allclose(done.days["calls_final"], done.days["calls_mean"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param("factor", 1.25, lambda model: model * 1.25, id="factor"),
        pytest.param("add", 30.0, lambda model: model + 30.0, id="add_to_the_whole_scope"),
        pytest.param("add", -10.0, lambda model: model - 10.0, id="take_away"),
        pytest.param("set", 77.0, lambda _: 77.0, id="set_the_whole_scope"),
    ],
)
def test_each_kind_moves_its_day_and_no_other(kind, value, expected):
    done = finish(override("o1", kind, value))

    assert total(done.intervals, 1) == pytest.approx(expected(total(done.intervals, 1, column="calls_mean")))
    others = done.intervals[done.intervals["override_ids"].isna()]
    assert (others["calls_final"] == others["calls_mean"]).all()
    assert 2 * 14 * 24 - 10 == len(others)  # ten open hours of one queue's day


def test_the_models_value_stays_beside_the_final_one():
    plain, done = finish(), finish(override("o1", "factor", 2.0))

    pd.testing.assert_series_equal(plain.intervals["calls_mean"], done.intervals["calls_mean"])
    pd.testing.assert_series_equal(plain.days["calls_mean"], done.days["calls_mean"])


def test_calls_are_spread_as_the_forecast_spreads_them():
    done = finish(override("o1", "set", 100.0, hours=(9, 12)))

    rows = of_day(done.intervals, 1)
    inside = rows[rows["override_ids"].notna()]
    assert [9, 10, 11] == inside["interval_start_local"].dt.hour.tolist()
    np.testing.assert_allclose(inside["calls_final"] / inside["calls_mean"], 100.0 / inside["calls_mean"].sum())


def test_a_scope_without_expected_calls_is_filled_evenly_with_poisson_bands():
    done = finish(override("o1", "add", 20.0), mean=0.0)

    rows = of_day(done.intervals, 1)
    rows = rows[rows["is_open"]]
    assert [2.0] * 10 == rows["calls_final"].tolist()
    # a Poisson law of mean 2 has P(0) = 0.14, P(<= 2) = 0.68, P(<= 4) = 0.95, P(<= 3) = 0.86
    assert [0.0, 2.0, 4.0] == rows[["calls_final_q10", "calls_final_q50", "calls_final_q90"]].iloc[0].tolist()


def test_more_is_not_taken_away_than_there_is_and_it_is_said():
    done = finish(override("o1", "add", -1e6))

    assert total(done.intervals, 1) == 0
    assert "takes" in done.notes[0]


def test_a_scope_of_all_queues_is_one_sum():
    done = finish(override("o1", "set", 300.0, queue_id="(all)"))

    assert total(done.intervals, 1, "a") + total(done.intervals, 1, "b") == pytest.approx(300.0)
    # queue b has twice the calls of queue a, so it gets two thirds
    assert total(done.intervals, 1, "b") == pytest.approx(200.0)


def test_overrides_act_in_the_order_in_which_they_were_decided():
    early, late = DECIDED, DECIDED + dt.timedelta(hours=1)

    add_last = finish(override("x", "set", 100.0, decided_at=early), override("a", "add", 5.0, decided_at=late))
    set_last = finish(override("x", "set", 100.0, decided_at=late), override("a", "add", 5.0, decided_at=early))

    assert total(add_last.intervals, 1) == pytest.approx(105.0)
    assert total(set_last.intervals, 1) == pytest.approx(100.0)
    assert {"x;a"} == set(of_day(add_last.intervals, 1)["override_ids"].dropna())
    assert "x;a" == of_day(add_last.days, 1)["override_ids"].iloc[0]


def test_a_closed_scope_or_an_unknown_queue_does_nothing_and_says_so():
    done = finish(override("night", "add", 5.0, hours=(0, 8)), override("typo", "factor", 2.0, queue_id="zz"))

    assert (done.intervals["calls_final"] == done.intervals["calls_mean"]).all()
    assert ["night", "typo"] == sorted(note.split("'")[1] for note in done.notes)


MANY = (
    override("o1", "factor", 1.1, queue_id="(all)", day=0, days=9),
    override("o2", "add", 33.3, day=2, days=3, decided_at=DECIDED + dt.timedelta(hours=1)),
    override("o3", "set", 70.1, queue_id="b", day=4, hours=(9, 13), decided_at=DECIDED + dt.timedelta(hours=2)),
    override("o4", "add", -1000.0, day=5, decided_at=DECIDED + dt.timedelta(hours=3)),
)


@pytest.mark.parametrize("rows", [pytest.param((), id="without"), pytest.param(MANY, id="with_overrides")])
def test_intervals_add_up_to_days(rows):
    done = finish(*rows)
    columns = ["calls_mean", "calls_final", "workload_final_seconds"]

    by_day = done.intervals.groupby(["queue_id", "business_date"], as_index=False)[columns].sum()

    np.testing.assert_allclose(by_day[columns], done.days[columns], rtol=1e-14, atol=1e-9)


def test_bands_stay_ordered_and_nothing_is_negative():
    done = finish(*MANY)

    for frame in (done.intervals, done.days):
        low, middle, high = frame[["calls_final_q10", "calls_final_q50", "calls_final_q90"]].to_numpy().T
        assert (low >= 0).all()
        assert (low <= middle).all()
        assert (middle <= high).all()
        assert (frame["calls_final"] >= 0).all()


def test_effects_tell_how_each_override_took_the_value_from_the_one_before():
    done = finish(
        override("o1", "factor", 2.0), override("o2", "factor", 0.5, decided_at=DECIDED + dt.timedelta(hours=1))
    )

    by_id = {name: part.reset_index(drop=True) for name, part in done.effects.groupby("override_id")}
    pd.testing.assert_series_equal(by_id["o1"]["calls_after"], by_id["o2"]["calls_before"], check_names=False)
    pd.testing.assert_series_equal(by_id["o1"]["calls_before"], by_id["o2"]["calls_after"], check_names=False)


def came(done, calls):
    frame = done.intervals[["queue_id", "interval_start"]].copy()
    frame["calls"] = calls
    return frame


def test_an_override_that_meets_what_came_has_positive_value():
    done = finish(override("o1", "factor", 2.0, hours=(9, 11)))
    rows = done.intervals[done.intervals["override_ids"].notna()]  # hours 9 and 10 of queue a

    scores = score_overrides(done.effects, came(done, done.intervals["calls_final"])).set_index("grain")

    # error before: all of the calls that were added, that is half of what came; error after: none
    assert scores.loc["interval", "points"] == 2
    assert scores.loc["scope", "calls_actual"] == pytest.approx(rows["calls_final"].sum())
    assert scores["error_after"].tolist() == [0.0] * 3
    assert scores["value_added"].tolist() == pytest.approx([0.5] * 3)


def test_an_override_that_leads_away_has_negative_value():
    done = finish(override("o1", "factor", 1.5))

    scores = score_overrides(done.effects, came(done, done.intervals["calls_mean"]))

    assert scores["value_added"].tolist() == pytest.approx([-0.5] * 3)


def test_intervals_that_had_begun_when_it_was_decided_are_not_scored():
    # decided at 10:30 UTC, 12:30 local: the hours 8 to 12 had begun, 13 to 17 had not
    decided = FIRST.to_pydatetime() + dt.timedelta(days=1, hours=10, minutes=30)
    done = finish(override("o1", "factor", 2.0, decided_at=decided))

    scores = score_overrides(done.effects, came(done, done.intervals["calls_mean"])).set_index("grain")

    assert [5, 5] == scores.loc["interval", ["points", "points_late"]].tolist()


def test_missing_calls_are_not_scored_and_nothing_known_has_no_row():
    done = finish(override("o1", "factor", 2.0))

    assert score_overrides(done.effects, came(done, np.nan)).empty


def test_overrides_of_several_issues_are_scored_apart_and_worth_something_together():
    good, bad = finish(override("o1", "factor", 2.0)), finish(override("o2", "factor", 1.5))
    effects = pd.concat([good.effects.assign(issued_at=2), bad.effects.assign(issued_at=1)], ignore_index=True)

    scores = score_issues(effects, came(good, good.intervals["calls_final"]))

    # c calls were forecast and 2c came, for both: error before c and c, after 0 and c / 2; gain 1.5c of 4c
    assert [1, 2] == scores["issued_at"].unique().tolist()
    assert value_added(scores) == pytest.approx(1.5 / 4)


def test_without_calls_nothing_is_said_of_the_value():
    done = finish(override("o1", "factor", 2.0))
    nothing = score_issues(done.effects.assign(issued_at=1), came(done, np.nan))

    assert value_added(nothing) is None
    assert value_added(score_issues(nothing.assign(issued_at=[]), came(done, np.nan))) is None


def test_what_is_staffed_is_final_where_there_are_final_values_and_the_models_elsewhere():
    quantiles = {f"calls_q{level}": [8.0, 8.0] for level in ("05", "10", "25", "50", "75", "90", "95")}
    forecast = pd.DataFrame({"calls_mean": [10.0, 10.0], "calls_final": [15.0, None], **quantiles})

    found = with_final_band(forecast)

    assert [15.0, 10.0] == found["calls_mean"].tolist()
    assert [12.0, 8.0] == found["calls_q95"].tolist()


HEADER = ["override_id", "queue_id", "from_local", "until_local", "kind", "value", "author", "why"]


def sheet(*cells, header=HEADER):
    return pd.DataFrame([list(row) for row in cells], columns=header)


def test_a_planners_file_is_read_with_its_types():
    rows, notices = read_rows(
        PLANNERS_FILES["forecast_overrides"],
        sheet(("o1", "", "2026-07-07", "2026-07-08 12:00", "factor", "1.2", "ann", "campaign")),
        source="telephony",
    )

    assert [] == notices
    assert ("(all)", True, None) == tuple(rows[0][name] for name in ("queue_id", "is_active", "decided_at"))
    assert (dt.datetime(2026, 7, 7), dt.datetime(2026, 7, 8, 12)) == (rows[0]["from_local"], rows[0]["until_local"])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        pytest.param(
            ("o1", "a", "2026-07-07", "2026-07-07", "add", "1", "ann", "w"), "must lie after", id="empty_scope"
        ),
        pytest.param(("o1", "a", "2026-07-07", "2026-07-08", "times", "1", "ann", "w"), "factor, add, set", id="kind"),
        pytest.param(("o1", "a", "2026-07-07", "2026-07-08", "factor", "-1", "ann", "w"), ">= 0", id="negative_factor"),
        pytest.param(
            ("o1", "a", "2026-07-07", "2026-07-08", "add", "1", "", "w"), "author must not be empty", id="who"
        ),
        pytest.param(("o1", "a", "2026-07-07", "2026-07-08", "add", "1", "ann", ""), "why must not be empty", id="why"),
        pytest.param(("o1", "a", "7 July", "2026-07-08", "add", "1", "ann", "w"), "from_local must be", id="time"),
        pytest.param(
            ("o1", "a", "2026-07-07T08:00+02:00", "2026-07-08", "add", "1", "ann", "w"), "without a zone", id="zone"
        ),
    ],
)
def test_a_faulty_row_is_refused_with_its_line(cells, message):
    with pytest.raises(DataError, match=message) as caught:
        read_rows(PLANNERS_FILES["forecast_overrides"], sheet(cells), source="s")

    assert "forecast_overrides.csv, line 2" in str(caught.value)


def test_two_rows_of_one_key_are_refused():
    row = ("o1", "a", "2026-07-07", "2026-07-08", "add", "1", "ann", "w")

    with pytest.raises(DataError, match="two rows for override_id"):
        read_rows(PLANNERS_FILES["forecast_overrides"], sheet(row, row), source="s")


def test_an_event_without_a_last_date_lasts_a_day_and_one_that_ends_before_it_begins_is_refused():
    header = ["event_id", "event_type", "first_date", "last_date"]

    rows, _ = read_rows(PLANNERS_FILES["events"], sheet(("e", "billing", "2026-07-07", ""), header=header), source="s")

    assert rows[0]["last_date"] == rows[0]["first_date"] == dt.date(2026, 7, 7)
    assert rows[0]["queue_id"] == "(all)"
    with pytest.raises(DataError, match="lies before"):
        read_rows(
            PLANNERS_FILES["events"], sheet(("e", "billing", "2026-07-07", "2026-07-06"), header=header), source="s"
        )


def test_a_hindcast_knows_of_days_ahead_only_what_was_recorded_by_then():
    events = pd.DataFrame(
        {
            "event_id": ["told", "silent"],
            "event_type": "billing",
            "queue_id": "(all)",
            "first_date": FIRST,
            "last_date": FIRST,
            "known_on": [pd.Timestamp("2026-01-01"), pd.NaT],
            "valid_from": pd.Timestamp("2026-07-20 09:30"),
        }
    )
    drivers = pd.DataFrame(columns=["driver", "queue_id", "business_date", "value", "known_on", "valid_from"])
    decisions = pd.DataFrame(columns=["queue_id", "business_date", "decision", "decided_by"])
    changes = pd.DataFrame(columns=[*CHANGE_COLUMNS, "valid_from"])

    live, later = (
        planners_input_of(events, drivers, decisions, changes, is_hindcast=word).events["known_on"]
        for word in (False, True)
    )

    assert live.isna().tolist() == [False, True]
    assert [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-07-20")] == later.tolist()


def test_an_override_taken_back_is_not_in_force_and_decided_at_falls_back_to_the_record():
    rows = pd.DataFrame(
        [
            (*override("o1", "add", 5.0), True, pd.Timestamp("2026-07-04 08:00")),
            (*override("o2", "add", 5.0)[:-1], pd.NaT, True, pd.Timestamp("2026-07-04 08:00")),
            (*override("o3", "add", 5.0), False, pd.Timestamp("2026-07-04 08:00")),
        ],
        columns=[*OVERRIDE_COLUMNS, "is_active", "valid_from"],
    )

    active = active_overrides(rows)

    assert ["o1", "o2"] == active["override_id"].tolist()
    assert [pd.Timestamp(DECIDED), pd.Timestamp("2026-07-04 08:00")] == active["decided_at"].tolist()

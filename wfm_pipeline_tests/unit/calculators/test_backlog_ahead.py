"""The forecasts of an hour: what stands in gold, what it is known from, and what is unknown. SIMULATED weeks of one queue."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.calculators.backlog_ahead import BacklogAheadRequest, backlog_ahead
from wfm_pipeline.contracts.backlog.ahead import CASE_HOUR_FORECAST
from wfm_pipeline.errors import DataError

NOW, WEEKS = pd.Timestamp("2026-03-02 10:00"), 3


def grid(start, hours, queues):
    starts = pd.date_range(start, periods=hours, freq="h", unit="us")
    rows = pd.DataFrame([(queue, start) for queue in queues for start in starts], columns=["queue_id", "hour_start"])
    local = rows["hour_start"]
    is_open = local.dt.hour.between(8, 17) & (local.dt.day_of_week < 5)
    return rows.assign(
        hour_start_local=local, business_date=local.dt.date, is_open=is_open, hour_end=local + pd.Timedelta(hours=1)
    )


def past(queues=("a",), done=2.0):
    rows = grid(NOW - pd.Timedelta(weeks=WEEKS), WEEKS * 7 * 24, queues)
    work = rows["is_open"].astype(float)
    return rows.assign(
        open_before=9, inflow=2.0 * work, re_opened=0.0, moved_in=work, outflow=done * work, moved_out=work, breach_in_order=np.nan,
        breach_as_before=np.nan, breach_until=pd.Series(pd.NaT, rows.index, dtype="datetime64[us]"),
    )  # fmt: skip


def to_come(queues=("a",), people=2.0, start=NOW):
    rows = grid(start, 72, queues)
    return rows.assign(on_product=np.where(rows["is_open"], people, 0.0) if people is not None else np.nan)


def cases(count=6, queue="a"):
    due = NOW + pd.to_timedelta(np.arange(1, count + 1), unit="h")
    rows = pd.DataFrame(
        {"queue_id": queue, "opened_at": NOW - pd.Timedelta(hours=3), "due_at": due, "is_paused": False}
    )
    return rows.assign(is_over_due=False)


def spells(count=900):
    random = np.random.default_rng(7)
    since = NOW - pd.to_timedelta(np.floor(random.uniform(0, WEEKS * 7 * 24 * 3600, count)), unit="s")
    until = since + pd.to_timedelta(random.exponential(4.0, count), unit="h")
    rows = pd.DataFrame({"queue_id": "a", "opened_at": since, "since": since, "until": until.where(until < NOW)})
    return rows.assign(due_at=since + pd.Timedelta(hours=6))


def performance(rows, people=2.0):
    return rows[["queue_id", "hour_start"]].assign(on_product_agents=np.where(rows["is_open"], people, 0.0))


def asked(**words):
    known = {"hours": to_come(), "open_cases": cases(), "past_hours": past(), "paths": 100}
    return backlog_ahead(BacklogAheadRequest(source="sample", as_of=NOW, **(known | words)))


def test_the_forecast_has_the_columns_of_gold_and_the_hours_of_the_week():
    forecast = asked().forecast

    assert list(CASE_HOUR_FORECAST.column_names) == list(forecast.columns)
    assert 72 == len(forecast)
    np.testing.assert_allclose(forecast["cases_mean"], np.where(to_come()["is_open"], 2.0, 0.0), atol=1e-9)
    assert (forecast["cases_q10"] <= forecast["cases_q90"]).all()
    assert (NOW, "sample") == tuple(forecast.loc[0, ["issued_at", "source"]])


def test_people_who_are_known_make_the_capacity_and_the_queues_own_pace_stands_in_for_them():
    people = asked(performance=performance(past()))
    pace = asked(hours=to_come(people=None), performance=performance(past()))
    nothing = asked(hours=to_come(("new",), people=None), open_cases=cases(queue="new"))

    assert {"people"} == set(people.hours["capacity_basis"])
    assert {"pace"} == set(pace.hours["capacity_basis"])
    assert nothing.hours["capacity_basis"][to_come()["is_open"].to_numpy()].isna().all()
    # 2 cases done by 2 people; 1 moved out is work as well for those who keep due times
    assert {1.0} == set(people.hours["cases_per_agent_hour"])
    assert people.hours["required"].notna().sum() == 8
    assert (people.hours["short"].dropna() == (people.hours["required"] - 2.0).clip(lower=0).dropna()).all()
    assert pace.hours[["required", "short"]].isna().all(axis=None)
    assert pace.queues["breach_probability"].notna().all()
    assert nothing.queues["breach_probability"].isna().all()
    assert "throughput" in nothing.queues["reason"][0]
    assert nothing.queues["clear_hours"].isna().all()


def test_with_people_known_risk_falls_with_people():
    answer = asked(performance=performance(past()), spells=spells())
    day = to_come()["is_open"].to_numpy()

    risks = [answer.risk("a", np.where(day, people, 0.0)) for people in (0.0, 1.0, 2.0, 4.0, 8.0)]

    assert sorted(risks, reverse=True) == risks
    assert risks[0] > 0.99 > risks[-1]
    assert risks[2] == answer.queues["breach_probability"][0]


@pytest.mark.parametrize(
    ("start", "until"),
    [
        pytest.param("2026-03-02 10:00", "2026-03-02 18:00", id="the_day_that_runs"),
        pytest.param("2026-03-02 18:00", "2026-03-03 18:00", id="after_hours_the_next"),
        pytest.param("2026-03-06 19:00", "2026-03-09 18:00", id="over_the_weekend"),
    ],
)
def test_the_probability_is_of_the_working_day_that_runs_or_comes_next(start, until):
    at = pd.Timestamp(start)
    request = BacklogAheadRequest(
        source="sample", as_of=at, hours=to_come(start=at), open_cases=cases(), past_hours=past(), paths=20
    )

    assert [pd.Timestamp(until)] == backlog_ahead(request).queues["breach_until"].tolist()


def test_hours_that_nobody_knows_are_taken_as_open():
    unknown = to_come().assign(is_open=pd.Series([None] * 72, dtype=object))

    assert [pd.Timestamp("2026-03-03")] == asked(hours=unknown).queues["breach_until"].tolist()


def test_probabilities_are_calibrated_once_earlier_ones_have_met_their_outcomes():
    rows = past()
    ends = rows["business_date"].map(lambda date: pd.Timestamp(date) + pd.Timedelta(hours=18))
    is_said = rows["is_open"] & (rows["hour_end"] < ends)
    told = rows.assign(
        breach_in_order=np.where(is_said, 0.4, np.nan),
        breach_as_before=np.where(is_said, 0.9, np.nan),
        breach_until=ends.where(is_said),
    )

    raw, learnt = asked(spells=spells()), asked(spells=spells(), past_hours=told)

    assert raw.calibration is None
    assert ("as_before", "calibrated") == (raw.queues["breach_basis"][0], learnt.queues["breach_basis"][0])
    assert learnt.calibration.outcomes == is_said.sum() - (ends[is_said] > NOW).sum()
    assert "in_order" == asked().queues["breach_basis"][0]


def test_nothing_from_the_hour_on_and_nothing_too_old_is_looked_at():
    rows, old = past(), past().assign(inflow=99.0)
    later = grid(NOW, 5, ["a"]).assign(
        open_before=1, inflow=77.0, re_opened=0.0, moved_in=0.0, outflow=0.0, moved_out=0.0
    )
    old = old.assign(hour_start=old["hour_start"] - pd.Timedelta(weeks=12))

    plain, more = asked(), asked(past_hours=pd.concat([rows, old, later], ignore_index=True))

    pd.testing.assert_frame_equal(plain.forecast, more.forecast)
    pd.testing.assert_frame_equal(plain.queues, more.queues)


def test_a_holiday_is_like_a_day_on_which_nobody_works():
    hours = to_come()
    hours.loc[hours["business_date"] == pd.Timestamp("2026-03-03").date(), "is_open"] = False

    forecast = asked(hours=hours).forecast

    assert 0.0 == pytest.approx(
        forecast.loc[forecast["business_date"] == pd.Timestamp("2026-03-03").date(), "cases_mean"].max()
    )


def test_the_first_hour_of_all_knows_little_and_says_so():
    first = asked(past_hours=past().iloc[:0], spells=spells().iloc[:0], performance=performance(past()).iloc[:0])
    none = asked(hours=to_come().iloc[:0])

    assert first.forecast["cases_mean"].eq(0.0).all()
    assert first.queues["breach_probability"].isna().all()
    assert "throughput" in first.queues["reason"][0]
    assert none.queues.empty
    assert none.hours.empty
    assert none.forecast.empty


def test_the_order_of_rows_settles_nothing():
    rows = past(("a", "b"))
    first = asked(hours=to_come(("a", "b")), past_hours=rows, spells=spells())
    second = asked(hours=to_come(("a", "b")), past_hours=rows[::-1], spells=spells()[::-1], open_cases=cases()[::-1])

    pd.testing.assert_frame_equal(first.queues, second.queues)
    pd.testing.assert_frame_equal(first.hours, second.hours)


def test_frames_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="moved_in"):
        asked(past_hours=past().drop(columns="moved_in"))
    with pytest.raises(DataError, match="as_of"):
        asked(hours=to_come(start=NOW + pd.Timedelta(hours=1)))

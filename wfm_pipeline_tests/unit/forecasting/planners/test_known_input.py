"""What planners had told by a past origin."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import read_folds, run_backtest
from wfm_pipeline.domain.forecasting.planners.known_input import PlannersVersions

ORIGIN = dt.date(2026, 6, 8)
MOMENT = dt.datetime(2026, 6, 7, 22, 0)  # midnight in Stockholm
HISTORY = ["valid_from", "valid_until"]


def versions(columns, *rows):
    frame = pd.DataFrame(rows, columns=[*columns, *HISTORY])
    dates = {name: "datetime64[us]" for name in ("known_on", *HISTORY) if name in frame}
    return frame.astype(dates)


def events(*rows):
    """(event, known_on, valid_from, valid_until)."""
    columns = ["event_id", "event_type", "queue_id", "first_date", "last_date", "known_on"]
    day = pd.Timestamp("2026-06-10")
    frame = versions(columns, *((name, "mail", "(all)", day, day, known, *held) for name, known, *held in rows))
    return frame.assign(source="s")


def decisions(*rows):
    """(why, valid_from, valid_until)."""
    columns = ["queue_id", "business_date", "decision", "decided_by"]
    made = (("q", pd.Timestamp("2026-05-04"), "accepted", who, *held) for who, *held in rows)
    return versions(columns, *made).assign(source="s")


def changes(*rows):
    """(queue, known_on, valid_from, valid_until): closed from the day of the statement's date."""
    columns = ["queue_id", "from_date", "kind", "other_queue_id", "share", "known_on"]
    made = ((name, pd.Timestamp("2026-06-01"), "closed", name, None, known, *held) for name, known, *held in rows)
    return versions(columns, *made).assign(source="s")


def known(event_rows=(), decision_rows=()):
    drivers = versions(["driver", "queue_id", "business_date", "value", "known_on"]).assign(source="s")
    return PlannersVersions(events(*event_rows), drivers, decisions(*decision_rows), changes()).known_at(ORIGIN, MOMENT)


@pytest.mark.parametrize(
    ("row", "is_known"),
    [
        pytest.param((None, "2026-06-07 21:59", None), True, id="recorded_before"),
        pytest.param((None, "2026-06-07 22:00", None), True, id="recorded_at_the_origin"),
        pytest.param((None, "2026-06-07 22:01", None), False, id="recorded_after"),
        pytest.param((None, "2026-05-01", "2026-06-01"), False, id="taken_back_before"),
        pytest.param((None, "2026-05-01", "2026-06-20"), True, id="taken_back_after"),
        pytest.param(("2026-06-08", "2026-07-01", None), True, id="recorded_after_but_known_by_then"),
        pytest.param(("2026-06-09", "2026-07-01", None), False, id="recorded_and_known_after"),
        pytest.param(("2026-06-09", "2026-05-01", None), False, id="recorded_before_and_said_to_be_known_after"),
        pytest.param(("2026-06-01", "2026-07-01", "2026-07-02"), False, id="recorded_after_and_taken_back"),
    ],
)
def test_an_event_is_known_if_its_version_held_or_it_says_that_it_was(row, is_known):
    assert ["e"] * is_known == known([("e", *row)]).events["event_id"].tolist()


def test_a_row_that_was_there_in_another_version_counts_as_it_stood():
    rows = [("e", None, "2026-05-01", "2026-07-01"), ("e", "2026-01-01", "2026-07-01", None)]

    found = known(rows).events

    assert [True] == found["known_on"].isna().tolist()


def test_a_decision_counts_from_its_record_on_and_later_ones_stay_unknown():
    rows = [("ann", "2026-06-01", "2026-07-01"), ("bob", "2026-07-01", None)]

    assert ["ann"] == known(decision_rows=rows).decisions["decided_by"].tolist()


SITE = Site(country="US")
MAILS = pd.to_datetime(["2024-02-06", "2024-02-20", "2024-02-29", "2024-03-13", "2024-03-20"])


def mailing_panel():
    """A desk on which a mailing doubles the calls."""
    starts = pd.date_range("2024-01-01", periods=90 * 24, freq="60min", unit="us")
    starts = starts[(starts.hour >= 8) & (starts.hour < 18) & (starts.day_of_week < 5)]
    rate = np.where(starts.normalize().isin(MAILS), 60.0, 30.0)
    return pd.DataFrame(
        {"queue_id": "q", "interval_start": starts, "calls": np.random.default_rng(2).poisson(rate) * 1.0}
    )


def test_a_backtest_asks_at_each_origin_and_only_our_forecast_is_told():
    folds = read_folds(
        pd.DataFrame(
            {"dataset": "x", "fold": [0, 1], "origin": ["2024-03-04", "2024-03-18"], "horizon_days": 14, "train_from": "2024-01-01"}
        )
    )  # fmt: skip
    mails = events(*(("m", None, "2024-03-10", None),) * len(MAILS)).assign(first_date=MAILS, last_date=MAILS)
    mails["event_id"] = [f"m{number}" for number in range(len(MAILS))]
    empty = versions(["driver", "queue_id", "business_date", "value", "known_on"])
    told = PlannersVersions(mails, empty.assign(source="s"), decisions(), changes())
    asked = []

    def planners(origin):
        asked.append(origin)
        return told.known_at(origin, dt.datetime.combine(origin, dt.time()))

    words = {"site": SITE, "methods": ["wfm", "median_6"]}
    plain = run_backtest(mailing_panel(), folds, **words).predictions
    with_planners = run_backtest(mailing_panel(), folds, planners=planners, **words).predictions

    assert [dt.date(2024, 3, 4), dt.date(2024, 3, 18)] == asked
    is_ahead = (plain["method"] == "wfm") & (plain["interval_start"].dt.normalize() == MAILS[-1])
    ratio = with_planners.loc[is_ahead, "calls_mean"].sum() / plain.loc[is_ahead, "calls_mean"].sum()
    assert ratio > 1.5
    untold = (plain["origin"] == "2024-03-04") | (plain["method"] == "median_6")  # the mails were recorded on 10 March
    pd.testing.assert_frame_equal(plain[untold], with_planners[untold], check_exact=True)


def test_a_change_of_a_queue_is_known_as_of_its_record_or_its_word():
    told = PlannersVersions(
        events(), versions(["driver", "queue_id", "business_date", "value", "known_on"]).assign(source="s"), decisions(),
        changes(
            ("recorded", None, "2026-06-01", None),
            ("taken_back", None, "2026-06-01", "2026-06-05"),
            ("later", None, "2026-06-20", None),
            ("later_but_told", pd.Timestamp("2026-06-02"), "2026-06-20", None),
        ),
    ).known_at(ORIGIN, MOMENT)  # fmt: skip

    assert ["recorded", "later_but_told"] == told.changes["queue_id"].tolist()

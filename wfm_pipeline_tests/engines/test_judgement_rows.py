"""The rows that judgement and freshness ask for, on both engines: the newest whole day, the issue before it, newest dates."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_DAY_ACTUAL, QUEUE_DAY_FORECAST
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.judgement_rows import DayVolume, last_known_day, newest_volume, week_scores
from wfm_pipeline.warehouse.newest_dates import newest_issue, newest_known_day

MON, TUE, WED = (dt.date(2026, 3, day) for day in (2, 3, 4))
SOME = {"string": "x", "int64": 0, "float64": 0.0, "boolean": False, "date": MON, "timestamp": pd.Timestamp(MON), "time": dt.time()}  # fmt: skip


@pytest.fixture
def warehouse(engine_url, tmp_path):
    with open_warehouse(engine_url, tmp_path) as opened:
        fill(opened, QUEUE_DAY_ACTUAL, [actual("a", MON, 100), actual("a", TUE, 40), actual("b", TUE, 5)])
        fill(opened, QUEUE_DAY_FORECAST, [
            forecast("a", MON, MON, 90.0), forecast("a", TUE, MON, 95.0), forecast("a", TUE, TUE, 80.0),
            forecast("b", TUE, TUE, 10.0), forecast("a", WED, TUE, 85.0), forecast("a", WED, WED, 70.0, is_hindcast=True),
        ])  # fmt: skip
        yield opened


def fill(warehouse, table, rows):
    """Rows with the given values and something of its type in every other column."""
    whole = [{column.name: SOME[column.type] for column in table.columns} | {"source": "desk"} | row for row in rows]
    warehouse.replace(table, pd.DataFrame(whole), Scope({"source": "desk"}))


def actual(queue, day, calls, **more):
    return {"queue_id": queue, "business_date": day, "calls_offered": calls, **more}


def forecast(queue, day, issued, calls, **more):
    issue = {"issued_at": pd.Timestamp(issued), "calls_mean": calls}
    return {"queue_id": queue, "business_date": day, **issue, **more}


def test_the_newest_day_is_held_against_the_issue_next_before_it(warehouse):
    # Tuesday: 40 + 5 calls; Tuesday's issue said 80 + 10, Monday's does not count
    assert DayVolume(TUE, 45.0, 90.0) == newest_volume(warehouse, "desk", without=frozenset())


def test_a_day_that_was_not_over_is_passed_over(warehouse):
    assert DayVolume(MON, 100.0, 90.0) == newest_volume(warehouse, "desk", without=frozenset({TUE}))


def test_a_missing_day_is_no_day_without_calls(warehouse):
    fill(warehouse, QUEUE_DAY_ACTUAL, [actual("a", MON, 100), actual("a", TUE, None, is_missing=True)])

    assert (MON, MON) == (newest_volume(warehouse, "desk", without=()).date, last_known_day(warehouse, "desk"))


def test_without_rows_there_is_no_day(warehouse):
    assert newest_volume(warehouse, "other", without=()).date is None
    assert last_known_day(warehouse, "other") is None


def test_a_hindcast_is_no_new_issue(warehouse):
    gold = GoldReader(warehouse)

    assert (TUE, TUE) == (newest_known_day(gold, "desk"), newest_issue(gold, "desk"))
    assert (None, None) == (newest_known_day(gold, "other"), newest_issue(gold, "other"))


def test_only_scores_of_first_weeks_per_interval_are_asked_for(warehouse):
    def score(issued, **more):
        return {"issued_at": pd.Timestamp(issued), "queue_id": "a", "grain": "interval", "horizon_band": "1-7", **more}

    fill(
        warehouse, FORECAST_ACCURACY, [score(TUE), score(MON), score(MON, grain="day"), score(MON, horizon_band="1-14")]
    )

    assert [pd.Timestamp(MON), pd.Timestamp(TUE)] == week_scores(warehouse, "desk")["issued_at"].tolist()

"""The laws between tables hold on sound rows and are seen to break on unsound ones."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import QUEUE_DAY_FINAL, QUEUE_INTERVAL_FINAL
from wfm_pipeline.contracts.silver import CALLS, QUEUE_INTERVALS
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.laws import (
    calls_equal_intervals,
    days_are_sums_of_intervals,
    final_days_are_sums_of_intervals,
    final_values_begin_with_the_models,
    offered_is_the_sum_of_outcomes,
    quantiles_are_ordered,
)

DAY = dt.date(2026, 3, 10)
SOURCE = SourceMap("s", "A test", Site(), ())
_SILVER = (CALLS, QUEUE_INTERVALS)
_GOLD = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FINAL, QUEUE_DAY_FINAL)


@pytest.fixture
def warehouse():
    with open_warehouse("duckdb://", Path()) as opened:
        for table in (*_SILVER, *_GOLD):
            opened.create(table)
        put(opened, CALLS, call_id="c1", queue_id="q", business_date=DAY, outcome="answered")
        put(opened, CALLS, call_id="c2", queue_id="q", business_date=DAY, outcome="abandoned")
        counts = {"calls_offered": 2, "calls_answered": 1, "calls_abandoned": 1, "calls_other": 0}
        put(opened, QUEUE_INTERVALS, queue_id="q", business_date=DAY, interval_start=pd.Timestamp(DAY), **counts)
        values = {"calls_mean": 2.0, "calls_q10": 1.0, "calls_q50": 2.0, "calls_q90": 3.0}
        keys = {"queue_id": "q", "business_date": DAY, "issued_at": pd.Timestamp(DAY)}
        put(opened, QUEUE_INTERVAL_FORECAST, interval_start=pd.Timestamp(DAY), **keys, **values)
        put(opened, QUEUE_DAY_FORECAST, **keys, **values)
        put(opened, QUEUE_INTERVAL_FINAL, interval_start=pd.Timestamp(DAY), **keys, calls_mean=2.0, calls_final=2.0)
        put(opened, QUEUE_DAY_FINAL, **keys, calls_mean=2.0, calls_final=2.0)
        yield opened


def put(warehouse, table, **values):
    row = {name: values.get(name) for name in table.column_names} | {"source": "s"}
    warehouse.append_arrow(table.full_name, pa.Table.from_pylist([row]))


SUMS_THAT_STAY = ("calls", "final_values")
"""Laws whose totals may agree while a group or row breaks them."""
LAWS = {
    "calls": lambda warehouse: calls_equal_intervals(warehouse, SOURCE),
    "outcomes": lambda warehouse: offered_is_the_sum_of_outcomes(warehouse, SOURCE),
    "days": lambda warehouse: days_are_sums_of_intervals(warehouse, SOURCE),
    "final_days": lambda warehouse: final_days_are_sums_of_intervals(warehouse, SOURCE),
    "final_values": lambda warehouse: final_values_begin_with_the_models(warehouse, SOURCE),
    "quantiles": lambda warehouse: quantiles_are_ordered(warehouse, SOURCE, "gold.queue_interval_forecast"),
}


@pytest.mark.parametrize("law", LAWS)
def test_a_law_holds_on_sound_rows(warehouse, law):
    assert LAWS[law](warehouse).holds


@pytest.mark.parametrize(
    ("law", "damage"),
    [
        pytest.param("calls", "delete from silver.calls where call_id = 'c2'", id="a_call_is_lost"),
        pytest.param("calls", "update silver.calls set queue_id = 'other' where call_id = 'c2'", id="it_moves_queue"),
        pytest.param("calls", "delete from silver.queue_intervals", id="the_interval_is_lost"),
        pytest.param("outcomes", "update silver.queue_intervals set calls_other = 1", id="an_outcome_too_many"),
        pytest.param("days", "update gold.queue_day_forecast set calls_mean = 2.1", id="a_day_is_no_sum"),
        pytest.param("days", "delete from gold.queue_day_forecast", id="a_day_is_lost"),
        pytest.param(
            "days",
            "update gold.queue_day_forecast set calls_mean = calls_mean + 2e-9",
            id="a_day_is_off_by_a_billionth",
        ),
        pytest.param(
            "final_days", "update gold.queue_interval_forecast_final set calls_final = 3", id="a_final_day_is_no_sum"
        ),
        pytest.param(
            "final_values",
            "update gold.queue_interval_forecast_final set calls_final = 3",
            id="moved_without_an_override",
        ),
        pytest.param(
            "final_values", "update gold.queue_interval_forecast set calls_mean = 3", id="the_models_value_was_changed"
        ),
        pytest.param("final_values", "delete from gold.queue_interval_forecast", id="the_issue_is_gone"),
        pytest.param("quantiles", "update gold.queue_interval_forecast set calls_q10 = 2.5", id="quantiles_cross"),
    ],
)
def test_a_law_is_seen_to_break(warehouse, law, damage):
    warehouse.execute(damage)

    found = LAWS[law](warehouse)

    assert 1 <= found.broken_rows
    assert found.left != found.right or law in SUMS_THAT_STAY

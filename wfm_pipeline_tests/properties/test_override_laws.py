"""Overrides, whatever they are: sums hold to a billionth, bands stay ordered, nothing is negative or lost."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.forecasting.planners.overrides import OVERRIDE_COLUMNS, finish_forecast

FIRST = pd.Timestamp("2026-12-28")  # ISO week 53 of 2026 runs into 2027
DAYS = 10
OVERRIDES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "(all)", "unknown"]),
        st.integers(0, DAYS * 24 - 1),
        st.integers(1, 100),
        st.sampled_from(["factor", "add", "set"]),
        st.floats(0, 500),
        st.booleans(),
    ),
    max_size=8,
)


@st.composite
def issues(draw):
    calls = draw(st.lists(st.sampled_from([0.0, 0.01, 0.3, 1.0, 7.5, 120.0]), min_size=48, max_size=48))
    local = pd.date_range(FIRST, periods=DAYS * 24, freq="h", unit="us")
    is_open = (local.hour >= draw(st.integers(0, 12))) & (local.hour < 20)
    parts = []
    for number, queue_id in enumerate(("a", "b")):
        mean = np.where(is_open, np.tile(calls[24 * number : 24 * number + 24], DAYS), 0.0)
        part = {"calls_mean": mean, "calls_q10": mean * 0.5, "calls_q50": mean * 0.9, "calls_q90": mean * 1.7}
        parts.append(
            pd.DataFrame(
                {
                    "queue_id": queue_id,
                    "interval_start": local - pd.Timedelta(hours=1),
                    "interval_start_local": local,
                    "business_date": local.normalize(),
                    **part,
                    "aht_seconds": 200.0,
                    "is_open": is_open,
                }
            )
        )
    intervals = pd.concat(parts, ignore_index=True)
    quantiles = ["calls_mean", "calls_q10", "calls_q50", "calls_q90"]
    return intervals, _day_sums(intervals, quantiles).assign(aht_seconds=200.0)


def _day_sums(intervals, columns):
    return intervals.groupby(["queue_id", "business_date"], as_index=False)[columns].sum()


def frame(overrides):
    rows = [
        (
            f"o{number}",
            queue_id,
            FIRST + pd.Timedelta(hours=start),
            FIRST + pd.Timedelta(hours=start + hours),
            kind,
            -value if kind == "add" and is_minus else value,
            "ann",
            dt.datetime(2026, 12, 1) + dt.timedelta(minutes=number),
        )
        for number, (queue_id, start, hours, kind, value, is_minus) in enumerate(overrides)
    ]
    return pd.DataFrame(rows, columns=list(OVERRIDE_COLUMNS)).astype({"decided_at": "datetime64[us]"})


@settings(max_examples=60)
@given(issue=issues(), overrides=OVERRIDES)
def test_final_values_add_up_keep_their_bands_in_order_and_leave_closed_hours_alone(issue, overrides):
    done = finish_forecast(*issue, frame(overrides))

    by_day = _day_sums(done.intervals, ["calls_final"])["calls_final"]
    np.testing.assert_allclose(by_day, done.days["calls_final"], rtol=1e-13, atol=1e-9)
    for rows in (done.intervals, done.days):
        bands = rows[["calls_final_q10", "calls_final_q50", "calls_final_q90"]].to_numpy()
        assert (np.diff(bands, axis=1) >= -1e-9).all()
        assert (bands >= 0).all()
        assert (rows["calls_final"] >= 0).all()
    assert (done.intervals.loc[~done.intervals["is_open"], "calls_final"] == 0).all()


@settings(max_examples=60)
@given(issue=issues(), overrides=OVERRIDES)
def test_the_effects_lead_from_the_models_value_to_the_final_one(issue, overrides):
    done = finish_forecast(*issue, frame(overrides))

    moved = (done.effects["calls_after"] - done.effects["calls_before"]).astype(float)
    sums = moved.groupby([done.effects["queue_id"], done.effects["interval_start"]]).sum()
    keys = pd.MultiIndex.from_frame(done.intervals[["queue_id", "interval_start"]])
    total = done.intervals["calls_mean"].to_numpy() + sums.reindex(keys, fill_value=0.0).to_numpy(float)
    np.testing.assert_allclose(total, done.intervals["calls_final"], rtol=1e-9, atol=1e-9)

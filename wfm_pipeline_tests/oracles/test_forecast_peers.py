"""The peers against a plain pandas version that looks up one target interval at a time."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.means.peers import PEERS, peer_forecast, replace_closed_days


def _panel():
    random = np.random.default_rng(3)
    times = pd.date_range("2024-01-01", periods=70 * 24, freq="60min", unit="us")
    rows = [
        pd.DataFrame({"queue_id": q, "interval_start": times, "calls": random.poisson(m, len(times))})
        for q, m in (("a", 4), ("b", 9))
    ]
    history = pd.concat(rows, ignore_index=True)
    date = history["interval_start"].dt.normalize()
    history.loc[date == "2024-02-13", "calls"] = 0  # the desk is closed
    return history[date != "2024-02-21"]  # a missing day


def _plain(history, queue_id, target, days, combine):
    """Same weekday and hour, closed day replaced by its four nearest same weekdays, missing day skipped."""
    own = history[(history["queue_id"] == queue_id) & (history["interval_start"].dt.hour == target.hour)]
    own = (
        own[own["interval_start"].dt.day_of_week == target.day_of_week]
        .set_index("interval_start")["calls"]
        .astype(float)
    )
    closed = pd.Timestamp("2024-02-13") + pd.Timedelta(hours=target.hour)
    if closed in own.index:
        others = own.drop(closed)
        near = others.iloc[np.argsort(np.abs((others.index - closed).days), kind="stable")[:4]]
        own[closed] = near.mean()
    return combine(own.iloc[-days:])


@pytest.mark.parametrize(
    ("method", "days", "combine"),
    [("seasonal_naive", 1, np.mean), ("mean_4", 4, np.mean), ("mean_8", 8, np.mean), ("median_6", 6, np.median)],
)
def test_every_target_interval_equals_the_plain_look_up(method, days, combine):
    history = _panel()

    means, _ = peer_forecast(build_panel(history), PEERS[method], 14)

    for queue, queue_id in enumerate("ab"):
        for day in range(14):
            for hour in (0, 11, 23):
                target = pd.Timestamp("2024-01-01") + pd.Timedelta(days=70 + day, hours=hour)
                assert _plain(history, queue_id, target, days, combine) == pytest.approx(means[queue, day, hour])


def test_bands_enclose_the_point_and_never_cross_or_fall_below_zero():
    means, quantiles = peer_forecast(build_panel(_panel()), PEERS["median_6"], 14)

    np.testing.assert_array_equal(means, quantiles[..., 3])
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert (quantiles >= 0).all()
    assert (quantiles[..., 5] > means).any()


def test_a_closed_day_is_replaced_only_in_training():
    panel = build_panel(_panel())

    filled = replace_closed_days(panel)

    closed = (dt.date(2024, 2, 13) - dt.date(2024, 1, 1)).days
    near = [closed - 7, closed + 7, closed - 14, closed + 14]
    np.testing.assert_allclose(panel.calls[:, near].mean(axis=1), filled.calls[:, closed])
    assert not panel.calls[:, closed].any()

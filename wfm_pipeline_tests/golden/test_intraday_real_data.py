"""The intraday update on a public call centre: 64 working days, each updated after 2 and 4 hours of opening.

Limits are the essay's measured values plus 2 %, far below the published figures to beat (0.048, 0.046).
"""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.intraday.backtest import run_intraday_backtest

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

LIMITS = {2.0: 0.0423, 4.0: 0.0388}


def test_the_update_beats_nothing_and_the_plain_ratio_after_two_and_four_hours(real_data):
    panel = pd.read_parquet(real_data / "forecast_panels" / "bank_30min.parquet")

    scores = run_intraday_backtest(
        panel,
        site=Site(country="US"),
        first=dt.date(2003, 7, 25),
        days=64,
        after_hours=tuple(LIMITS),
        options=ForecastOptions(),
    )

    for hours, limit in LIMITS.items():
        at = scores[scores["after_hours"] == hours].set_index("method")
        assert at.loc["wfm", "wmape"] <= limit
        assert at.loc["wfm", "wmape"] < at.loc["as_issued", "wmape"] < at.loc["plain_ratio", "wmape"]
        assert 0.76 <= at.loc["wfm", "cov80"] <= 0.88  # 64 days of slots that err together
        assert 0.65 <= at.loc["wfm", "cov80_rest"] <= 0.95  # 64 days: 0.8 +- 3 standard errors

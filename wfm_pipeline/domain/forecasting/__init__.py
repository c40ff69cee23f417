"""Forecasts of calls and handle time, and the backtest that scores them; pure functions.

Here: from an interval history to means, quantile bands and handle times per queue, interval and
day. Not here: reading, writing, issuing and archiving forecasts (assets, warehouse), or staffing.
The method, its source and its drawbacks: docs/methods/forecasting.md.
"""

from wfm_pipeline.domain.forecasting.fitting import ForecastModel
from wfm_pipeline.domain.forecasting.forecast import ForecastResult, forecast, forecast_from_model
from wfm_pipeline.domain.forecasting.judging.backtest import METHODS, BacktestResult, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.judging.issue_scores import HORIZON_BANDS, score_issue
from wfm_pipeline.domain.forecasting.options import METHOD, QUANTILE_LEVELS, RUNGS, ForecastOptions, quantile_column
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.domain.forecasting.saved_model import dump_model, load_model, model_card

__all__ = [
    "HORIZON_BANDS",
    "METHOD",
    "METHODS",
    "QUANTILE_LEVELS",
    "RUNGS",
    "BacktestResult",
    "ForecastModel",
    "ForecastOptions",
    "ForecastResult",
    "PlannersInput",
    "dump_model",
    "forecast",
    "forecast_from_model",
    "load_model",
    "model_card",
    "quantile_column",
    "read_folds",
    "run_backtest",
    "score_issue",
]

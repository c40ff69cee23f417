"""A backtest, judged: every table that its report and its JSON show.

Here: which tables there are, and the facts of the data behind them. Not here: how each table is
made (slices, calibration, differences, gains) or shown (reports).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting.desk.panel import build_panel, day_table, desk_closed_dates
from wfm_pipeline.domain.forecasting.judging.backtest import BacktestResult
from wfm_pipeline.domain.forecasting.judging.calibration import band_table, pit_table, reliability_table
from wfm_pipeline.domain.forecasting.judging.differences import difference_table
from wfm_pipeline.domain.forecasting.judging.gains import gain_table
from wfm_pipeline.domain.forecasting.judging.scored_rows import scored_rows
from wfm_pipeline.domain.forecasting.judging.slices import score_slices
from wfm_pipeline.domain.forecasting.options import METHOD


@dataclass(frozen=True, slots=True)
class BacktestAnalysis:
    """The tables of a judged backtest.

    Attributes:
        rows: Scored rows, see `scored_rows`.
        slices: See `score_slices`.
        bands: See `band_table`.
        reliability: See `reliability_table`.
        pit: See `pit_table`.
        differences: See `difference_table`.
        gains: See `gain_table`.
        unscored_days: See `unscored_days`.
    """

    rows: pd.DataFrame
    slices: pd.DataFrame
    bands: pd.DataFrame
    reliability: pd.DataFrame
    pit: pd.DataFrame
    differences: pd.DataFrame
    gains: pd.DataFrame
    unscored_days: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that JSON holds, by name; the rows are left out."""
        return {
            "slices": self.slices,
            "bands": self.bands,
            "reliability": self.reliability,
            "pit": self.pit,
            "differences": self.differences,
            "gains": self.gains,
            "unscored_days": self.unscored_days,
        }


def analyse(result: BacktestResult, history: pd.DataFrame, *, site: Site, ours: str = METHOD) -> BacktestAnalysis:
    """Judge a backtest.

    Args:
        result: From `run_backtest`.
        history: The intervals it was run on.
        site: Calendar of the desk.
        ours: The method the others are compared with.

    Returns:
        Every table of the report.

    Source:
        docs/methods/backtesting.md.
    """
    rows = scored_rows(result.judged, site=site)
    return BacktestAnalysis(
        rows=rows,
        slices=score_slices(rows),
        bands=band_table(rows),
        reliability=reliability_table(rows),
        pit=pit_table(rows),
        differences=difference_table(rows, ours=ours),
        gains=gain_table(rows, ours=ours),
        unscored_days=unscored_days(result, history, site=site),
    )


def unscored_days(result: BacktestResult, history: pd.DataFrame, *, site: Site) -> pd.DataFrame:
    """Days of the data that taught or judged nothing, and why.

    Args:
        result: From `run_backtest`.
        history: The intervals it was run on.
        site: For the interval length where the rows do not tell it.

    Returns:
        One row per date, reason and set of queues, in order of date: date, reason (`closed`: the
        whole desk has zeros although calls were to be expected; `missing`: no rows, or too few of
        the usual slots, on a weekday that is worked), queues (comma-separated, or `(all)`),
        is_target (the date lies in a fold's target days). Days a queue never works are not listed.
    """
    panel = build_panel(history, interval_minutes=site.interval_minutes)
    table = day_table(panel)
    desk_closed = desk_closed_dates(panel)
    absent = table.open_weekday[:, panel.weekday] & ~table.usable & ~table.closed
    targets = set(_target_dates(result))
    records = []
    for number in np.flatnonzero(desk_closed | absent.any(axis=0)):
        date = panel.first_date + dt.timedelta(days=int(number))
        names = [queue for queue, is_absent in zip(panel.queue_ids, absent[:, number], strict=True) if is_absent]
        every = desk_closed[number] or len(names) == len(panel.queue_ids)
        records.append(
            {
                "date": pd.Timestamp(date).as_unit("us"),
                "reason": "closed" if desk_closed[number] else "missing",
                "queues": ALL if every else ", ".join(names),
                "is_target": date in targets,
            }
        )
    return pd.DataFrame(records, columns=["date", "reason", "queues", "is_target"])


def _target_dates(result: BacktestResult) -> list[dt.date]:
    """Every date from an origin to the last interval that it was asked for."""
    last = result.judged.groupby("origin", as_index=False)["interval_start"].max()
    spans = zip(last["origin"], last["interval_start"].dt.normalize(), strict=True)
    return [day.date() for origin, end in spans for day in pd.date_range(origin, end, freq="D")]

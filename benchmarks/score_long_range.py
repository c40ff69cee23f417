"""How good is the long range, week by week ahead, and do its bands grow as they should?

Origins every 14 days from the 84th day of a panel on, to the panel's end; weeks count from the
origin, and only their known days. Prints JSON.
    python benchmarks/score_long_range.py PANEL.parquet IL fri,sat
"""

import argparse
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel, desk_closed_dates
from wfm_pipeline.domain.forecasting.long_range.long_range import draw_days, long_means, tested_errors

FIRST_ORIGIN, SPACING, LEAST_WEEKS, LEAST_DAYS = 84, 14, 4, 3
PATHS = 1_000
AHEAD = ((0, 2), (2, 4), (4, 8), (8, 13), (13, 20), (20, 30), (30, 45))
OPTIONS = ForecastOptions(num_threads=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("panel", type=Path)
    parser.add_argument("country")
    parser.add_argument("weekend")
    arguments = parser.parse_args()
    site = Site(country=arguments.country, weekend=tuple(arguments.weekend.split(",")))
    panel = build_panel(pd.read_parquet(arguments.panel))
    dates = panel.calls.shape[1]
    rows = [row for day in range(FIRST_ORIGIN, dates - 7 * LEAST_WEEKS, SPACING) for row in week_rows(panel, day, site)]
    weeks = pd.DataFrame(rows)
    answer = {}
    for low, high in AHEAD:
        some = weeks[weeks["ahead"].between(low, high - 1)]
        if len(some):
            answer[f"weeks {low + 1}-{high}"] = {
                "n": len(some),
                "wmape": round(float((some["came"] - some["said"]).abs().sum() / some["came"].sum()), 4),
                "bias": round(float((some["said"] - some["came"]).sum() / some["came"].sum()), 4),
                "week_band_coverage_80": round(float(some["hit"].mean()), 3),
                "day_band_coverage_80": round(float(some["day_hits"].mean()), 3),
            }
    print(json.dumps({"panel": arguments.panel.name, **answer}, indent=2))


def week_rows(panel: CallPanel, day: int, site: Site) -> list[dict[str, float]]:
    """Weeks of one origin: calls, forecast, and whether the bands held."""
    past = panel.window(panel.first_date, panel.first_date + dt.timedelta(days=day))
    errors = tested_errors(past, site=site, options=OPTIONS)
    horizon = (panel.calls.shape[1] - day) // 7 * 7
    mean = long_means(past, errors, site=site, horizon_days=horizon, options=OPTIONS)[0].sum(axis=2)
    came = np.where(desk_closed_dates(panel)[None, :, None], np.nan, panel.calls)[:, day : day + horizon]
    known, totals = (~np.isnan(came)).any(axis=2) & (mean > 0), np.nansum(came, axis=2)
    rows = []
    for queue in range(len(mean)):
        drawn = draw_days(mean[queue], errors, queue, 0, paths=PATHS, seed=queue)
        low, high = np.quantile(drawn, (0.1, 0.9), axis=0)
        hits = (totals[queue] >= low) & (totals[queue] <= high)
        for week in range(horizon // 7):
            inside = slice(7 * week, 7 * week + 7)
            some = known[queue, inside]
            if some.sum() >= LEAST_DAYS:
                calls = float((totals[queue, inside] * some).sum())
                ends = np.quantile((drawn[:, inside] * some).sum(axis=1), (0.1, 0.9))
                rows.append(
                    {
                        "ahead": week,
                        "came": calls,
                        "said": float((mean[queue, inside] * some).sum()),
                        "hit": float(ends[0] <= calls <= ends[1]),
                        "day_hits": float(hits[inside][some].mean()),
                    }
                )
    return rows


if __name__ == "__main__":
    main()

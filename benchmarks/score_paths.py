"""Do sample paths tell the truth: intervals, hours, days and weeks inside their 80 % bands?

Rolling origins of the folds file, 14 days each. Weeks are the two seven-day blocks of a fold; beside
joint paths stand paths that know how days hang together but not how wrong weeks were, and the same
paths with days shuffled, as if days were independent. The folds may overlap: a file with an origin
every few days sees more of the same weeks. Prints JSON.
    python benchmarks/score_paths.py PANEL.parquet FOLDS.csv bank US sat,sun
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, read_folds
from wfm_pipeline.domain.forecasting.bands.dependence import learn_dependence
from wfm_pipeline.domain.forecasting.desk.panel import build_panel, desk_closed_dates
from wfm_pipeline.domain.forecasting.fitting import answer, fit_panel
from wfm_pipeline.domain.forecasting.intraday.update import learn_intraday
from wfm_pipeline.domain.forecasting.long_range.sample_paths import bands_of, sample_paths

PATHS = 1_000
BLOCK_DAYS = 7
LEAST_DAYS = 4
LOW80, HIGH80 = 1, 5
OPTIONS = ForecastOptions(num_threads=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("panel", type=Path)
    parser.add_argument("folds", type=Path)
    parser.add_argument("dataset")
    parser.add_argument("country")
    parser.add_argument("weekend")
    arguments = parser.parse_args()
    site = Site(country=arguments.country, weekend=tuple(arguments.weekend.split(",")))
    panel = build_panel(pd.read_parquet(arguments.panel))
    came_all = np.where(desk_closed_dates(panel)[None, :, None], np.nan, panel.calls)
    hits: dict[str, list[np.ndarray]] = {}
    folds = read_folds(pd.read_csv(arguments.folds), dataset=arguments.dataset)
    for number, (origin, horizon) in enumerate(zip(folds["origin"].dt.date, folds["horizon_days"], strict=True)):
        past = panel.window(panel.first_date, origin)
        values = answer(fit_panel(past, site=site, horizon_days=int(horizon), options=OPTIONS))
        law = learn_intraday(past, site=site, options=OPTIONS).law
        together = learn_dependence(past, site=site, options=OPTIONS)
        paths = sample_paths(values, dependence=together, law=law, paths=PATHS, seed=number)
        plain = sample_paths(values, dependence=replace(together, weeks=None), law=law, paths=PATHS, seed=number)
        first = (origin - panel.first_date).days
        came = np.full(values.mean.shape, np.nan)
        part = came_all[:, first : first + int(horizon)]
        came[:, : part.shape[1]] = part
        for name, found in fold_hits(
            came, values.mean, values.day_quantiles, paths.calls, plain.days, seed=number
        ).items():
            hits.setdefault(name, []).append(found.astype(float))
    whole = {name: np.concatenate(found) for name, found in hits.items()}
    figures = {name: {"band_coverage_80": round(float(v.mean()), 3), "n": int(v.size)} for name, v in whole.items()}
    print(json.dumps({"dataset": arguments.dataset, "paths": PATHS, **figures}, indent=2))


def fold_hits(
    came: np.ndarray, mean: np.ndarray, day_bands: np.ndarray, calls: np.ndarray, plain: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Which outcomes lie inside their 80 % band, by kind of sum."""
    known = ~np.isnan(came)
    days_known = known.any(axis=2) & (mean.sum(axis=2) > 0)
    totals, days = np.nansum(came, axis=2), calls.sum(axis=3) * days_known
    blocks = (*days_known.shape[:1], -1, BLOCK_DAYS)
    weeks_known = days_known.reshape(blocks).sum(axis=2) >= LEAST_DAYS
    week_totals = (totals * days_known).reshape(blocks).sum(axis=2)
    random = np.random.default_rng(seed)
    shuffled = days.copy()
    for day in range(days.shape[2]):
        shuffled[:, :, day] = days[random.permutation(len(days)), :, day]

    def by_week(drawn: np.ndarray) -> np.ndarray:
        return drawn.reshape(len(drawn), *blocks).sum(axis=3)

    return {
        "intervals from 1 call": inside(came, bands_of(calls))[known & (mean >= 1)],
        "days": inside(totals, bands_of(days))[days_known],
        "days, issued band": inside(totals, day_bands)[days_known],
        "weeks": inside(week_totals, bands_of(by_week(days)))[weeks_known],
        "weeks, days as they hang together": inside(week_totals, bands_of(by_week(plain * days_known)))[weeks_known],
        "weeks, days shuffled": inside(week_totals, bands_of(by_week(shuffled)))[weeks_known],
        "weeks, all queues": inside(week_totals.sum(axis=0), bands_of(by_week(days).sum(axis=1)))[
            weeks_known.any(axis=0)
        ],
    }


def inside(came: np.ndarray, bands: np.ndarray) -> np.ndarray:
    return (came >= bands[..., LOW80]) & (came <= bands[..., HIGH80])


if __name__ == "__main__":
    main()

"""Can 200 queues with two years of half-hours be trained and forecast in ten minutes on 2 cores, under 6 GB?

Made data, fixed seed: no file, no network. Every queue has its own size, opening hours, weekday rhythm,
trend and wandering level; German holidays close or calm the desk. Prints JSON.
    python benchmarks/bench_forecast_scale.py [--queues 200] [--days 730] [--minutes 30]
"""

import argparse
import datetime as dt
import json
import os
import resource
import time

import numpy as np

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.desk.calendar_facts import day_types
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel
from wfm_pipeline.domain.forecasting.fitting import answer, fit_panel
from wfm_pipeline.domain.forecasting.means.boosting import load_lightgbm

HORIZON_DAYS = 14
FIRST = dt.date(2022, 1, 3)
SITE = Site(country="DE")


def made_panel(queues: int, days: int, minutes: int) -> CallPanel:
    """Counts of queues from 5 to 3,000 calls a day."""
    random = np.random.default_rng(0)
    slots = 1440 // minutes
    types = day_types(SITE, FIRST, days)
    hour = (np.arange(slots) + 0.5) * minutes / 60
    calls = np.empty((queues, days, slots))
    for queue, size in enumerate(np.geomspace(5, 3000, queues)):
        peak, width = random.uniform(10, 14), random.uniform(2.5, 5.0)
        shape = np.exp(-(((hour - peak) / width) ** 2)) + 0.02
        week = np.array([1.25, 1.1, 1.0, 1.0, 0.95, 0.5, 0.35]) * random.uniform(0.9, 1.1, 7)
        wander = np.cumsum(random.normal(0, 0.02, days)) + random.normal(0, 0.05, days)
        level = size * week[types.weekday] * np.exp(wander - 0.9 * types.is_holiday)
        calls[queue] = random.poisson(level[:, None] * shape / shape.sum())
    has_row = np.ones(calls.shape, bool)
    names = tuple(f"q{number:03d}" for number in range(queues))
    return CallPanel(names, FIRST, minutes, calls, has_row, ~has_row)


def megabytes() -> float:
    """Peak resident memory of this process so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=200)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    load_lightgbm()
    panel = made_panel(arguments.queues, arguments.days, arguments.minutes)
    before, load = megabytes(), os.getloadavg()[0]
    started = time.perf_counter()
    options = ForecastOptions(num_threads=arguments.threads)
    model = fit_panel(panel, site=SITE, horizon_days=HORIZON_DAYS, options=options)
    trained = time.perf_counter()
    values = answer(model)
    answered = time.perf_counter()
    result = {
        "question": "train and forecast many queues, 14 days, all bands",
        **vars(arguments),
        "rows": int(panel.calls.size),
        "seconds": {"train": round(trained - started, 1), "answer": round(answered - trained, 1)},
        "megabytes_peak": round(megabytes()),
        "megabytes_above_data": round(megabytes() - before),
        "load_at_start": round(load, 1),
        "cells_answered": int(values.mean.size),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

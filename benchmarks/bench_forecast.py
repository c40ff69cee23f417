"""How long does our forecast take beside a median of the last six same weekdays, in the same run?

Made data, fixed seed: no file, no network. Prints JSON.
    python benchmarks/bench_forecast.py [--queues 4] [--days 365] [--minutes 30]
"""

import argparse
import datetime as dt
import json
import resource
import time

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.fitting import answer, fit_panel
from wfm_pipeline.domain.forecasting.means.boosting import load_lightgbm
from wfm_pipeline.domain.forecasting.means.peers import PEERS, peer_forecast

HORIZON_DAYS = 14


def made_history(queues: int, days: int, minutes: int) -> pd.DataFrame:
    """Poisson calls around the clock with a working-day rush, a payday and a size per queue."""
    random = np.random.default_rng(0)
    times = pd.date_range("2022-01-03", periods=days * 1440 // minutes, freq=f"{minutes}min", unit="us")
    rush = np.where((times.day_of_week < 5) & (times.hour >= 8) & (times.hour < 18), 1.0, 0.15)
    payday = np.where(times.day >= 28, 1.3, 1.0)
    sizes = np.geomspace(2, 60, queues) * minutes / 30
    frames = [
        pd.DataFrame(
            {"queue_id": f"q{number:03d}", "interval_start": times, "calls": random.poisson(size * rush * payday) * 1.0}
        )
        for number, size in enumerate(sizes)
    ]
    return pd.concat(frames, ignore_index=True)


def megabytes() -> float:
    """Peak resident memory of this process so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=4)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--minutes", type=int, default=30)
    arguments = parser.parse_args()
    load_lightgbm()
    history = made_history(arguments.queues, arguments.days, arguments.minutes)
    seconds = {}
    started = time.perf_counter()
    panel = build_panel(history)
    panel = panel.window(panel.first_date, panel.first_date + dt.timedelta(days=arguments.days))
    seconds["door"] = time.perf_counter() - started
    before = megabytes()
    started = time.perf_counter()
    peer_forecast(panel, PEERS["median_6"], HORIZON_DAYS)
    seconds["median_6"] = time.perf_counter() - started
    started = time.perf_counter()
    model = fit_panel(panel, site=Site(country="US"), horizon_days=HORIZON_DAYS, options=ForecastOptions())
    seconds["wfm_train"] = time.perf_counter() - started
    started = time.perf_counter()
    answer(model)
    seconds["wfm_answer"] = time.perf_counter() - started
    result = {
        "question": "forecast of all queues, 14 days, beside the median of the last 6 same weekdays",
        **vars(arguments),
        "rows": len(history),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "times_median_6": round((seconds["wfm_train"] + seconds["wfm_answer"]) / seconds["median_6"], 1),
        "megabytes_above_start": round(megabytes() - before, 1),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

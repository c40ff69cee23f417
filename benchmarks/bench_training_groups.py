"""What do four training groups cost and save against one, with 200 queues and two years of half-hours?

The same made data as bench_forecast_scale.py. Each way in a process of its own: all queues at once; four groups one after
the other over the training shelf, as the main job does it; the largest of the four alone, which is what a machine needs that
trains one partition. Seconds of the processor stand beside those of the clock: the former count on a busy machine. Prints JSON.
    python benchmarks/bench_training_groups.py [--queues 200] [--days 730] [--minutes 30]
"""

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from bench_forecast_scale import FIRST, HORIZON_DAYS, SITE, made_panel

from wfm_pipeline.domain.forecasting import ForecastOptions, PlannersInput
from wfm_pipeline.domain.forecasting.training import TrainingRequest, deal_request
from wfm_pipeline.warehouse.models.training_shelf import FINGERPRINT, TrainingShelf

WAYS = ("one", "in_turn", "largest")


def made_request(arguments: argparse.Namespace, path: Path) -> TrainingRequest:
    """The request for all queues, its history read from a file as a run reads it from the warehouse."""
    history = pd.read_parquet(path)
    origin = FIRST + dt.timedelta(days=arguments.days)
    grid = pd.date_range(origin, periods=HORIZON_DAYS * 1440 // arguments.minutes, freq=f"{arguments.minutes}min")
    return TrainingRequest(
        history=history,
        handle=history[["queue_id", "interval_start"]].assign(answered_handle_known=1.0, handle_seconds=200.0),
        is_open_future=pd.DataFrame({"interval_start": grid.as_unit("us"), "is_open": True}),
        planners=PlannersInput(),
        site=SITE,
        origin=origin,
        horizon_days=HORIZON_DAYS,
        options=ForecastOptions(num_threads=arguments.threads),
    )


def write_history(arguments: argparse.Namespace, path: Path) -> int:
    """Made counts as rows of intervals; gives how many."""
    panel = made_panel(arguments.queues, arguments.days, arguments.minutes)
    queue, day, slot = (places.ravel() for places in np.indices(panel.calls.shape))
    start = pd.Timestamp(FIRST).as_unit("us") + pd.to_timedelta(
        day * 1440 + slot * arguments.minutes, unit="min"
    ).as_unit("us")
    rows = {
        "queue_id": np.array(panel.queue_ids)[queue],
        "interval_start": start,
        "calls": panel.calls.ravel(),
        "is_open": True,
    }
    pd.DataFrame(rows).to_parquet(path)
    return int(panel.calls.size)


def train(arguments: argparse.Namespace, path: Path) -> dict[str, object]:
    """One way, in this process."""
    whole = made_request(arguments, path)
    read = megabytes()
    wall, processor = time.perf_counter(), time.process_time()
    most_rows = len(whole.history) if arguments.way == "one" else arguments.rows
    parts = sorted(deal_request(whole, most_rows=most_rows).items(), key=lambda one: one[0].rows)
    if arguments.way == "largest":
        parts = parts[-1:]
        del whole
    with tempfile.TemporaryDirectory() as folder:
        shelf = TrainingShelf(Path(folder))
        while parts:
            group, part = parts.pop()
            result = part.answer()
            if arguments.way != "one":
                shelf.put_forecast(part.origin, group.name, result, {FINGERPRINT: part.fingerprint()})
            print(f"{group.name}: {len(group.queue_ids)} queues", file=sys.stderr)
            del result, part
    return {
        "seconds": round(time.perf_counter() - wall, 1),
        "seconds_of_processor": round(time.process_time() - processor, 1),
        "megabytes_peak": round(megabytes()),
        "megabytes_when_read": round(read),
    }


def megabytes() -> float:
    """Peak resident memory of this process so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=200)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--rows", type=int, default=2_200_000, help="rows of a group at most: four groups of 200 queues"
    )
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(train(arguments, arguments.path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.parquet"
        rows = write_history(arguments, path)
        same = [sys.executable, __file__, *sys.argv[1:], "--path", str(path)]
        load = os.getloadavg()[0]
        ways = {way: json.loads(subprocess.check_output([*same, "--way", way])) for way in WAYS}
    one, turn = ways["one"], ways["in_turn"]
    ratio = {name: round(turn[name] / one[name], 2) for name in ("seconds_of_processor", "megabytes_peak")}
    told = {"question": "train by four groups against all at once", "rows": rows, "load_at_start": round(load, 1)}
    print(json.dumps({**told, "ways": ways, "in_turn_to_one": ratio}, indent=2))


if __name__ == "__main__":
    main()

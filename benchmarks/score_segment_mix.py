"""Is the mix of customer segments worth anything to the forecast of volume or handle time?

The bank of 1999, four queues, the folds of the forecast benchmark. Segments are K-means alone, made from the calls before
each origin (our own rule finds one group there, and one group is no mix). Volume: every queue is forecast as the sum of its
segments, blended with the forecast of the whole. Handle time: the queue's AHT is moved by what the mix of the last two weeks
says beside that of eight. The weight is chosen on the even folds and judged on the odd ones. Prints Markdown.
    python benchmarks/score_segment_mix.py WAREHOUSE.duckdb FOLDS.csv
"""

import argparse
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from _plain_segments import plain_segments

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.forecasting import METHOD, ForecastOptions, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.handle_time import learn_handle_time
from wfm_pipeline.transforms.behavior import measured_behavior

ISRAEL = Site(country="IL", weekend=("fri", "sat"))
QUEUES = ("PS", "NW", "NE", "IN")
WEIGHTS = (0.0, 0.25, 0.5, 1.0)
OPTIONS = ForecastOptions(num_threads=1)
EIGHT_WEEKS, TWO_WEEKS = pd.Timedelta(weeks=8), pd.Timedelta(weeks=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path, help="DuckDB warehouse with the source anonymous_bank")
    parser.add_argument("folds", type=Path)
    arguments = parser.parse_args()
    stored = ibis.duckdb.connect(arguments.warehouse, read_only=True).table("calls", database="silver")
    folds = read_folds(pd.read_csv(arguments.folds), dataset="anon")
    volume, handle = [], []
    for fold in range(len(folds)):
        calls = with_segments(stored, folds["origin"].iloc[fold])
        volume.append(volume_errors(calls, folds.iloc[[fold]]))
        handle.append(handle_errors(calls, folds["origin"].iloc[fold]))
        print(f"fold {fold}: volume {volume[-1].round(4)}, handle time {handle[-1].round(4)}", flush=True)
    print("\n| | whole | weight chosen on even folds | whole, odd folds | chosen, odd folds |\n|---|---|---|---|---|")
    for name, errors in (
        ("volume, wMAPE per queue and interval", volume),
        ("handle time, wMAPE per queue and day", handle),
    ):
        even, odd = np.mean(errors[::2], axis=0), np.mean(errors[1::2], axis=0)
        best = int(even.argmin())
        print(f"| {name} | {np.mean(errors, axis=0)[0]:.4f} | {WEIGHTS[best]} | {odd[0]:.4f} | {odd[best]:.4f} |")


def with_segments(stored: ibis.Table, origin: pd.Timestamp) -> pd.DataFrame:
    """Calls of the four queues, each with its customer's segment as it was known at the origin."""
    before = measured_behavior(stored.filter(stored.arrived_at_local < origin)).to_pandas()
    before = before[before["customer_key"] != UNKNOWN].sort_values("customer_key").reset_index(drop=True)
    names = pd.Series(plain_segments(before, 1).to_numpy(), index=before["customer_key"])
    columns = ["queue_id", "arrived_at_local", "customer_key", "outcome", "handle_seconds"]
    calls = stored.select(*columns).filter(stored.queue_id.isin(QUEUES)).to_pandas()
    return calls.assign(
        segment=calls["customer_key"].map(names).fillna("nobody known"),
        interval_start=calls["arrived_at_local"].dt.floor("30min"),
    )


def volume_errors(calls: pd.DataFrame, fold: pd.DataFrame) -> np.ndarray:
    """Error (wMAPE) per queue and interval of every weight, calls of nobody known as a segment of their own."""
    parts = predicted(panel(calls, calls["queue_id"] + "|" + calls["segment"]), fold)
    parts = parts.assign(queue_id=parts["queue_id"].str.split("|").str[0])
    by = ["queue_id", "interval_start"]
    parts = parts.groupby(by)[["calls_mean", "calls"]].sum()
    whole = predicted(panel(calls, calls["queue_id"]), fold).set_index(by)
    parts, actual = parts.loc[whole.index], whole["calls"].to_numpy()
    blends = [(1 - weight) * whole["calls_mean"] + weight * parts["calls_mean"] for weight in WEIGHTS]
    return np.array([np.abs(blend.to_numpy() - actual).sum() / actual.sum() for blend in blends])


def predicted(rows: pd.DataFrame, fold: pd.DataFrame) -> pd.DataFrame:
    judged = run_backtest(rows, fold, site=ISRAEL, methods=[METHOD], options=OPTIONS).judged
    return judged.dropna(subset="calls")[["queue_id", "interval_start", "calls_mean", "calls"]]


def panel(calls: pd.DataFrame, streams: pd.Series) -> pd.DataFrame:
    """Half-hours of every stream; days without any record stay away."""
    days = sorted(calls["interval_start"].dt.normalize().unique())
    grid = [day + pd.Timedelta(minutes=30 * slot) for day in days for slot in range(48)]
    rows = pd.MultiIndex.from_product([sorted(streams.unique()), grid], names=["queue_id", "interval_start"])
    counted = calls.groupby([streams.rename("queue_id"), "interval_start"]).size()
    return counted.reindex(rows, fill_value=0).rename("calls").astype(float).reset_index()


def handle_errors(calls: pd.DataFrame, origin: pd.Timestamp) -> np.ndarray:
    """Error (wMAPE) of the work of a queue and day, given its calls, of every weight."""
    timed = calls[(calls["outcome"] == "answered") & calls["handle_seconds"].notna()]
    sums = timed.groupby(["queue_id", "interval_start"])["handle_seconds"].agg(["size", "sum"]).reset_index()
    sums.columns = ["queue_id", "interval_start", "answered_handle_known", "handle_seconds"]
    learnt = learn_handle_time(sums, queue_ids=QUEUES, interval_minutes=30, origin=origin.date(), options=OPTIONS).mean
    ahead = sums["interval_start"].between(origin, origin + TWO_WEEKS, inclusive="left")
    rows = sums[ahead]
    slot = rows["interval_start"].dt.hour * 2 + rows["interval_start"].dt.minute // 30
    aht = learnt[pd.Index(QUEUES).get_indexer(rows["queue_id"]), slot]
    moved = rows["queue_id"].map(mix_ratios(timed, origin)).to_numpy()
    days = [rows["queue_id"], rows["interval_start"].dt.normalize()]
    actual = rows["handle_seconds"].groupby(days).sum()
    found = []
    for weight in WEIGHTS:
        work = pd.Series(rows["answered_handle_known"].to_numpy() * aht * moved**weight, index=rows.index)
        found.append((work.groupby(days).sum() - actual).abs().sum() / actual.sum())
    return np.array(found)


def mix_ratios(timed: pd.DataFrame, origin: pd.Timestamp) -> pd.Series:
    """AHT that the mix of the last two weeks has, over that of eight, with the segments' own AHT of eight weeks."""
    long = timed[timed["interval_start"].between(origin - EIGHT_WEEKS, origin, inclusive="left")]
    short = long[long["interval_start"] >= origin - TWO_WEEKS]
    means = long.groupby(["queue_id", "segment"])["handle_seconds"].mean().rename("own")
    level = [part.join(means, on=["queue_id", "segment"]).groupby("queue_id")["own"].mean() for part in (short, long)]
    return (level[0] / level[1]).reindex(list(QUEUES)).fillna(1.0)


if __name__ == "__main__":
    main()

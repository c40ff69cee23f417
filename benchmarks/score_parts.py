"""What is each part of the forecast worth? Takes one part out at a time, on four desks of real data.

Rolling origins, 14 days ahead. `anon` and `bank` are the panels of the forecast benchmark. Two more
stand beside them that nothing was fitted to: `autumn` (the same Israeli bank, four queues, September
and October, August missing) and `winter` (its whole year as one queue, August to December). Prints a
Markdown table of wMAPE per interval and queue / per day of the whole desk / worst fortnight, in percent.
    python benchmarks/score_parts.py SHARED_DATA FOLDS.csv [--parts "drift,one median"]
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import METHOD, ForecastOptions, read_folds, run_backtest

ISRAEL = Site(country="IL", weekend=("fri", "sat"))
QUEUES = ("PS", "NW", "NE", "IN")
ALTERED_DAYS = ("1999-01-11", "1999-01-12", "1999-05-23")
"""Days whose counts the publishers of the 6-minute table made up."""
WHOLE = ForecastOptions(num_threads=1)
PARTS = {
    "everything": WHOLE,
    "calendar effect": replace(WHOLE, effect_clip=1e-9),
    "drift": replace(WHOLE, drift_gain=0.0),
    "three memories (one of 5 days)": replace(WHOLE, drift_half_lives_days=(5.0, 5.0, 5.0)),
    "two medians (one of 8 days)": replace(WHOLE, level_days=(8,)),
    "recent days count more in the shape": replace(WHOLE, shape_half_life_days=1e9),
    "correction for skew": replace(WHOLE, lognormal_cap=0.0),
    "leaving out days that look wrong": replace(WHOLE, leave_out_anomalies=False),
    "interval models": replace(WHOLE, model_from_weeks=1e9),
}


@dataclass(frozen=True)
class Desk:
    """A panel with its calendar and origins."""

    panel: pd.DataFrame
    site: Site
    folds: pd.DataFrame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the public call-centre data")
    parser.add_argument("folds", type=Path)
    parser.add_argument("--parts", default="", help="parts to take out, by comma; default all")
    arguments = parser.parse_args()
    chosen = [name for name in PARTS if not arguments.parts or name in {"everything", *arguments.parts.split(",")}]
    desks = read_desks(arguments.data, pd.read_csv(arguments.folds))
    print(f"| without | {' | '.join(desks)} |\n|{'---|' * (len(desks) + 1)}")
    for name in chosen:
        print(f"| {name} | {' | '.join(scores(desk, PARTS[name]) for desk in desks.values())} |", flush=True)


def scores(desk: Desk, options: ForecastOptions) -> str:
    """int_q / day_tot / volume_worst in percent."""
    found = run_backtest(desk.panel, desk.folds, site=desk.site, methods=[METHOD], options=options).scores.iloc[0]
    return f"{found['int_q']:.2%} / {found['day_tot']:.2%} / {found['volume_worst']:.1%}"


def read_desks(data: Path, folds: pd.DataFrame) -> dict[str, Desk]:
    """The four desks."""
    panels = {name: pd.read_parquet(data / "forecast_panels" / f"{name}_30min.parquet") for name in ("anon", "bank")}
    return {
        "anon": Desk(panels["anon"], ISRAEL, read_folds(folds, dataset="anon")),
        "bank": Desk(panels["bank"], Site(country="US"), read_folds(folds, dataset="bank")),
        "autumn": Desk(
            from_records(data / "anonymous_bank_1999" / "calls.parquet"),
            ISRAEL,
            every("1999-09-19", "1999-10-18", days=7),
        ),
        "winter": Desk(
            from_counts(data / "anonymous_bank_1999_6min" / "calls_6min.parquet"),
            ISRAEL,
            every("1999-08-01", "1999-12-18", days=14),
        ),
    }


def every(first: str, last: str, *, days: int) -> pd.DataFrame:
    """Origins at equal distances."""
    origins = pd.date_range(first, last, freq=f"{days}D").date.astype(str)
    rows = {"dataset": "desk", "fold": range(len(origins)), "origin": origins}
    return read_folds(pd.DataFrame({**rows, "horizon_days": 14, "train_from": "1999-01-01"}))


def from_records(path: Path) -> pd.DataFrame:
    """Half-hours of four queues by entry into the voice menu; days without any record stay away."""
    calls = pd.read_parquet(path, columns=["type", "date", "vru_entry", "outcome"])
    calls["type"] = calls["type"].str.strip()
    calls = calls[(calls["outcome"] != "PHANTOM") & calls["type"].isin(QUEUES)]
    entry = pd.to_datetime(calls["date"].astype(str)) + pd.to_timedelta(calls["vru_entry"].astype(str))
    counted = calls.groupby([calls["type"], entry.dt.floor("30min")]).size()
    grid = [
        day + pd.Timedelta(minutes=30 * slot) for day in sorted(entry.dt.normalize().unique()) for slot in range(48)
    ]
    rows = pd.MultiIndex.from_product([sorted(QUEUES), grid], names=["queue_id", "interval_start"])
    return counted.reindex(rows, fill_value=0).rename("calls").astype(float).reset_index()


def from_counts(path: Path) -> pd.DataFrame:
    """Half-hours of the whole desk from 6-minute counts; altered days are missing."""
    counts = pd.read_parquet(path)
    minute = (counts["u"].astype(int) - 1) // 5 * 30
    start = (pd.to_datetime(counts["Date"].astype(str)) + pd.to_timedelta(minute, unit="min")).rename("interval_start")
    panel = counts.groupby(start)["calls"].sum().reset_index()
    panel.loc[panel["interval_start"].dt.strftime("%Y-%m-%d").isin(ALTERED_DAYS), "calls"] = float("nan")
    return panel.assign(queue_id="all")


if __name__ == "__main__":
    main()

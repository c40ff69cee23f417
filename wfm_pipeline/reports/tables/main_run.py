"""The tables that `wfm run` prints: what came in, calls per queue, the forecast, the segments, and its score."""

import json
from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.gold import CUSTOMER_SEGMENT, CUSTOMER_SEGMENT_CHANGE
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.warehouse.gold_reader import GoldReader

_RECENT: Final = pd.Timedelta(days=7)
"""A week of runs: who changed before it is told of by `gold.customer_segment_change` alone."""


def run_tables(gold: GoldReader, *, run_id: str, source: str) -> dict[str, pd.DataFrame]:
    """Result tables of one run, from published gold alone.

    Args:
        gold: An open reader.
        run_id: The run whose row counts are shown.
        source: The source whose forecast and scores are shown.

    Returns:
        Title -> table, in the order in which they are read.
    """
    not_made = _not_made(gold, run_id)
    return {
        "Rows: in = loaded + refused + duplicate": _flow(gold, run_id),
        "Calls that contradict themselves": _contradictions(gold, run_id),
        **{
            title: pd.DataFrame({"not made": [not_made[table]]}) if table in not_made else shown(gold, source)
            for title, (table, shown) in _RESULTS.items()
        },
    }


def _not_made(gold: GoldReader, run_id: str) -> dict[str, str]:
    """Why tables stayed empty for want of something in the source; nothing of a copy that an older version published."""
    rows = gold.rows("pipeline_health", run_id=run_id).reindex(columns=["table_name", "not_made"])
    told = rows.dropna(subset="not_made")
    return dict(zip(told["table_name"], told["not_made"], strict=True))


def _flow(gold: GoldReader, run_id: str) -> pd.DataFrame:
    rows = gold.rows("pipeline_health", run_id=run_id)
    columns = ["table_name", "rows_in", "rows_loaded", "rows_rejected", "rows_duplicate", "seconds", "freshness"]
    table = rows[columns].rename(columns={"rows_rejected": "rows_refused"})
    layers = {"bronze": 0, "silver": 1, "gold": 2}
    order = table["table_name"].str.split(".").str[0].map(layers)
    table = table.assign(freshness=table["freshness"].dt.date.astype(object))
    return table.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _contradictions(gold: GoldReader, run_id: str) -> pd.DataFrame:
    """Findings on whole calls; those on rows are told by findings.py. A copy of an older version has no such column."""
    rows = gold.rows("pipeline_health", run_id=run_id, table_name=CALLS.full_name).reindex(columns=["findings"])
    found = [each for told in rows["findings"].dropna() for each in json.loads(told).items()]
    return pd.DataFrame(found or [("none", 0)], columns=["finding", "calls"])


def _calls_per_queue(gold: GoldReader, source: str) -> pd.DataFrame:
    days = gold.rows("queue_day_actual", source=source)
    sums = ["calls_offered", "calls_answered", "calls_abandoned", "calls_other", "calls_redial"]
    known = days[~days["is_missing"].astype(bool)]
    table = known.groupby("queue_id")[sums].agg(_sum_if_known).reindex(sorted(days["queue_id"].unique()))
    table.loc[ALL] = known[sums].agg(_sum_if_known)
    dates = days.groupby("queue_id")["business_date"].agg(["min", "max"])
    missing = days[days["is_missing"]].groupby("queue_id").size()
    table = table.astype("Int64").reset_index()
    for name, values in (("first", dates["min"].dt.date), ("last", dates["max"].dt.date), ("days_missing", missing)):
        table[name] = table["queue_id"].map(values)
    table.loc[table["queue_id"] != ALL, "days_missing"] = table["days_missing"].fillna(0)
    return table.astype({"days_missing": "Int64"})


def _sum_if_known(counts: pd.Series) -> float:
    """The sum of the known days; unknown where one of them does not tell."""
    return float(counts.sum(skipna=False))


def _forecast(gold: GoldReader, source: str) -> pd.DataFrame:
    days = gold.latest("queue_day_forecast", "issued_at", source=source, is_hindcast=False)
    grouped = days.groupby("queue_id")
    return pd.DataFrame(
        {
            "first_date": grouped["business_date"].min().dt.date.astype(object),
            "days": grouped.size(),
            "calls_mean": grouped["calls_mean"].sum(),
            "calls_q10_day": grouped["calls_q10"].mean(),
            "calls_q90_day": grouped["calls_q90"].mean(),
            "aht_seconds": grouped["aht_seconds"].mean(),
            "model_name": grouped["model_name"].first(),
        }
    ).reset_index()


def _segments(gold: GoldReader, source: str) -> pd.DataFrame:
    """Segments of the last run, and how sure they are."""
    rows = gold.latest(CUSTOMER_SEGMENT.name, "segmented_until", source=source).sort_values("calls", ascending=False)
    columns = ["segment_name", "customers", "calls", "call_share", "workload_share", "calls_per_week", "aht_seconds"]
    return rows[[*columns, "stability", "p_value"]].reset_index(drop=True)


def _changes(gold: GoldReader, source: str) -> pd.DataFrame:
    """Customers by where they came from and went to; those that are new are not told, they changed nothing."""
    rows = gold.rows(CUSTOMER_SEGMENT_CHANGE.name, source=source)
    runs = gold.rows(CUSTOMER_SEGMENT.name, source=source)
    is_recent = rows["changed_on"] > runs["segmented_until"].max() - _RECENT
    rows = rows[is_recent & (rows["change"] != "first_seen")]
    if rows.empty:
        return pd.DataFrame({"customers": [0]})
    by = ["previous_segment_name", "segment_name", "change"]
    return rows.groupby(by).size().rename("customers").reset_index()


def _backtest(gold: GoldReader, source: str) -> pd.DataFrame:
    rows = gold.rows("forecast_accuracy", source=source)
    if rows.empty:
        return pd.DataFrame({"wMAPE": ["no past issue can be scored yet: too little history"]})
    longest = rows["horizon_band"].str.split("-").str[1].astype(int).max()
    whole = rows[(rows["horizon_band"] == f"1-{longest}") & rows["grain"].isin(["interval", "day"])]
    inside = _band_coverage(whole[whole["queue_id"] != ALL])
    whole = (
        whole[whole["queue_id"] == ALL]
        .merge(inside, on=["issued_at", "grain"], how="left")
        .sort_values(["grain", "issued_at"], ascending=[False, True])
    )
    return pd.DataFrame(
        {
            "origin": whole["issued_at"].dt.round("D").dt.date.astype(object),
            "wMAPE per": whole["grain"],
            "days": whole["horizon_band"],
            "calls": whole["calls_actual"].round().astype(int),
            "wfm": whole["wmape"],
            "median 6": whole["wmape_median6"],
            "mean 8": whole["wmape_mean8"],
            "seasonal naive": whole["wmape_seasonal_naive"],
            "Poisson floor": whole["wmape_floor"],
            "bias": whole["bias"],
            "80 % bands cover": whole["covered_share"],
        }
    )


def _band_coverage(queues: pd.DataFrame) -> pd.DataFrame:
    """Share of all queues' points inside their own 80 % bands, per issue and grain."""
    known = queues.dropna(subset="band_coverage")
    inside = known["band_coverage"] * known["points"]
    sums = known.assign(inside=inside).groupby(["issued_at", "grain"])[["inside", "points"]].sum()
    return (sums["inside"] / sums["points"]).rename("covered_share").reset_index()


_RESULTS: Final[Mapping[str, tuple[str, Callable[[GoldReader, str], pd.DataFrame]]]] = {
    "Calls per queue": ("gold.queue_day_actual", _calls_per_queue),
    "Forecast per queue": ("gold.queue_day_forecast", _forecast),
    "Customer segments": (CUSTOMER_SEGMENT.full_name, _segments),
    "Customers who changed segment in the last 7 days": (CUSTOMER_SEGMENT_CHANGE.full_name, _changes),
    "Backtest: wMAPE, ours (wfm) beside the peers": ("gold.forecast_accuracy", _backtest),
}
"""Title -> the gold table it is of, and what makes it."""

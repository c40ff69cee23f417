"""The tables that `wfm planners` prints: days for a person to decide on, overrides in force, and what they were worth."""

import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.warehouse.gold_reader import GoldReader


def planners_tables_of(gold: GoldReader, *, source: str) -> dict[str, pd.DataFrame]:
    """What planners should look at, from published gold alone.

    Args:
        gold: An open reader.
        source: The source whose forecast is shown.

    Returns:
        Title -> table, in the order in which they are read; a table without rows is left out, but for the first.
    """
    tables = {
        "Days that look wrong (decide in anomaly_decisions)": days_to_decide(gold, source=source),
        "Overrides of the newest issue": overrides_in_force(gold, source=source),
        "Forecast value added by overrides (above 0 they helped)": value_added(gold, source=source),
    }
    first = next(iter(tables))
    return {title: frame for title, frame in tables.items() if title == first or len(frame)}


def days_to_decide(gold: GoldReader, *, source: str) -> pd.DataFrame:
    """Days the newest issue found or was told of, undecided ones first."""
    rows = gold.rows("queue_day_anomaly", source=source)
    rows = rows[rows["issued_at"] == _newest_issue(gold, source)]
    names = ["queue_id", "business_date", "reason", "decision", "decided_by", "is_left_out"]
    ordered = rows.assign(is_decided=rows["decision"].notna()).sort_values(
        ["is_decided", "business_date", "queue_id"], ascending=[True, False, True], kind="stable"
    )
    table = ordered[names].assign(business_date=ordered["business_date"].dt.date.astype(object))
    return table.astype({"decision": object, "decided_by": object}).fillna("").reset_index(drop=True)


def _newest_issue(gold: GoldReader, source: str) -> pd.Timestamp:
    """The newest issue, also where nothing was found in it."""
    return gold.latest("forecast_issue", "issued_at", source=source)["issued_at"].max()


def overrides_in_force(gold: GoldReader, *, source: str) -> pd.DataFrame:
    """What each override does to the newest issue."""
    rows = gold.rows("queue_interval_override", source=source)
    grouped = rows[rows["issued_at"] == _newest_issue(gold, source)].groupby("override_id")
    return pd.DataFrame(
        {
            "kind": grouped["kind"].first(),
            "author": grouped["author"].first(),
            "first_date": grouped["business_date"].min().dt.date.astype(object),
            "last_date": grouped["business_date"].max().dt.date.astype(object),
            "queues": grouped["queue_id"].nunique(),
            "calls_before": grouped["calls_before"].sum(),
            "calls_after": grouped["calls_after"].sum(),
        }
    ).reset_index()


def value_added(gold: GoldReader, *, source: str) -> pd.DataFrame:
    """Per author and grain, with a line for everybody: errors before and after, and their difference over the calls."""
    rows = gold.rows("override_value", source=source)
    sums = ["points", "calls_actual", "error_before", "error_after"]
    everybody = rows.assign(author=ALL)
    table = pd.concat([rows, everybody]).groupby(["author", "grain"])[sums].sum().reset_index()
    table["value_added"] = (table["error_before"] - table["error_after"]) / table["calls_actual"].where(
        table["calls_actual"] > 0
    )
    table["overrides"] = [
        rows.loc[(rows["author"] == author) | (author == ALL), "override_id"].nunique() for author in table["author"]
    ]
    return table

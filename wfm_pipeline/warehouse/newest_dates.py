"""The newest dates that published gold knows: what was read, what is known, what was forecast.

Not here: newest rows (gold_reader.py for readers; shelves/working_issues.py within a run).
"""

import datetime as dt

import pandas as pd

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.gold_reader import GoldReader


def newest_calls(gold: GoldReader, source_map: SourceMap) -> dt.date | None:
    """Last business date of the source's rows, as the runs have noted it; of several sources that of the one behind."""
    tables = [part.bronze_name(part.leading) for part in source_map.leading_parts]
    health = (gold.rows("pipeline_health", source=source_map.name, table_name=table) for table in tables)
    newest = [_latest(rows["freshness"]) for rows in health]
    return min((date for date in newest if date), default=None) if all(newest) else None


def newest_known_day(gold: GoldReader, source: str) -> dt.date | None:
    """Last business date with calls that are known."""
    return _latest(gold.latest("queue_day_actual", "business_date", source=source, is_missing=False)["business_date"])


def newest_issue(gold: GoldReader, source: str) -> dt.date | None:
    """First day of the newest forecast that was issued in time, and not later for a past date."""
    issue = gold.latest("queue_day_forecast", "issued_at", source=source, is_hindcast=False)
    return pd.Timestamp(issue["business_date"].min()).date() if len(issue) else None


def _latest(dates: "pd.Series") -> dt.date | None:
    known = dates.dropna()
    return pd.Timestamp(known.max()).date() if len(known) else None

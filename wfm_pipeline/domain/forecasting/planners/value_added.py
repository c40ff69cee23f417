"""What planners' overrides were worth once calls have come: forecast value added.

Not here: applying an override (overrides.py), or storing its score.
"""

from typing import Final

import pandas as pd

VALUE_COLUMNS: Final = (
    "override_id",
    "grain",
    "kind",
    "author",
    "points",
    "points_late",
    "calls_actual",
    "calls_before",
    "calls_after",
    "error_before",
    "error_after",
    "value_added",
)
GRAINS: Final = {"interval": ["queue_id", "interval_start"], "day": ["queue_id", "business_date"], "scope": []}
"""Grains of the score, and what is kept apart in each."""


def score_overrides(effects: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Forecast value added: the error before and after each override, on the very rows it acted on.

    Args:
        effects: From `FinalForecast.effects`, of one issue.
        actual: What came: queue_id, interval_start (UTC), calls (NaN = missing).

    Returns:
        One row per override and grain with at least one point, columns VALUE_COLUMNS. Rows that had begun
        when the override was decided, and rows without known calls, are not scored.

    Source:
        Gilliland (2010), The Business Forecasting Deal: forecast value added.
    """
    rows = effects.merge(actual, on=["queue_id", "interval_start"], how="left", validate="many_to_one")
    late = rows.groupby("override_id")["is_late"].sum()
    scored = rows[~rows["is_late"].astype(bool) & rows["calls"].notna()]
    records = [
        {"override_id": name, "grain": grain, "points_late": int(late[name]), **_value(part, keys)}
        for name, part in scored.groupby("override_id", sort=True)
        for grain, keys in GRAINS.items()
    ]
    return pd.DataFrame(records, columns=list(VALUE_COLUMNS))


def _value(part: pd.DataFrame, keys: list[str]) -> dict[str, object]:
    sums = part[["calls", "calls_before", "calls_after"]]
    points = part.groupby(keys)[list(sums.columns)].sum() if keys else sums.sum().to_frame().T
    came = float(points["calls"].sum())
    errors = [float((points[name] - points["calls"]).abs().sum()) for name in ("calls_before", "calls_after")]
    return {
        "kind": part["kind"].iloc[0],
        "author": part["author"].iloc[0],
        "points": len(points),
        "calls_actual": came,
        "calls_before": float(points["calls_before"].sum()),
        "calls_after": float(points["calls_after"].sum()),
        "error_before": errors[0],
        "error_after": errors[1],
        "value_added": (errors[0] - errors[1]) / came if came > 0 else float("nan"),
    }


def score_issues(effects: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Scores of the overrides of several issues.

    Args:
        effects: `FinalForecast.effects` of all issues, with issued_at.
        actual: As `score_overrides` takes it.

    Returns:
        Rows of `score_overrides` with issued_at, issue by issue in order of time.
    """
    parts = [
        score_overrides(part, actual).assign(issued_at=issued_at)
        for issued_at, part in effects.groupby("issued_at", sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*VALUE_COLUMNS, "issued_at"])


def value_added(rows: pd.DataFrame) -> float | None:
    """What all overrides were worth together, by days: (error before - error after) over the calls that came.

    Args:
        rows: From `score_issues`.

    Returns:
        Share of the calls, above 0 where they helped; None where nothing has come yet.
    """
    days = rows[rows["grain"] == "day"]
    came = float(days["calls_actual"].sum())
    gain = float((days["error_before"] - days["error_after"]).sum())
    return gain / came if came > 0 else None

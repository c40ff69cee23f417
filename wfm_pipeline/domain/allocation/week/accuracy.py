"""Assignments of weeks against what came, for weeks of which every day is known.

Here: which weeks and demands can be judged, and their rows. Not here: the scores of one week (demand.py) and calls as
demand (calls.py).
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import ALLOCATION_ACCURACY
from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy
from wfm_pipeline.domain.allocation.week.calls import actual_demand, whole_weeks
from wfm_pipeline.domain.allocation.week.demand import assignment_accuracy
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek


def evaluate_weeks(
    weeks: Sequence[IsoWeek],
    assignments: Mapping[IsoWeek, pd.DataFrame],
    days: pd.DataFrame,
    *,
    queue_demand_map: pd.DataFrame,
    policy: LocalityPolicy,
) -> pd.DataFrame:
    """Judge the plans of demands that come from calls.

    Args:
        weeks: Which weeks are asked for.
        assignments: Week -> its plan: demand_id, weekly_forecast, assigned_hours [h]; no rows where there was none.
        days: What came to the mapped queues: queue_id, business_date, calls_offered,
            answered_handle_known, handle_seconds [s]; calls null where a day is missing.
        queue_demand_map: See `forecast_demand`.
        policy: Locality of a main_lob.

    Returns:
        One row per week with a plan and every day known, columns of `gold.allocation_accuracy`.
    """
    whole, mapped = whole_weeks(days), set(queue_demand_map["demand_id"])
    came = actual_demand(days.dropna(subset=["calls_offered"]), queue_demand_map, policy)
    rows = []
    for week in weeks:
        is_mapped = assignments[week]["demand_id"].isin(mapped)
        assignment, unknown = assignments[week][is_mapped], int((~is_mapped).sum())
        if len(assignment) and (week.iso_year, week.iso_week) in whole:
            actual = came[(came["iso_year"] == week.iso_year) & (came["iso_week"] == week.iso_week)]
            found = assignment_accuracy(assignment, actual)
            scores = (found.wmape, found.bias, found.workload_gap_hours)
            rows.append((week.iso_year, week.iso_week, found.demands, unknown, *scores))
    return pd.DataFrame(rows, columns=list(ALLOCATION_ACCURACY.column_names))


def accuracy_facts(rows: pd.DataFrame) -> dict[str, float]:
    """What the judgement of some weeks comes to.

    Args:
        rows: Rows of `evaluate_weeks`.

    Returns:
        Weeks that were judged [count], and their mean wMAPE [0..inf) where any is known.
    """
    known = rows["wmape"].dropna()
    return {"weeks_evaluated": len(rows), **({"wmape": float(known.mean())} if len(known) else {})}

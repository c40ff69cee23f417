"""Which weeks of a backtest are shown: a typical one and the worst.

Here: the choice, from scored rows. Not here: the picture (figures.py).
"""

import pandas as pd

from wfm_pipeline.domain import metrics

TYPICAL, WORST = "typical week", "worst week"


def shown_weeks(rows: pd.DataFrame, *, ours: str) -> dict[str, pd.DataFrame]:
    """Our rows of a typical week and of the worst.

    Weeks run from Monday. Where several origins saw a date, the nearest one counts. Only weeks with
    the most scored days are looked at; typical is the median error (of two, the smaller), worst the
    largest; of equals the first.

    Args:
        rows: From `scored_rows`.
        ours: The method.

    Returns:
        Label -> rows of that week, in order of queue and time; one week only where typical and
        worst are the same; empty without a week that has calls.
    """
    own = rows[rows["method"] == ours].sort_values(["queue_id", "interval_start", "horizon_day"], kind="stable")
    own = own.drop_duplicates(["queue_id", "interval_start"])
    if own.empty:
        return {}
    monday = own["target_date"] - pd.to_timedelta(own["target_date"].dt.day_of_week, unit="D")
    days = own.groupby(monday)["target_date"].nunique()
    whole = {week: part for week, part in own.groupby(monday) if days[week] == days.max() and part["calls"].sum() > 0}
    errors = {week: metrics.wmape(part["calls"], part["calls_q50"]) for week, part in whole.items()}
    if not errors:
        return {}
    order = sorted(errors, key=lambda week: (errors[week], week))
    middle, worst = order[(len(order) - 1) // 2], order[-1]
    chosen = {TYPICAL: middle} | ({WORST: worst} if worst != middle else {})
    return {label: own[monday == week] for label, week in chosen.items()}

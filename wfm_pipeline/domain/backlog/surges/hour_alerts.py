"""All alerts of an hour as rows of gold.backlog_alert: what is out of the ordinary, and what is past a plain limit.

Not here: who is told (monitoring/backlog).
"""

from dataclasses import dataclass, field

import pandas as pd

from wfm_pipeline.contracts.backlog.ahead import BACKLOG_ALERT
from wfm_pipeline.domain.backlog.surges.detection import surge_alerts
from wfm_pipeline.domain.backlog.surges.plain_limits import PlainLimits, plain_alerts
from wfm_pipeline.domain.backlog.surges.request import MOST_WEEKS, SurgeRequest

_KEYS = ["queue_id", "hour_start"]
_TYPES = {
    column.name: "datetime64[us]" if column.type == "timestamp" else "float64"
    for column in BACKLOG_ALERT.columns
    if column.type in ("timestamp", "float64")
}
"""Of no alert too: an hour in which all is well is written like any other."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HourAlertsRequest:
    """What is asked.

    Attributes:
        hours: Rows as gold.backlog_hour of one source: the newest hour and the weeks before it.
        forecasts: Rows as gold.case_hour_forecast of these hours, of every issue: of each hour the last that was issued before it counts; None: every
            hour is expected from past weeks.
        false_alarms_per_week: Of each stream of surges, over all queues together [count per week].
        plain: Plain limits.
        most_weeks: Whole weeks to learn from, at the most [weeks].
        seed: Of the simulation.
        with_delays: Work out how soon shifts are seen.
    """

    hours: pd.DataFrame
    forecasts: pd.DataFrame | None = None
    false_alarms_per_week: float = 1.0
    plain: PlainLimits = field(default_factory=PlainLimits)
    most_weeks: int = MOST_WEEKS
    seed: int = 0
    with_delays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HourAlerts:
    """The answer.

    Attributes:
        rows: Rows of gold.backlog_alert for the newest hour, in order of queue and kind.
        limits: As `SurgeAnswer.limits`.
        delays: As `SurgeAnswer.delays`.
        not_judged: Kinds of surges without limits, for want of history: what is open of them stays open.
    """

    rows: pd.DataFrame
    limits: pd.DataFrame
    delays: pd.DataFrame
    not_judged: tuple[str, ...]


def hour_alerts(request: HourAlertsRequest) -> HourAlerts:
    """Every alert that stands at the end of the newest hour.

    Args:
        request: Hours, forecasts and limits.

    Returns:
        Rows of gold and what they rest on; no rows where there are no hours.

    Raises:
        DataError: as `surge_alerts`.
    """
    hours = request.hours
    surges = surge_alerts(
        SurgeRequest(
            hours=hours,
            inflow_forecast=None if request.forecasts is None else issued_before(request.forecasts),
            false_alarms_per_week=request.false_alarms_per_week,
            most_weeks=request.most_weeks,
            seed=request.seed,
            with_delays=request.with_delays,
        )
    )
    newest = hours[hours["hour_start"] == hours["hour_start"].max()]
    places = newest[["source", *_KEYS, "hour_start_local", "business_date"]]
    found = [frame for frame in (surges.alerts, plain_alerts(hours, request.plain)) if len(frame)]
    alerts = pd.concat(found, ignore_index=True) if found else places[_KEYS].iloc[:0]
    rows = places.merge(alerts, on=_KEYS, how="inner").reindex(columns=list(BACKLOG_ALERT.column_names))
    judged = surges.limits
    return HourAlerts(
        rows=rows.astype(_TYPES).sort_values(["queue_id", "kind"], ignore_index=True),
        limits=judged,
        delays=surges.delays,
        not_judged=tuple(judged.loc[judged["hour_limit"].isna(), "kind"]) if len(judged) else (),
    )


def issued_before(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Of each queue and hour the last forecast that was issued before the hour began.

    Args:
        forecasts: Rows as gold.case_hour_forecast, in any order.

    Returns:
        queue_id, hour_start, cases_mean.
    """
    known = forecasts[forecasts["issued_at"] <= forecasts["hour_start"]].sort_values("issued_at", kind="stable")
    return known.drop_duplicates(_KEYS, keep="last")[[*_KEYS, "cases_mean"]].reset_index(drop=True)

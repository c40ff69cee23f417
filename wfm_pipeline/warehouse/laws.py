"""Laws between tables, counted in the engine: what comes in goes out, and parts add up to wholes."""

from dataclasses import dataclass

import ibis
from ibis import _
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts, of_source
from wfm_pipeline.warehouse.silver.unknown_queues import unknown_queues

SUM_TOLERANCE = 1e-9
"""Calls [count]: means are doubles added in another order by each engine."""

SECONDS_TOLERANCE = 1e-3
"""Handle time of a queue's day [s]: millions of seconds, added in another order."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law's two sides and how many rows break it.

    Attributes:
        left, right: The totals that must agree; of a law about single rows all rows, and those that keep it.
        broken_rows: Groups in which they do not.
    """

    left: float
    right: float
    broken_rows: int

    @property
    def holds(self) -> bool:
        """True where nothing breaks it."""
        return self.broken_rows == 0


def calls_equal_intervals(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """Calls in silver.calls, or counted by the source, = calls offered in silver.queue_intervals.

    Per queue and business date that are known.
    """
    single = _known(warehouse, source_map, "silver.calls").select(
        "queue_id", "business_date", calls=ibis.literal(1, type="int64")
    )
    told = _statistics(warehouse, source_map)
    if told is not None:
        single = single.union(told.select("queue_id", "business_date", calls=_.calls_offered))
    calls = single.group_by("queue_id", "business_date").agg(calls=_.calls.sum())
    intervals = (
        _of_source(warehouse, "silver.queue_intervals", source_map)
        .group_by("queue_id", "business_date")
        .agg(offered=_.calls_offered.sum().fill_null(0))
    )
    return _compare(warehouse, calls, intervals, "calls", "offered", tolerance=0)


def offered_is_the_sum_of_outcomes(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """calls_offered = calls_answered + calls_abandoned + calls_other in every interval."""
    rows = _of_source(warehouse, "silver.queue_intervals", source_map)
    parts = rows.calls_answered + rows.calls_abandoned + rows.calls_other
    sums = rows.agg(
        left=rows.calls_offered.sum(), right=parts.sum(), broken=(rows.calls_offered != parts).fill_null(False).sum()
    )
    return _law(warehouse, sums)


def known_measures_are_conserved(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """Known handle times and waits of answered calls in silver.calls = those counted and summed in the intervals.

    Per queue and business date that are known; an interval of which none is known adds nothing.
    """
    calls = _known(warehouse, source_map, "silver.calls")
    answered = calls.filter(calls.outcome == "answered")
    keys = ("queue_id", "business_date")
    single = answered.select(
        *keys,
        seconds=_.handle_seconds,
        handle_known=_.handle_seconds.notnull().ifelse(1, 0).cast("int64"),
        wait_known=_.wait_seconds.notnull().ifelse(1, 0).cast("int64"),
    )
    told = _statistics(warehouse, source_map)
    if told is not None:
        names = {
            "seconds": "handle_seconds",
            "handle_known": "answered_handle_known",
            "wait_known": "answered_wait_known",
        }
        single = single.union(told.select(*keys, **{name: told[own] for name, own in names.items()}))
    known = single.group_by(*keys).agg(
        seconds=_.seconds.sum().fill_null(0.0),
        handle_known=_.handle_known.sum(),
        wait_known=_.wait_known.sum(),
    )
    counted = (
        _of_source(warehouse, "silver.queue_intervals", source_map)
        .group_by("queue_id", "business_date")
        .agg(
            summed=_.handle_seconds.sum().fill_null(0.0),
            handle_counted=_.answered_handle_known.sum().fill_null(0),
            wait_counted=_.answered_wait_known.sum().fill_null(0),
        )
    )
    both = counted.left_join(known, ["queue_id", "business_date"])
    seconds = both.seconds.fill_null(0.0)
    broken = (
        ((seconds - both.summed).abs() > SECONDS_TOLERANCE)
        | (both.handle_known.fill_null(0) != both.handle_counted)
        | (both.wait_known.fill_null(0) != both.wait_counted)
    )
    return _law(warehouse, both.agg(left=seconds.sum(), right=both.summed.sum(), broken=broken.sum()))


def _statistics(warehouse: Warehouse, source_map: SourceMap) -> IbisTable | None:
    """What a source has counted itself; None where nothing has come in."""
    table = "silver.interval_statistics"
    return _known(warehouse, source_map, table) if warehouse.has(table) else None


def days_are_sums_of_intervals(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """The mean of a forecast day = the sum of its intervals' means, per queue and issue."""
    keys = ("queue_id", "business_date", "issued_at")
    intervals = (
        _of_source(warehouse, "gold.queue_interval_forecast", source_map).group_by(*keys).agg(calls=_.calls_mean.sum())
    )
    days = _of_source(warehouse, "gold.queue_day_forecast", source_map).select(*keys, offered="calls_mean")
    return _compare(warehouse, intervals, days, "calls", "offered", tolerance=SUM_TOLERANCE)


def final_days_are_sums_of_intervals(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """The final mean of a day = the sum of its intervals' final means, overrides included."""
    keys = ("queue_id", "business_date", "issued_at")
    intervals = _of_source(warehouse, "gold.queue_interval_forecast_final", source_map)
    sums = intervals.group_by(*keys).agg(calls=_.calls_final.sum())
    days = _of_source(warehouse, "gold.queue_day_forecast_final", source_map).select(*keys, final="calls_final")
    return _compare(warehouse, sums, days, "calls", "final", tolerance=SUM_TOLERANCE)


def final_values_begin_with_the_models(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """Where no override acted the final value is the model's, and the model's stands in the issue."""
    rows = _of_source(warehouse, "gold.queue_interval_forecast_final", source_map)
    keys = ["queue_id", "interval_start", "issued_at"]
    issued = _of_source(warehouse, "gold.queue_interval_forecast", source_map).select(*keys, issued="calls_mean")
    both = rows.left_join(issued, keys)
    moved = both.override_ids.isnull() & (both.calls_final != both.calls_mean)
    broken = both.issued.isnull() | (both.issued != both.calls_mean) | moved
    return _law(
        warehouse, both.agg(left=both.calls_mean.sum(), right=both.issued.sum(), broken=broken.fill_null(True).sum())
    )


def quantiles_are_ordered(warehouse: Warehouse, source_map: SourceMap, table: str) -> Law:
    """calls_q10 <= calls_q50 <= calls_q90 in every row."""
    rows = _of_source(warehouse, table, source_map)
    crossed = (rows.calls_q10 > rows.calls_q50) | (rows.calls_q50 > rows.calls_q90)
    return _law(warehouse, rows.agg(left=rows.count(), right=_kept(rows, crossed), broken=crossed.sum()))


def workload_is_the_forecasts(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """workload_minutes of a staffed issue = final calls x aht_seconds / 60 of its forecast, where the handle time is known.

    An issue without final values has the model's calls instead.
    """
    keys = ("queue_id", "interval_start", "issued_at")
    staffed = _of_source(warehouse, "gold.queue_interval_staffing", source_map)
    forecast = _of_source(warehouse, "gold.queue_interval_forecast", source_map)
    forecast = forecast.semi_join(staffed.select("issued_at").distinct(), "issued_at")
    final = _of_source(warehouse, "gold.queue_interval_forecast_final", source_map).select(*keys, "calls_final")
    planned = forecast.left_join(final, keys).select(*keys, "aht_seconds", "calls_mean", "calls_final")
    minutes = planned.select(*keys, offered=_.calls_final.fill_null(_.calls_mean) * _.aht_seconds / 60)
    known = staffed.filter(staffed.reason.isnull()).select(*keys, minutes="workload_minutes")
    return _compare(warehouse, known, minutes.semi_join(known, keys), "minutes", "offered", tolerance=SUM_TOLERANCE)


def teams_are_rounded_once(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """agents_required - 1 < agents_required_exact <= agents_required <= agents_scheduled in every row with a team."""
    rows = _of_source(warehouse, "gold.queue_interval_staffing", source_map)
    rows = rows.filter(rows.reason.isnull())
    broken = (
        (rows.agents_required_exact > rows.agents_required)
        | ((rows.agents_required_exact <= rows.agents_required - 1) & (rows.agents_required > 0))
        | (rows.agents_scheduled < rows.agents_required)
    )
    return _law(warehouse, rows.agg(left=rows.count(), right=_kept(rows, broken), broken=broken.sum()))


def heads_are_conserved(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """heads_start + heads_hired - heads_left = heads_end = heads_start of the next week, per pool and issue."""
    rows = _of_source(warehouse, "gold.capacity_week", source_map)
    rows = rows.filter(rows.heads_start.notnull())
    following = rows.heads_start.lead().over(ibis.window(group_by=["pool_id", "issued_at"], order_by="week_start"))
    rows = rows.mutate(following=following.fill_null(rows.heads_end))
    ends = rows.heads_start + rows.heads_hired - rows.heads_left
    broken = ((ends - rows.heads_end).abs() > SUM_TOLERANCE) | ((rows.following - rows.heads_end).abs() > SUM_TOLERANCE)
    return _law(warehouse, rows.agg(left=ends.sum(), right=rows.heads_end.sum(), broken=broken.sum()))


def bands_of_capacity_are_ordered(warehouse: Warehouse, source_map: SourceMap) -> Law:
    """q10 <= q50 <= q90 of FTE required, available and short, in every row."""
    rows = _of_source(warehouse, "gold.capacity_week", source_map)
    crossed = ibis.literal(value=False)
    for name in ("fte_required", "paid_fte_required", "fte_available", "gap_fte"):
        low, middle, high = (rows[f"{name}_{level}"].fill_null(0) for level in ("q10", "q50", "q90"))
        crossed = crossed | (low > middle + SUM_TOLERANCE) | (middle > high + SUM_TOLERANCE)
    return _law(warehouse, rows.agg(left=rows.count(), right=_kept(rows, crossed), broken=crossed.sum()))


def _kept(rows: IbisTable, broken: ibis.expr.types.BooleanValue) -> ibis.expr.types.IntegerScalar:
    return rows.count() - broken.fill_null(False).sum()


def _known(warehouse: Warehouse, source_map: SourceMap, table: str) -> IbisTable:
    """Rows of the source, or of all of a site's; those of a queue's dates that are unknown are not counted anywhere."""
    rows = of_parts(source_map).filter(warehouse.table(table))
    unknown = unknown_queues(warehouse, source_map, rows)
    if unknown is None:
        return rows
    intervals = _of_source(warehouse, "silver.queue_intervals", source_map)
    days = intervals.filter(intervals.is_missing).select("queue_id", "business_date").distinct()
    return rows.anti_join(days.semi_join(unknown, "queue_id"), ["queue_id", "business_date"])


def _of_source(warehouse: Warehouse, table: str, source_map: SourceMap) -> IbisTable:
    return of_source(source_map).filter(warehouse.table(table))


def _compare(
    warehouse: Warehouse, left: IbisTable, right: IbisTable, left_value: str, right_value: str, *, tolerance: float
) -> Law:
    keys = [name for name in left.columns if name != left_value]
    both = left.outer_join(right, keys)
    a, b = both[left_value].fill_null(0), both[right_value].fill_null(0)
    return _law(warehouse, both.agg(left=a.sum(), right=b.sum(), broken=((a - b).abs() > tolerance).sum()))


def _law(warehouse: Warehouse, sums: IbisTable) -> Law:
    row = warehouse.frame(sums.select(*[ibis._[name].fill_null(0).name(name) for name in sums.columns])).iloc[0]
    return Law(float(row["left"]), float(row["right"]), int(row["broken"]))

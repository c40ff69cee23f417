"""How customers call: one row per customer, the input of their segments."""

import ibis
from ibis import _
from ibis.expr.types import Column
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.units import DAYS_PER_WEEK

_HOURS_PER_DAY = 24


def measured_behavior(calls: IbisTable) -> IbisTable:
    """Volume, handle time, abandonment and redials per customer.

    Args:
        calls: Rows of `silver.calls`.

    Returns:
        customer_key (`(unknown)` gathers calls without one), calls, calls_per_week over the weeks
        that all the calls span, weeks_known from its first date to the last of all, answered_handle_known [calls], their
        aht_seconds and handle_sd_seconds (n - 1; null with fewer than two) [s], abandon_share and redial_share
        [0..1] of all its calls, peak_weekday_hour (Monday 0 x 24 + hour, local; of two equally
        busy hours the earlier).
    """
    keyed = calls.mutate(customer_key=calls.customer_key.fill_null(UNKNOWN), weekday_hour=weekday_hour(calls))
    by_hour = keyed.group_by("customer_key", "weekday_hour").agg(
        calls=keyed.count(),
        abandoned=keyed.count(where=keyed.outcome == "abandoned"),
        redials=keyed.count(where=keyed.is_redial),
        answered_handle_known=keyed.handle_seconds.count(where=keyed.outcome == "answered"),
        handle_seconds=keyed.handle_seconds.sum(where=keyed.outcome == "answered"),
        handle_squares=(keyed.handle_seconds * keyed.handle_seconds).sum(where=keyed.outcome == "answered"),
        first_date=keyed.business_date.min(),
    )
    busiest_first = ibis.window(group_by="customer_key", order_by=[_.calls.desc(), _.weekday_hour])
    ranked = by_hour.mutate(rank=ibis.row_number().over(busiest_first))
    totals = ranked.group_by("customer_key").agg(
        calls=ranked.calls.sum(),
        abandoned=ranked.abandoned.sum(),
        redials=ranked.redials.sum(),
        answered_handle_known=ranked.answered_handle_known.sum(),
        handle_seconds=ranked.handle_seconds.sum(),
        handle_squares=ranked.handle_squares.sum(),
        first_date=ranked.first_date.min(),
        peak_weekday_hour=ranked.weekday_hour.max(where=ranked["rank"] == 0),
    )
    return _shares(totals.cross_join(_weeks(calls)))


def weekday_hour(calls: IbisTable) -> Column:
    """Hour of the week in which calls arrived: weekday (Monday 0) x 24 + hour, local.

    Args:
        calls: Rows of `silver.calls`.

    Returns:
        0 to 167.
    """
    weekday = calls.arrived_at_local.day_of_week.index().cast("int64")
    return weekday * _HOURS_PER_DAY + calls.arrived_at_local.hour().cast("int64")


def _weeks(calls: IbisTable) -> IbisTable:
    days = calls.business_date.max().delta(calls.business_date.min(), unit="day") + 1
    return calls.agg(weeks=days.cast("float64") / DAYS_PER_WEEK, last_date=calls.business_date.max())


def _shares(totals: IbisTable) -> IbisTable:
    calls, known = totals.calls.cast("float64"), totals.answered_handle_known.cast("float64")
    aht = totals.handle_seconds / known.nullif(0)
    days_known = totals.last_date.delta(totals.first_date, unit="day").cast("float64") + 1
    variance = (totals.handle_squares - aht * totals.handle_seconds) / (known - 1).nullif(0)
    return totals.select(
        "customer_key",
        calls=totals.calls.cast("int64"),
        calls_per_week=calls / totals.weeks,
        weeks_known=days_known / DAYS_PER_WEEK,
        answered_handle_known=totals.answered_handle_known.cast("int64"),
        aht_seconds=aht,
        handle_sd_seconds=ibis.greatest(variance, 0.0).sqrt(),
        abandon_share=totals.abandoned.cast("float64") / calls,
        redial_share=totals.redials.cast("float64") / calls,
        peak_weekday_hour=totals.peak_weekday_hour,
    )

"""Weekly demand, from planners' months or from the pipeline's interval forecasts.

Here: the demand table of the command line, months cut into ISO weeks by working days, Month1..Month6
of a planner's report put on the calendar, interval forecasts mapped to demands, and last week's plan
against what came. Not here: reading files or tables (assets, command line).
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import DEMAND_FROM_WORDS
from wfm_pipeline.domain.allocation.faults import InvalidValueError, MissingColumnError
from wfm_pipeline.domain.allocation.problem import Demand, id_order
from wfm_pipeline.domain.allocation.tables.locality import FALLBACK_FIELDS, LocalityPolicy, locality_name
from wfm_pipeline.domain.allocation.tables.sheets import Sheet, state_name
from wfm_pipeline.domain.allocation.week.apportionment import split_month
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, month_ends
from wfm_pipeline.domain.metrics import wmape
from wfm_pipeline.domain.sheet import LINES
from wfm_pipeline.errors import MOST_NAMED
from wfm_pipeline.units import MONTHS_PER_YEAR, SECONDS_PER_HOUR, WEEKDAYS

MONTHS_AHEAD: Final = 6
"""Months that a planner's report looks ahead [months]."""
_ATTRIBUTES: Final = ("demand_id", "platform", "case_type", "state")
_PLACE: Final = ("locality", "main_lob", "worktype")
_MONTHLY: Final = ("year", "month", "monthly_forecast")
_SHARE_TOLERANCE: Final = 1e-6
"""Distance of a queue's shares from 1 that is rounding: people write six decimals [0..1]."""


def read_demands(
    frame: pd.DataFrame, week: IsoWeek, table: WeekTable, policy: LocalityPolicy
) -> tuple[list[Demand], list[str]]:
    """The week's demands, and notices.

    Args:
        frame: Columns demand_id, platform, case_type, state; locality, or main_lob and worktype;
            weekly_forecast, or year, month and monthly_forecast (one row per demand and month);
            optional handle_seconds.
        week: The ISO week.
        table: Working days, to cut months.
        policy: Locality of a main_lob.

    Returns:
        The demands in the order of the rows, and notices.

    Raises:
        MissingColumnError, InvalidValueError, UnknownValueError, DuplicateError, NoWorkingDayError: with the line.
    """
    is_weekly = "weekly_forecast" in {str(column).strip().lower() for column in frame.columns}
    volume = ("weekly_forecast",) if is_weekly else _MONTHLY
    sheet = Sheet(frame, "demands", required=(*_ATTRIBUTES, *volume), optional=(*_PLACE, "handle_seconds"))
    bare = _bare_demands(sheet, policy)
    if is_weekly:
        sheet.refuse_twice("demand_id", [str(demand.demand_id) for demand in bare])
        forecasts = sheet.required("weekly_forecast", sheet.numbers("weekly_forecast"))
        pairs = zip(bare, forecasts, strict=True)
        return [replace(one, weekly_forecast=cases, demand_from="weeks") for one, cases in pairs], sheet.notice()
    demands, notices = _from_months(sheet, bare, week, table)
    return demands, sheet.notice() + notices


def _bare_demands(sheet: Sheet, policy: LocalityPolicy) -> list[Demand]:
    """Every row without its forecast."""
    columns = [sheet.required(name, sheet.texts(name)) for name in _ATTRIBUTES[:-1]]
    columns.append([state_name(text) for text in sheet.required("state", sheet.texts("state"))])
    places = demand_localities(sheet, policy)
    lobs = (text or None for text in sheet.texts("main_lob"))
    rows = zip(*columns, places, sheet.numbers("handle_seconds"), lobs, strict=True)
    return [
        Demand(one, platform, place, kind, state, 0.0, aht, main_lob=lob)
        for one, platform, kind, state, place, aht, lob in rows
    ]


def demand_localities(sheet: Sheet, policy: LocalityPolicy) -> list[str]:
    """Locality of each row: its own word, else the policy's answer for its main_lob and worktype.

    Args:
        sheet: Rows with locality, or main_lob and worktype.
        policy: Locality of a main_lob.

    Returns:
        `Domestic` or `Global` for each row; a row's own word comes back as it is written.

    Raises:
        MissingColumnError: neither locality nor main_lob is a column.
        UnknownValueError: a word that is no locality, with the line.
    """
    if not sheet.has("locality") and not sheet.has("main_lob"):
        raise MissingColumnError(f"{sheet.name} needs locality, or main_lob and worktype", missing=["locality"])
    places = []
    fields = zip(*(sheet.texts(name) for name in FALLBACK_FIELDS), strict=True)
    for row, (locality, texts) in enumerate(zip(sheet.texts("locality"), fields, strict=True)):
        if locality or not sheet.has("main_lob"):
            places.append(locality_name(locality, where=sheet.where(row)))
        else:
            places.append(policy.locality(**dict(zip(FALLBACK_FIELDS, texts, strict=True))))
    return places


def _from_months(
    sheet: Sheet, bare: Sequence[Demand], week: IsoWeek, table: WeekTable
) -> tuple[list[Demand], list[str]]:
    years, months, forecasts = (
        sheet.required("year", sheet.integers("year")),
        sheet.required("month", sheet.integers("month")),
        sheet.required("monthly_forecast", sheet.numbers("monthly_forecast")),
    )
    keys = [(str(one.demand_id), f"{year}-{month:02d}") for one, year, month in zip(bare, years, months, strict=True)]
    sheet.refuse_twice("demand_id, month", keys)
    demands: dict[str, Demand] = {}
    by_month: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
    for row, demand in enumerate(bare):
        key, name = (years[row], months[row]), str(demand.demand_id)
        month_ends(*key)
        # A demand is one thing all year: only its forecast may differ from month to month.
        if demands.setdefault(name, demand) != demand:
            raise InvalidValueError(
                f"demand {name!r} differs between its months in more than the forecast ({sheet.where(row)})", got=name
            )
        if forecasts[row] < 0:
            raise InvalidValueError(
                f"monthly_forecast must be >= 0, got {forecasts[row]:g} ({sheet.where(row)})", got=forecasts[row]
            )
        by_month[name][key] = forecasts[row]
    weekly = {name: week_of_months(by_month[name], week, table, demand) for name, demand in demands.items()}
    found = [replace(demand, weekly_forecast=weekly[name], demand_from="months") for name, demand in demands.items()]
    return found, _absent_months(by_month, week)


def week_of_months(by_month: Mapping[tuple[int, int], float], week: IsoWeek, table: WeekTable, demand: Demand) -> float:
    """Cases of a demand in an ISO week: the sum over the months the week touches.

    Args:
        by_month: (year, month) -> cases of the month; a month that is not there counts 0.
        week: The ISO week.
        table: Working days.
        demand: Names the calendar, and the message.

    Returns:
        Cases of the week, >= 0; a month's weeks add up to the month exactly.

    Raises:
        NoWorkingDayError: a month with work has no working day in the demand's calendar.
    """
    total = 0.0
    for year, month in dict.fromkeys((date.year, date.month) for date in week.dates):
        if (year, month) in by_month:
            calendar = table.calendar_of(demand.locality, demand.state, year, month)
            days = table.days_of_month(year, month, calendar)
            where = f"demand {demand.demand_id!r}, {year}-{month:02d}, {calendar}"
            total += split_month(by_month[year, month], days, where=where)[week]
    return total


def _absent_months(by_month: Mapping[str, Mapping[tuple[int, int], float]], week: IsoWeek) -> list[str]:
    months = dict.fromkeys((date.year, date.month) for date in week.dates if date.weekday() < WEEKDAYS.index("sat"))
    notices = []
    for year, month in months:
        absent = [name for name, forecasts in by_month.items() if (year, month) not in forecasts]
        if absent:
            shown = ", ".join(sorted(absent, key=id_order)[:MOST_NAMED])
            notices.append(
                f"{len(absent)} demand(s) have no forecast for {year}-{month:02d}, part of {week}, which counts 0: {shown}"
            )
    return notices


def planner_months(report: pd.DataFrame) -> pd.DataFrame:
    """A planner's report, one row per demand and report month, becomes one row per demand and month.

    Args:
        report: Columns report_year, report_month (1..12), month1..month6 (cases), and any others,
            which are kept. Month1 is the month after the report.

    Returns:
        The other columns with year, month and monthly_forecast, with the lines of their reports; empty forecasts are
        left out, and of several reports about a month the newest counts.

    Raises:
        MissingColumnError, InvalidValueError: with the line.

    Source:
        docs/methods/allocation.md, step 2.
    """
    names = [f"month{number}" for number in range(1, MONTHS_AHEAD + 1)]
    sheet = Sheet(report, "monthly report", required=("report_year", "report_month", *names))
    years = sheet.required("report_year", sheet.integers("report_year"))
    months = sheet.required("report_month", sheet.integers("report_month"))
    kept = sheet.frame.drop(columns=["report_year", "report_month", *names]).set_axis(pd.Index(sheet.lines))
    parts = []
    for ahead, name in enumerate(names, start=1):
        part = kept.copy()
        ordinals = [year * MONTHS_PER_YEAR + month - 1 + ahead for year, month in zip(years, months, strict=True)]
        part["year"] = [ordinal // MONTHS_PER_YEAR for ordinal in ordinals]
        part["month"] = [ordinal % MONTHS_PER_YEAR + 1 for ordinal in ordinals]
        part["monthly_forecast"] = sheet.numbers(name)
        parts.append(part[part["monthly_forecast"].notna()])
    key = [name for name in ("demand_id", "year", "month") if name in parts[0].columns]
    found = pd.concat(parts).drop_duplicates(key)
    found.attrs = {**report.attrs, LINES: found.index.tolist()}
    return found.reset_index(drop=True)


def forecast_demand(
    forecast: pd.DataFrame, queue_demand_map: pd.DataFrame, policy: LocalityPolicy
) -> tuple[pd.DataFrame, list[str]]:
    """Weekly demand from a forecast of calls.

    Args:
        forecast: Columns queue_id, business_date (local), calls_mean [calls], aht_seconds [s]; one
            row per queue and interval or day, of one issue. Optional demand_from: where a row is from.
        queue_demand_map: Columns queue_id, demand_id, platform, case_type, state, share (0..1);
            locality, or main_lob and worktype. The shares of a queue add up to 1.
        policy: Locality of a main_lob.

    Returns:
        One row per demand and ISO week (demand_id, iso_year, iso_week, platform, locality, case_type,
        state, weekly_forecast [calls], workload_hours [h], handle_seconds [s]; the last two null
        where a handle time is unknown; demand_from where it came, of several places joined by `+`), and notices about
        queues that the map does not know.

    Raises:
        InvalidValueError: shares out of range or not adding up to 1, or a demand described in two ways.
    """
    sheet = Sheet(queue_demand_map, "queue_demand_map", required=("queue_id", *_ATTRIBUTES, "share"), optional=_PLACE)
    described = sheet.frame[[*_ATTRIBUTES]].astype(str)
    described["state"] = [state_name(text) for text in described["state"]]
    described["queue_id"], described["share"] = sheet.texts("queue_id"), sheet.required("share", sheet.numbers("share"))
    described["locality"] = demand_localities(sheet, policy)
    _check_shares(described)
    calls = _weekly_calls(forecast)
    unmapped = sorted(set(calls["queue_id"]) - set(described["queue_id"]))
    joined = calls.merge(described, on="queue_id", how="inner")
    joined["weekly_forecast"] = joined["calls"] * joined["share"]
    joined["workload_hours"] = joined["hours"] * joined["share"]
    keys = ["demand_id", "iso_year", "iso_week", "platform", "locality", "case_type", "state"]
    grouped = joined.groupby(keys, as_index=False, sort=True)
    demand = grouped[["weekly_forecast", "workload_hours"]].agg(_sum_known)
    if "demand_from" in calls:
        demand["demand_from"] = grouped["demand_from"].agg(_places)["demand_from"]
    demand["handle_seconds"] = (demand["workload_hours"] * SECONDS_PER_HOUR / demand["weekly_forecast"]).where(
        demand["weekly_forecast"] > 0
    )
    lost = calls.loc[calls["queue_id"].isin(unmapped), "calls"].sum()
    words = f"queue_demand_map does not know {len(unmapped)} queue(s) with {lost:.0f} calls: {', '.join(unmapped[:MOST_NAMED])}"
    return demand, [words] if unmapped else []


def _places(origins: "pd.Series[str]") -> str:
    """Where rows are from, each place once, nearest first."""
    named = {place for text in origins.unique() for place in text.split("+")}
    return "+".join(place for place in DEMAND_FROM_WORDS if place in named)


def _sum_known(values: "pd.Series[float]") -> float:
    return float(values.sum(skipna=False))


def _check_shares(described: pd.DataFrame) -> None:
    bad = described[(described["share"] < 0) | (described["share"] > 1)]
    totals = described.groupby("queue_id")["share"].sum()
    uneven = totals[(totals - 1).abs() > _SHARE_TOLERANCE]
    if len(bad) or len(uneven):
        queue = str(bad["queue_id"].iloc[0] if len(bad) else uneven.index[0])
        raise InvalidValueError(
            f"the shares of a queue must be 0..1 and add up to 1, got {totals[queue]:g} for queue {queue!r} "
            "(queue_demand_map); write 40 % as 0.4",
            got=float(totals[queue]),
        )
    facts = described[[*_ATTRIBUTES, "locality"]].drop_duplicates()
    twice = facts["demand_id"][facts["demand_id"].duplicated()]
    if len(twice):
        raise InvalidValueError(f"queue_demand_map describes demand {twice.iloc[0]!r} in two ways", got=twice.iloc[0])


def _weekly_calls(forecast: pd.DataFrame) -> pd.DataFrame:
    """Calls and handle hours per queue and ISO week; hours are NaN where calls lack a handle time."""
    weeks = pd.to_datetime(forecast["business_date"]).dt.isocalendar()
    rows = pd.DataFrame(
        {
            "queue_id": forecast["queue_id"].astype(str),
            "iso_year": weeks["year"].astype("int64"),
            "iso_week": weeks["week"].astype("int64"),
            "calls": forecast["calls_mean"].astype(float),
        }
    )
    hours = rows["calls"] * forecast["aht_seconds"].astype(float) / SECONDS_PER_HOUR
    rows["hours"] = hours.where(rows["calls"] > 0, 0.0)
    grouped = rows.groupby(["queue_id", "iso_year", "iso_week"], as_index=False)
    weekly = grouped[["calls", "hours"]].agg(_sum_known)
    if "demand_from" in forecast:
        places = rows.assign(demand_from=forecast["demand_from"]).groupby(
            ["queue_id", "iso_year", "iso_week"], as_index=False
        )
        weekly["demand_from"] = places["demand_from"].agg(_places)["demand_from"]
    return weekly


@dataclass(frozen=True, slots=True)
class AssignmentAccuracy:
    """A week's plan against what came. NaN where nothing came.

    Attributes:
        demands: Demands planned or with work [count].
        wmape: Sum of absolute errors of weekly demand over the sum of demand.
        bias: Sum of (plan - actual) over the sum of demand.
        workload_gap_hours: Actual workload - hours assigned, summed over demands that were short [h].
    """

    demands: int
    wmape: float
    bias: float
    workload_gap_hours: float


def assignment_accuracy(assignment: pd.DataFrame, actual: pd.DataFrame) -> AssignmentAccuracy:
    """Judge last week's plan by what came.

    Args:
        assignment: Columns demand_id, weekly_forecast, assigned_hours [h].
        actual: Columns demand_id, weekly_actual [cases], actual_hours [h]; null hours are unknown and left out.

    Returns:
        The plan's accuracy, in shares and hours.
    """
    both = assignment.merge(actual, on="demand_id", how="outer")
    planned, came = both["weekly_forecast"].fillna(0.0), both["weekly_actual"].fillna(0.0)
    total = float(came.sum())
    short = (both["actual_hours"] - both["assigned_hours"].fillna(0.0)).clip(lower=0.0)
    bias = float((planned - came).sum() / total) if total > 0 else math.nan
    return AssignmentAccuracy(len(both), wmape(came, planned), bias, float(short.sum()))

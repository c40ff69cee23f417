"""How good are alerts that come before the shortage? Recorded contacts in, scores of our rule and of plain thresholds out.

Here: a forecast before each week, the days between, limits chosen on the odd weeks and judged on the even ones. Not here: what a
day looked like (alert_days), the scores (domain/coverage/ahead), reading records and printing tables.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.calculators.alert_days import (
    LEAD_SECONDS,
    LOOKED_AT,
    QUARTER,
    QUARTER_SECONDS,
    QUARTERS,
    DayLevels,
    DayLevelsRequest,
    IssuedQuarters,
    Records,
    day_levels,
)
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.calendar import minute_of_day, start_of_day
from wfm_pipeline.domain.coverage.ahead.alert_curves import RuleDays, difference, limit_for, score_at
from wfm_pipeline.domain.coverage.ahead.alert_scores import DayCounts, DayLooks, day_counts
from wfm_pipeline.domain.coverage.ahead.alert_states import AlertRule, alert_states
from wfm_pipeline.domain.coverage.ahead.level_ahead import level_ahead
from wfm_pipeline.domain.coverage.ahead.live_level import CLEAR_ABOVE
from wfm_pipeline.domain.forecasting import ForecastOptions, forecast
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.intraday.update import learn_intraday
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK, SECONDS_PER_DAY, SECONDS_PER_MINUTE

LEAST_HISTORY_DAYS: Final = 56
"""Days of records before the first scored day [days]: with fewer a forecast knows hardly anything."""
LEAST_WEEKS: Final = 2
"""Weeks [count]: one that chooses and one that judges."""
LIMITS: Final[FloatArray] = np.round(np.arange(0.02, 0.99, 0.02), 2)
"""Limits of a service level that are tried."""
COVERAGE_LIMITS: Final[FloatArray] = np.round(np.arange(0.05, 1.5, 0.03), 2)
"""Limits of a coverage that are tried."""
COVERAGE_CLEAR_ABOVE: Final = 0.05
"""The same for a coverage: as the live loop has it, from 85 to 90 %."""
BUDGETS: Final = (1.0, 2.0, 4.0, 6.0)
"""False alarms a day at which rules are compared."""
OURS, PROJECTION, COVERAGE, LAST_LEVEL = "level_ahead", "projection_alone", "coverage_ahead", "last_15_minutes"
"""Names of the rules."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a rule looks at, and its limits; NaN, and a line that nobody left, are well for all alike."""

    number: Callable[[DayLevels], FloatArray]
    limits: FloatArray = field(default_factory=lambda: LIMITS)
    clear_above: float = CLEAR_ABOVE


_RULES: Final[Mapping[str, _Rule]] = {
    OURS: _Rule(lambda day: level_ahead(day.projected, day.reached)),
    PROJECTION: _Rule(lambda day: day.projected),
    COVERAGE: _Rule(lambda day: day.coverage, COVERAGE_LIMITS, COVERAGE_CLEAR_ABOVE),
    LAST_LEVEL: _Rule(lambda day: day.reached),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertScoreRequest:
    """What is asked.

    Attributes:
        contacts: `contacts.CONTACT_COLUMNS`, `LEAST_HISTORY_DAYS` before the first day at least.
        site: Calendar and clock.
        first: First scored date.
        weeks: Weeks from it on [count], >= 2: the first, third ... choose limits, the others judge.
        policy: What the people of every service should achieve, and the patience of callers.
        rule: Times of the alerts; each rule has its own hysteresis.
        options: Choices of the forecast.
    """

    contacts: pd.DataFrame
    site: Site
    first: dt.date
    weeks: int
    policy: StaffingPolicy
    rule: AlertRule
    options: ForecastOptions


@dataclass(frozen=True, slots=True, eq=False)
class AlertScoreAnswer:
    """What came out.

    Attributes:
        scores: One row per budget and rule, judged on the even weeks: budget, method, limit (chosen on the odd weeks) and the
            values of `alert_curves.RuleScore`.
        compared: One row per budget and peer: gain in recall at equal false alarms of the even weeks, with its 95 % interval.
        facts: Days, quarters judged and short, patience, what was left out.
    """

    scores: pd.DataFrame
    compared: pd.DataFrame
    facts: Mapping[str, object]


def answer_alert_score(
    request: AlertScoreRequest, *, on_progress: Callable[[str], None] = lambda _line: None
) -> AlertScoreAnswer:
    """Score alerts on recorded weeks.

    Raises:
        DataError: too few days before the first, fewer than two weeks, or no day with calls in the odd or the even ones.

    Source:
        docs/methods/coverage.md, "Alerts 15 minutes ahead".
    """
    records = Records.of(
        request.contacts,
        time_zone=request.site.time_zone,
        answer_target_seconds=request.policy.answer_target_seconds,
    )
    _check(request, records)
    weeks: list[list[DayLevels]] = []
    for number in range(request.weeks):
        first = request.first + dt.timedelta(days=DAYS_PER_WEEK * number)
        issued = list(_issued(request, records, first))
        weeks.append(
            day_levels(DayLevelsRequest(records=records, issued=issued, policy=request.policy)) if issued else []
        )
        on_progress(f"week from {first}: {len(issued)} days")
    odd, even = ([day for week in weeks[start::2] for day in week] for start in (0, 1))
    if not odd or not even:
        raise DataError("limits are chosen on odd weeks and judged on even ones; one of the two has no day with calls")
    learnt, judged = (_rules(days, request.rule) for days in (odd, even))
    return AlertScoreAnswer(_scores(learnt, judged), _compared(judged), _facts(request, odd, even))


def _check(request: AlertScoreRequest, records: Records) -> None:
    earliest = records.contacts["joined_local"].min()
    if request.weeks < LEAST_WEEKS:
        raise DataError(f"odd weeks choose, even weeks judge: give {LEAST_WEEKS} weeks at least, got {request.weeks}")
    if pd.isna(earliest) or (pd.Timestamp(request.first) - earliest).days < LEAST_HISTORY_DAYS - 1:
        raise DataError(
            f"the records begin {earliest}, and a forecast for {request.first} needs {LEAST_HISTORY_DAYS} days before it; "
            "choose a later first date",
            first=request.first,
        )


def _issued(request: AlertScoreRequest, records: Records, first: dt.date) -> Iterator[IssuedQuarters]:
    """The week's days with calls and 24 hours, forecast at the week's beginning."""
    dates = [first + dt.timedelta(days=number) for number in range(DAYS_PER_WEEK)]
    usual = [date for date in dates if _is_usual(request.site, date) and records.of_day(date, "calls").any()]
    if not usual:
        return
    site = replace(request.site, interval_minutes=round(QUARTER_SECONDS / SECONDS_PER_MINUTE))
    history = _history(records, first)
    handle = records.quarters[records.quarters["interval_start"] < pd.Timestamp(first)]
    made = forecast(
        history, site=site, origin=first, horizon_days=DAYS_PER_WEEK, handle=handle, options=request.options
    )
    panel = build_panel(history, interval_minutes=site.interval_minutes)
    model = learn_intraday(panel.window(panel.first_date, first), site=site, options=request.options)
    for date in usual:
        rows = made.intervals[made.intervals["business_date"] == pd.Timestamp(date)]
        calls, aht = (_laid_out(rows, records.services, name) for name in ("calls_mean", "aht_seconds"))
        yield IssuedQuarters(date, np.nan_to_num(calls), aht, model)


def _is_usual(site: Site, date: dt.date) -> bool:
    """Clocks stand: quarters of the wall clock are those of the day."""
    lasts = start_of_day(site, date + dt.timedelta(days=1)) - start_of_day(site, date)
    return lasts.total_seconds() == SECONDS_PER_DAY


def _history(records: Records, until: dt.date) -> pd.DataFrame:
    """Calls of every service and quarter before a date; a date without a single call is not known."""
    rows = records.quarters[records.quarters["interval_start"] < pd.Timestamp(until)]
    grid = pd.date_range(
        rows["interval_start"].min().normalize(), pd.Timestamp(until), freq=QUARTER, inclusive="left", unit="us"
    )
    cells = pd.MultiIndex.from_product([records.services, grid], names=["queue_id", "interval_start"])
    calls = rows.set_index(["queue_id", "interval_start"])["calls"].reindex(cells, fill_value=0.0).to_numpy()
    by_date = calls.reshape(len(records.services), -1, QUARTERS)
    is_known = by_date.sum(axis=(0, 2)) > 0
    known = np.where(is_known[None, :, None], by_date, np.nan)
    return cells.to_frame(index=False).assign(calls=known.ravel())


def _laid_out(rows: pd.DataFrame, services: Sequence[str], name: str) -> FloatArray:
    found = np.full((len(services), QUARTERS), np.nan)
    place = (minute_of_day(rows["interval_start"]) * SECONDS_PER_MINUTE // QUARTER_SECONDS).to_numpy(np.int64)
    found[pd.Index(services).get_indexer(pd.Index(rows["queue_id"])), place] = rows[name]
    return found


def _rules(days: Sequence[DayLevels], times: AlertRule) -> dict[str, RuleDays]:
    return {
        name: RuleDays(rule.limits, tuple(_counts(day, rule, times) for day in days)) for name, rule in _RULES.items()
    }


def _counts(day: DayLevels, rule: _Rule, times: AlertRule) -> DayCounts:
    looks = DayLooks(looked_at=LOOKED_AT, interval_seconds=QUARTER_SECONDS, lead_seconds=LEAD_SECONDS)
    number = rule.number(day)
    is_well = np.isnan(number) | np.isnan(day.reached)
    times = replace(times, clear_above=rule.clear_above)
    is_open = alert_states(np.where(is_well, np.inf, number), LOOKED_AT, rule.limits, times)
    return day_counts(is_open, day.truth, looks)


def _scores(learnt: Mapping[str, RuleDays], judged: Mapping[str, RuleDays]) -> pd.DataFrame:
    rows = [
        {"budget": budget, "method": name, **asdict(score_at(judged[name], limit_for(learnt[name], budget)))}
        for budget in BUDGETS
        for name in _RULES
    ]
    return pd.DataFrame(rows)


def _compared(judged: Mapping[str, RuleDays]) -> pd.DataFrame:
    rows = [
        {"false_alarms": budget, "peer": peer, **asdict(difference(judged[OURS], judged[peer], budget))}
        for budget in BUDGETS
        for peer in _RULES
        if peer != OURS
    ]
    return pd.DataFrame(rows).rename(
        columns={"value": "recall_gain", "low": "recall_gain_low", "high": "recall_gain_high"}
    )


def _facts(request: AlertScoreRequest, odd: Sequence[DayLevels], even: Sequence[DayLevels]) -> dict[str, object]:
    judged, short = (sum(int(getattr(day.truth, name).sum()) for day in even) for name in ("is_judged", "is_short"))
    return {
        "first": str(request.first),
        "weeks": request.weeks,
        "days_odd": len(odd),
        "days_even": len(even),
        "days_left_out": DAYS_PER_WEEK * request.weeks - len(odd) - len(even),
        "quarters_judged": judged,
        "quarters_short": short,
        "service_level_target": request.policy.service_level_target,
        "answer_target_seconds": request.policy.answer_target_seconds,
        "patience_seconds": request.policy.patience_seconds,
        "looks_of_a_day": len(LOOKED_AT),
    }

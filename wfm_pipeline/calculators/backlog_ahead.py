"""What becomes of the backlog in the next hours? Past hours, open cases and people in, forecasts of the hour out. No warehouse, no clock.

Here: what past weeks say put together with the hours to come, and the frames that gold keeps. Not here: the mathematics
(domain/backlog/ahead), who is there (backlog_people), what to do with their time (backlog_time).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.backlog.ahead import CASE_HOUR_FORECAST
from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.backlog.ahead.clear_and_breach import clear_and_breach
from wfm_pipeline.domain.backlog.ahead.draws import Spread
from wfm_pipeline.domain.backlog.ahead.learnt.arrivals import (
    HourMeans,
    count_quantiles,
    expected_cases,
    hour_counts,
    learn_hours,
)
from wfm_pipeline.domain.backlog.ahead.learnt.calibration import Calibration, fit_calibration
from wfm_pipeline.domain.backlog.ahead.learnt.endings import AsBefore, as_before, learn_endings
from wfm_pipeline.domain.backlog.ahead.learnt.spells import breach_outcomes, due_passed, new_due_classes
from wfm_pipeline.domain.backlog.ahead.learnt.throughput import learn_throughput
from wfm_pipeline.domain.backlog.ahead.request import BREACH_LIMIT, PATHS, AheadAnswer, AheadRequest
from wfm_pipeline.domain.backlog.working_time import WorkingTime
from wfm_pipeline.errors import DataError

HORIZON_HOURS: Final = 72
"""Hours ahead that are looked at [h]: over a weekend."""
LEARNT_WEEKS: Final = 8
"""Weeks that are learnt from [weeks]; older rows are not looked at, so that the cost of an hour does not grow with history."""
_DUE_CLASSES: Final = 5
"""Due times after an opening that new cases of a queue are told apart by [count]: priorities are four or five."""
_MODEL: Final = "same hour of the week"
_LEVELS: Final = (0.1, 0.5, 0.9)
"""Quantiles of the forecast's columns."""
_PAST: Final = (
    "queue_id", "hour_start", "hour_start_local", "business_date", "is_open", "open_before", "inflow", "re_opened", "moved_in",
    "outflow", "moved_out",
)  # fmt: skip
_SAID: Final = ("breach_in_order", "breach_as_before", "breach_until", "hour_end")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacklogAheadRequest:
    """What is asked; instants are naive UTC.

    Attributes:
        source: Name of the source map.
        as_of: End of the last hour that is over: start of the first to come.
        hours: One row per queue and hour to come, the same hours for all: queue_id, hour_start, hour_start_local, business_date, is_open (null
            unknown: taken as open), on_product (people on cases by plan [agents]; NaN unknown).
        open_cases: Who is open at as_of, one by one: queue_id, opened_at, due_at, is_paused, is_over_due.
        past_hours: Rows of gold.backlog_hour before as_of; older ones than `LEARNT_WEEKS` are left out. Their breach_in_order, breach_as_before and
            breach_until are the predictions of then, from which calibration is learnt.
        performance: Rows of gold.case_performance_hour of the same hours; None = people were never known.
        spells: Stays of cases in queues, see `domain.backlog.ahead.learnt.spells.case_spells`, of cases that were open in these weeks; None = not known.
        working: Windows of work, starts_at and ends_at, from the oldest opening to the last hour to come; None where every hour is one.
        breach_limit: Probability of a breach that people are to keep.
        paths: Futures of a queue [count].
        seed: The same seed draws the same.
    """

    source: str
    as_of: pd.Timestamp
    hours: pd.DataFrame
    open_cases: pd.DataFrame
    past_hours: pd.DataFrame
    performance: pd.DataFrame | None = None
    spells: pd.DataFrame | None = None
    working: pd.DataFrame | None = None
    breach_limit: float = BREACH_LIMIT
    paths: int = PATHS
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse frames that do not fit.

        Raises:
            DataError: past hours lack a column, or the hours to come do not begin at as_of.
        """
        missing = [name for name in _PAST if name not in self.past_hours.columns]
        if missing:
            raise DataError(
                f"past_hours lack {missing}; there are {sorted(map(str, self.past_hours.columns))}", missing=missing
            )
        if len(self.hours) and self.hours["hour_start"].min() != self.as_of:
            raise DataError(
                f"hours to come begin at {self.hours['hour_start'].min()}, not at as_of {self.as_of}; give the hours that follow it"
            )


@dataclass(frozen=True, slots=True, eq=False)
class BacklogAheadAnswer:
    """What comes out.

    Attributes:
        queues: One row per queue: queue_id and what gold.backlog_hour keeps of it: clear_hours, clear_hours_q10, clear_hours_q90,
            breach_probability, breach_in_order, breach_as_before, breach_basis, breach_until; besides clear_hours_q50 and reason
            (why the probability is unknown).
        hours: One row per queue and hour: queue_id, hour_start, required, short [agents], cases_per_agent_hour, cases_mean, and
            capacity_basis: `people`, or `pace` where the queue's own pace of a working hour stands in for them; null where neither is
            known.
        forecast: Rows of gold.case_hour_forecast.
        risk: (queue_id, on_product of each hour) -> probability of a breach, for whoever plans people's time.
        calibration: What probabilities were weighed by; None where too few outcomes are known.
    """

    queues: pd.DataFrame
    hours: pd.DataFrame
    forecast: pd.DataFrame
    risk: Callable[[str, FloatArray], float]
    calibration: Calibration | None


def backlog_ahead(request: BacklogAheadRequest) -> BacklogAheadAnswer:
    """Forecasts of the hour: cases to come, hours to clear, probability of a breach, people needed.

    Args:
        request: What is known at the hour's end.

    Returns:
        The answer. Unknown is null.
    """
    past = _past(request)
    is_day_off = _is_day_off(request.hours, past)
    new = learn_hours(hour_counts(past.assign(cases=past["inflow"] + past["re_opened"]), now=request.as_of))
    come = past.assign(cases=past["inflow"] + past["re_opened"] + past["moved_in"])
    coming = learn_hours(hour_counts(come, now=request.as_of))
    hours = _with_capacity(request, past)
    until = _ends_of_days(hours)
    answer = clear_and_breach(
        AheadRequest(
            open_cases=request.open_cases,
            hours=hours.assign(
                cases_mean=expected_cases(coming, hours["queue_id"], hours["hour_start_local"], is_day_off)
            ),
            new_due=_new_due(request),
            breach_until=until,
            spread=_spread(coming, hours),
            breach_limit=request.breach_limit,
            paths=request.paths,
            seed=request.seed,
            as_before=_as_before(request, until),
            calibration=(calibration := _calibration(request)),
        )
    )
    forecast = _forecast(request, new, is_day_off)
    return BacklogAheadAnswer(answer.queues, _hour_rows(hours, answer, forecast), forecast, answer.risk, calibration)


def _past(request: BacklogAheadRequest) -> pd.DataFrame:
    rows = request.past_hours
    since = request.as_of - pd.Timedelta(weeks=LEARNT_WEEKS)
    return rows[(rows["hour_start"] >= since) & (rows["hour_start"] < request.as_of)]


def _is_day_off(hours: pd.DataFrame, past: pd.DataFrame) -> BoolArray:
    """Rows of dates on which the queue never opens, though past ones of the weekday were working days as a rule."""
    keys = ["queue_id", "business_date"]
    opens = hours.assign(opens=_opens(hours)).groupby(keys, sort=False)["opens"].transform("max")
    known = past[past["is_open"].notna()]
    dates = known.assign(opens=_opens(known), weekday=known["hour_start_local"].dt.day_of_week)
    by_date = dates.groupby([*keys, "weekday"], sort=False)["opens"].max()
    as_a_rule = by_date.astype(float).groupby(["queue_id", "weekday"]).mean()
    weekday = hours["hour_start_local"].dt.day_of_week
    usual = as_a_rule.reindex(pd.MultiIndex.from_arrays([hours["queue_id"], weekday])).to_numpy(float)
    return ~opens.to_numpy(bool) & (usual > 1 / 2)


def _opens(rows: pd.DataFrame) -> BoolArray:
    """Hours in which the site works, or may work for all that is known."""
    return rows["is_open"].astype("boolean").fillna(True).to_numpy(bool)


def _with_capacity(request: BacklogAheadRequest, past: pd.DataFrame) -> pd.DataFrame:
    """Hours to come with what people are expected to do in them."""
    people = _people(request, past)
    waiting = past["open_before"] + past["inflow"] + past["re_opened"] + past["moved_in"]
    left = past.assign(waiting=waiting, on_product=people, done=past["outflow"] + past["moved_out"])
    pace = learn_throughput(left).queues.set_index("queue_id")
    done = learn_throughput(left.assign(done=past["outflow"])).queues.set_index("queue_id")
    hours = request.hours.reset_index(drop=True)
    queue = hours["queue_id"]
    is_open = _opens(hours)
    rate = queue.map(pace["cases_per_agent_hour"]).to_numpy(float)
    by_people = hours["on_product"].to_numpy(float) * rate
    by_pace = np.where(is_open, queue.map(pace["cases_per_hour"]).to_numpy(float), 0.0)
    usual = np.where(is_open, queue.map(pace["usual_people"]).to_numpy(float) * rate, 0.0)
    has_people = ~np.isnan(by_people)
    basis = pd.Series("people", hours.index, dtype=object).where(has_people, "pace")
    return hours.assign(
        cases_per_agent_hour=rate,
        cases_done_per_agent_hour=queue.map(done["cases_per_agent_hour"]).to_numpy(float),
        capacity_mean=np.where(has_people, by_people, by_pace),
        capacity_usual=np.where(has_people, usual, by_pace),
        capacity_basis=basis.where(has_people | ~np.isnan(by_pace), None),
        day_spread=queue.map(pace["day_spread"]).fillna(0.0).to_numpy(float),
        hour_spread=queue.map(pace["hour_spread"]).fillna(0.0).to_numpy(float),
    )


def _people(request: BacklogAheadRequest, past: pd.DataFrame) -> FloatArray:
    """People on cases of past hours, NaN where nobody knows."""
    if request.performance is None:
        return np.full(len(past), np.nan)
    known = request.performance.set_index(["queue_id", "hour_start"])["on_product_agents"]
    return known.reindex(pd.MultiIndex.from_frame(past[["queue_id", "hour_start"]])).to_numpy(float)


def _ends_of_days(hours: pd.DataFrame) -> dict[str, pd.Timestamp]:
    """Queue -> end of the working day that runs, or of the next one."""
    opens = hours[hours["is_open"].astype("boolean").fillna(True).to_numpy(bool)].sort_values(
        "hour_start", kind="stable"
    )
    day = opens.groupby("queue_id", sort=False)["business_date"].transform("first")
    last = opens[opens["business_date"] == day].groupby("queue_id", sort=True)["hour_start"].max()
    return {str(queue): start + pd.Timedelta(hours=1) for queue, start in last.items()}


def _new_due(request: BacklogAheadRequest) -> pd.DataFrame | None:
    """Due times of cases to come, from those of past ones; an hour's cases come in its middle."""
    if request.spells is None:
        return None
    since = request.as_of - pd.Timedelta(weeks=LEARNT_WEEKS)
    classes = new_due_classes(request.spells[request.spells["since"] < request.as_of], since=since, most=_DUE_CLASSES)
    rows = request.hours[["queue_id", "hour_start"]].merge(classes, on="queue_id", how="inner")
    due_at = rows["hour_start"] + pd.to_timedelta(rows["due_seconds"], unit="s") + pd.Timedelta(minutes=30)
    return rows.assign(due_at=due_at)


def _spread(coming: HourMeans, hours: pd.DataFrame) -> dict[str, Spread]:
    inflow = dict(zip(coming.queues, zip(coming.day_spread, coming.hour_spread, strict=True), strict=True))
    found = {}
    for queue, done_day, done_hour in hours.groupby("queue_id")[["day_spread", "hour_spread"]].first().itertuples():
        of_day, of_hour = inflow.get(str(queue), (0.0, 0.0))
        found[str(queue)] = Spread(
            inflow_day=float(of_day), inflow_hour=float(of_hour), done_day=float(done_day), done_hour=float(done_hour)
        )
    return found


def _as_before(request: BacklogAheadRequest, until: Mapping[str, pd.Timestamp]) -> dict[str, AsBefore]:
    """Each queue as it went on so far; empty where nothing was learnt."""
    if request.spells is None:
        return {}
    working = None if request.working is None else WorkingTime.of(request.working)
    since = request.as_of - pd.Timedelta(weeks=LEARNT_WEEKS)
    endings = learn_endings(request.spells, since=since, until=request.as_of, working=working)
    if endings is None:
        return {}
    cases = request.open_cases[~request.open_cases["is_paused"].astype(bool)]
    mine = dict(iter(cases.groupby("queue_id", sort=False)))
    found = {}
    for queue, end in until.items():
        edges = pd.date_range(request.as_of, end, freq="h").to_numpy()
        found[queue] = as_before(endings, queue, mine.get(queue, cases.iloc[:0]), edges, working=working)
    return found


def _calibration(request: BacklogAheadRequest) -> Calibration | None:
    """Weights by what came of earlier hours whose end is known."""
    if request.spells is None or any(name not in request.past_hours.columns for name in _SAID):
        return None
    said = _past(request)
    said = said[said["breach_until"] <= request.as_of].rename(columns={"hour_end": "said_at"})
    came = breach_outcomes(said, due_passed(request.spells))
    return fit_calibration(said["breach_in_order"].to_numpy(float), said["breach_as_before"].to_numpy(float), came)


def _forecast(request: BacklogAheadRequest, new: HourMeans, is_day_off: BoolArray) -> pd.DataFrame:
    hours = request.hours.reset_index(drop=True)
    mean = expected_cases(new, hours["queue_id"], hours["hour_start_local"], is_day_off)
    place = pd.Index(new.queues).get_indexer(pd.Index(hours["queue_id"]))
    of_day, of_hour = (
        np.append(values, 0.0)[place] for values in (new.day_spread, new.hour_spread)
    )  # the last is of a queue that was not seen
    quantiles = count_quantiles(mean, of_day, of_hour, _LEVELS)
    rows = hours.assign(
        source=request.source,
        issued_at=request.as_of,
        cases_mean=mean,
        cases_q10=quantiles[:, 0],
        cases_q50=quantiles[:, 1],
        cases_q90=quantiles[:, 2],
        model_name=_MODEL,
    )
    return rows[list(CASE_HOUR_FORECAST.column_names)]


def _hour_rows(hours: pd.DataFrame, answer: AheadAnswer, forecast: pd.DataFrame) -> pd.DataFrame:
    rows = hours[["queue_id", "hour_start", "on_product", "cases_done_per_agent_hour", "capacity_basis"]]
    rows = rows.assign(cases_mean=forecast["cases_mean"].to_numpy())
    rows = rows.merge(answer.hours[["queue_id", "hour_start", "required"]], on=["queue_id", "hour_start"], how="left")
    short = (rows["required"] - rows["on_product"]).clip(lower=0.0)
    return (
        rows.assign(short=short)
        .rename(columns={"cases_done_per_agent_hour": "cases_per_agent_hour"})
        .drop(columns="on_product")
    )

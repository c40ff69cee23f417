"""Rows of an hourly backlog as gold keeps them, made by a plain simulation of a few queues; labelled as simulated.

Cases come by chance, people take the oldest first. Here: a desk at half past trouble (`desk`), and a house whose published gold
holds such rows (`house_with`). Not here: counting and forecasting, which real gold has from domain/backlog.
"""

import dataclasses
import functools

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES
from wfm_pipeline.contracts.backlog.hours import BACKLOG_TABLES
from wfm_pipeline.reports.backlog.view import BacklogView, ViewQuestion, read_view
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.engines.scope import Scope

TABLES = {table.name: table for table in (*BACKLOG_TABLES, *AHEAD_TABLES)}
SOURCE = "telephony"
ZONE = "Europe/Stockholm"
NOON = pd.Timestamp("2026-06-25 12:00")
"""14:00 in Stockholm: the hour from then to 15:00 is the newest."""
HOUR = pd.Timedelta(hours=1)
LIMITS = (3600, 4 * 3600, 24 * 3600, 72 * 3600)
LIMITS_TEXT = ",".join(map(str, LIMITS))


@dataclasses.dataclass
class Queue:
    """A queue of the simulation.

    Attributes:
        name: Its name.
        per_hour: Cases that come in an open hour, on average.
        done_per_hour: Cases that its people do at most in an open hour.
        due_hours: From opening to due time [h]; None: no due times.
        people, needed: In the hours to come; None: not known.
        breach: Probability of a breach; None: not known.
    """

    name: str
    per_hour: float = 10.0
    done_per_hour: int = 14
    due_hours: float | None = 24.0
    people: float | None = 6.0
    needed: float | None = 5.0
    breach: float | None = 0.02
    stuck: int = 0


DESK = (
    Queue("billing", 14, 11, 16, 6.0, 9.0, 0.71),
    Queue("sales", 9, 14, 24, 5.0, 4.0, 0.004),
    Queue("claims", 12, 12, 48, 7.5, 8.0, 0.16, 4),
    Queue("returns", 5, 5, None, 3.0, None, None),
    Queue("post room", 3, 3, 24, None, None, None),
    Queue("vip", 1, 4, 24, 2.0, 1.0, 0.0),
)


def is_open(hour):
    local = hour.tz_localize("UTC").tz_convert(ZONE)
    return 8 <= local.hour < 18 and local.weekday() < 5


def desk(queues=DESK, *, newest=NOON, hours=60, ahead=12, seed=7, source=SOURCE):
    """Table name -> rows, of the hours up to the one that starts at `newest` and of those after it."""
    rng = np.random.default_rng(seed)
    found = {name: [] for name in TABLES}
    for queue in queues:
        _past(found, queue, rng, newest, hours)
        _ahead(found, queue, rng, newest, ahead)
    return {name: _frame(name, rows, source) for name, rows in found.items()}


@functools.cache
def _usual_desk():
    """The desk that most tests look at; nobody changes it."""
    return desk()


def _frame(name, rows, source):
    frame = pd.DataFrame([{"source": source, **row} for row in rows], columns=list(TABLES[name].column_names))
    if len(frame):
        local = pd.DatetimeIndex(frame["hour_start"]).tz_localize("UTC").tz_convert(ZONE).tz_localize(None)
        frame["hour_start_local"], frame["business_date"] = local, local.normalize()
    for column in TABLES[name].columns:
        if column.type == "float64":
            frame[column.name] = frame[column.name].astype(float)
        if column.type == "int64":
            frame[column.name] = frame[column.name].astype("Int64")
        if column.type == "timestamp":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
    return frame


def _past(found, queue, rng, newest, hours):
    opened = []  # when each open case came, oldest first
    for start in pd.date_range(end=newest, periods=hours, freq="h"):
        works, end = is_open(start), start + HOUR
        before = len(opened)
        came = int(rng.poisson(queue.per_hour * (1.0 if works else 0.15)))
        opened = sorted([*opened, *(start + HOUR * share for share in rng.random(came))])
        done = min(len(opened), int(rng.binomial(queue.done_per_hour, 0.9)) if works else 0)
        in_due = sum((end - at) / HOUR <= (queue.due_hours or 0) for at in opened[:done])
        opened = opened[done:]
        ages = np.array([(end - at).total_seconds() for at in opened])
        state = _stock(queue, ages)
        found["backlog_hour"].append(
            {
                "queue_id": queue.name, "hour_start": start, "hour_end": end, "is_open": works, "open_before": before,
                "inflow": came, "re_opened": 0, "moved_in": 0, "outflow": done, "moved_out": 0, **state,
                "work_hours": len(ages) * 0.4, "clear_hours": _clear(queue, len(ages), 1.0),
                "clear_hours_q10": _clear(queue, len(ages), 0.7), "clear_hours_q90": _clear(queue, len(ages), 1.8),
                "breach_probability": queue.breach,
                "breach_basis": None if queue.breach is None else "in_order" if queue.name == "vip" else "calibrated",
                "breach_until": None if queue.breach is None else start.floor("D") + HOUR * 16,
                "basis": "events", "taken_at": end, "as_of": end,
            }
        )  # fmt: skip
        found["backlog_priority_hour"].append(
            {"queue_id": queue.name, "priority": "normal", "hour_start": start, **state}
        )
        worked = queue.people if works else 0.0
        found["case_performance_hour"].append(
            {
                "queue_id": queue.name, "hour_start": start, "cases_done": done, "on_product_agents": worked,
                "cases_per_agent_hour": done / worked if worked else None, "work_hours_done": done * 0.4,
                "utilisation": done * 0.4 / worked if worked else None,
                "done_in_due_share": in_due / done if done and queue.due_hours else None,
            }
        )  # fmt: skip


def _stock(queue, ages):
    buckets = np.bincount(np.searchsorted(LIMITS, ages, side="right"), minlength=5) if len(ages) else np.zeros(5, int)
    knows = queue.due_hours is not None
    return {
        "open_cases": len(ages), **{f"open_age_{place + 1}": int(count) for place, count in enumerate(buckets)},
        "age_limits_seconds": LIMITS_TEXT, "oldest_seconds": float(ages.max()) if len(ages) else None,
        "over_due": int((ages > queue.due_hours * 3600).sum()) if knows else (None if len(ages) else 0),
        "without_due": 0 if knows else len(ages), "paused": 0, "stuck_moved": queue.stuck, "stuck_no_progress": 0,
        "stuck": queue.stuck, "latency_q50_seconds": 9000.0, "latency_q90_seconds": None if queue.name == "vip" else 90_000.0,
    }  # fmt: skip


def _clear(queue, waiting, times):
    spare = queue.done_per_hour * 0.9 - queue.per_hour
    return waiting / spare * times if queue.people and spare > 0 else None


def _ahead(found, queue, rng, newest, ahead):
    asked = newest + HOUR
    for start in pd.date_range(asked, periods=ahead, freq="h"):
        works = is_open(start)
        mean = queue.per_hour if works else 0.0
        there = queue.people if works else (None if queue.people is None else 0.0)
        need = queue.needed if works else (None if queue.needed is None else 0.0)
        known = there is not None and need is not None
        found["headcount_hour"].append(
            {
                "queue_id": queue.name, "hour_start": start, "as_of": asked, "is_open": works,
                "scheduled": None if there is None else there + 2, "on_break": None if there is None else min(there, 0.5),
                "planned_off": None if there is None else min(there, 1.0), "shrinkage_share": 0.07, "available": there,
                "on_product": there, "off_product": None if there is None else min(there, 2.0), "required": need,
                "short": max(need - there, 0.0) if known else None, "cases_per_agent_hour": 2.1, "cases_mean": mean,
                "people_from": "no_data" if there is None else "shifts",
                "reason": None if known else "no roster is known" if there is None else "no due times, so no need",
            }
        )  # fmt: skip
        found["case_hour_forecast"].append(
            {
                "queue_id": queue.name, "hour_start": start, "issued_at": asked, "cases_mean": mean,
                "cases_q10": max(mean - 4, 0), "cases_q50": mean, "cases_q90": mean + 4, "model_name": "simulated",
            }
        )  # fmt: skip
    _advise(found, queue, newest)


def _advise(found, queue, newest):
    asked = newest + HOUR
    if queue.breach is not None and queue.breach > 0.5:
        found["backlog_action"].append(
            {
                "as_of": asked, "action_id": f"{queue.name}-recall-1", "queue_id": queue.name, "hour_start": asked,
                "hour_end": asked + HOUR, "kind": "recall", "activity": "training", "activity_id": "t-1", "agents": 2.0,
                "reason": "a breach is likelier than wanted, and nothing else lowers it more", "breach_before": queue.breach,
                "breach_after": queue.breach - 0.37,
            }
        )  # fmt: skip
        found["backlog_alert"].append(
            {
                "queue_id": queue.name, "hour_start": newest, "kind": "surge_inflow", "severity": "high", "value": 31.0,
                "limit": 22.0, "words": f"{queue.name}: 31 cases came, 14 were expected", "advice": "recall people from training",
                "since": newest - HOUR,
            }
        )  # fmt: skip
    if queue.breach is not None and queue.breach < 0.01 and queue.people and queue.people > 4:
        found["backlog_action"].append(
            {
                "as_of": asked, "action_id": f"{queue.name}-release-1", "queue_id": queue.name, "hour_start": asked + HOUR,
                "hour_end": asked + 2 * HOUR, "kind": "release", "activity": "coaching", "activity_id": None, "agents": 1.0,
                "reason": "one person more is there than needed", "breach_before": queue.breach, "breach_after": 0.012,
            }
        )  # fmt: skip


def house_with(home, rows=None, **settings):
    """A house whose published gold holds these rows."""
    house = House(load_settings(home=home, **settings))
    with house.writing(owner="test"), house.open_warehouse() as warehouse:
        for name, frame in (desk() if rows is None else rows).items():
            warehouse.replace(TABLES[name], frame, Scope())
        house.publish()
    return house


QUESTION = {
    "source": SOURCE, "title": "SIMULATED DATA: Backlog (telephony)", "is_simulated": True, "zone": ZONE, "breach_limit": 0.1,
}  # fmt: skip


def read(house, **asked):
    """The view of the house's gold."""
    with house.open_gold() as gold:
        return read_view(gold, ViewQuestion(**{**QUESTION, **asked}))


def view_from(rows=None, *, newest=NOON, **asked):
    """The view of rows as they would be read, without a house."""
    rows = _usual_desk() if rows is None else rows
    question = ViewQuestion(**{**QUESTION, **asked})
    ahead = newest + HOUR * question.hours_ahead
    now = {name: frame[frame["hour_start"] == newest].reset_index(drop=True) for name, frame in rows.items()}
    later = {
        name: frame[frame["hour_start"].between(newest + HOUR, ahead)].reset_index(drop=True)
        for name, frame in rows.items()
    }
    trail = rows["backlog_hour"]
    return BacklogView(
        question=question, hour_start=newest, now=now["backlog_hour"],
        trail=trail[trail["hour_start"] > newest - 48 * HOUR].reset_index(drop=True), priorities=now["backlog_priority_hour"],
        performance=now["case_performance_hour"], alerts=now["backlog_alert"], people=later["headcount_hour"],
        actions=later["backlog_action"], expected=later["case_hour_forecast"],
    )  # fmt: skip


def local(text):
    """A time of the site's clock as naive UTC."""
    return pd.Timestamp(text).tz_localize(ZONE).tz_convert("UTC").tz_localize(None).to_pydatetime()


def many(count, *, seed=3):
    """So many queues, each a little different."""
    rng = np.random.default_rng(seed)
    return tuple(
        Queue(f"queue {n:03d}", 6, 7, 24, float(rng.integers(2, 6)), float(rng.integers(2, 6)), float(rng.beta(0.3, 3)))
        for n in range(count)
    )

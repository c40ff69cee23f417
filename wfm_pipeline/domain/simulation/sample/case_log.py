"""The log of what happened to the cases of the last half a year, and the cases as they stand after it.

Here: what will become of each case, and the written rows. Not here: the desks' people (case_desks), working cases off (case_work), surges
(case_surges) and the faults of the rows (case_dirt).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.case_desks import LOOK_SECONDS, WORK_SECONDS, staff_desks
from wfm_pipeline.domain.simulation.sample.case_surges import draw_surges, web_cases
from wfm_pipeline.domain.simulation.sample.case_work import (
    ASSIGNED,
    CLOSED,
    DUE,
    MOVED,
    OPENED,
    PAUSED,
    RE_OPENED,
    RESOLVED,
    CaseWork,
    Course,
    Happening,
)
from wfm_pipeline.domain.simulation.sample.cases import DUE_HOURS, PRIORITIES, PRIORITY_SHARES
from wfm_pipeline.units import HOURS_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_HOUR

LOG_DAYS: Final = 182
"""How far back the log of events goes [days]: the case system writes one for half a year."""
WORDS: Final = ("Created", "DueSet", "Assigned", "Moved", "OnHold", "Resumed", "Solved", "Closed", "Reopened")
"""What the case system calls its events, in the order of their numbers."""
_STATUS: Final = {RESOLVED: "Resolved", CLOSED: "Closed", PAUSED: "On hold"}
"""Status of a case whose last change it was; else it is open."""
_WRITTEN_EVERY_SECONDS: Final = 30
"""How often the case system writes what has happened [s]; it takes it a second."""
_MOVES: Final = (
    ((), 0.86),
    ((1,), 0.085),
    ((1, 0), 0.03),
    ((1, 2), 0.01),
    ((1, 0, 1), 0.008),
    ((1, 0, 1, 0, 1), 0.007),
)
"""Ways through other queues, as steps from the first (0), and the share of cases that go them [0..1]: some bounce."""
_PAUSED_SHARE: Final = 0.16
_PAUSE_HOURS, _PAUSE_SIGMA = 18.0, 0.9
"""Share of cases that wait for their customer [0..1], median of the wait [h], and the spread of its log."""
_RE_OPENED_SHARES: Final = (0.94, 0.052, 0.008)
_RE_OPEN_HOURS, _RE_OPEN_SIGMA = 30.0, 0.9
"""Share of cases that are opened again never, once, twice [0..1]; median time from resolved to open again [h], spread of its log."""
_KEPT: Final = {
    "status": [WORDS[what] for what in (OPENED, PAUSED, RESOLVED, CLOSED, RE_OPENED)] + ["Resumed"],
    "closed": [WORDS[CLOSED]],
    "owner": [WORDS[ASSIGNED]],
    "queue": [WORDS[OPENED], WORDS[MOVED]],
}
"""What of a case is known from which events, the last of them."""


@dataclass(frozen=True, slots=True)
class CaseLog:
    """What the case system wrote, and what was behind it.

    Attributes:
        cases: Rows of `cases`, those of the log as they stand after it.
        events: Rows of `case_events` without faults, in the order in which they were written.
        surges: Rows of `truth_case_surges`.
    """

    cases: pd.DataFrame
    events: pd.DataFrame
    surges: pd.DataFrame


def write_case_log(
    cases: pd.DataFrame,
    *,
    queues: tuple[str, ...],
    agents: np.ndarray,
    days: pd.DataFrame,
    last_date: dt.date,
    seed: np.random.SeedSequence,
) -> CaseLog:
    """Work off the cases of the last half a year.

    Args:
        cases: Rows of `cases`, by Created.
        queues: Ids of the queues.
        agents: Ids of the people who work on cases.
        days: Open days: date, opens_minute, closes_minute.
        last_date: Nothing after it has happened yet.
        seed: Source of chance; the cases that there are draw nothing else.

    Returns:
        The log; older cases stay as they are.
    """
    course_rng, work_rng, word_rng = (np.random.default_rng(one) for one in seed.spawn(3))
    start = np.datetime64(max(days["date"].min(), pd.Timestamp(last_date) - pd.Timedelta(days=LOG_DAYS - 1)), "us")
    days = days[days["date"] >= start].reset_index(drop=True)
    is_logged = (cases["Created"] >= start).to_numpy()
    mine = cases[is_logged].reset_index(drop=True)
    surges = draw_surges(days, _usual(mine, queues, days), queues, course_rng)
    whole = _with_web_cases(mine, web_cases(surges, DUE_HOURS, PRIORITY_SHARES, course_rng))
    n_hours = ((np.datetime64(last_date, "D") - start.astype("datetime64[D]")).astype(int) + 1) * HOURS_PER_DAY
    opened = (whole["Created"].to_numpy("datetime64[us]") - start) / np.timedelta64(1, "s")
    courses = _courses(whole, queues, start, course_rng)
    work = _work_seconds(courses, len(queues))
    desks = staff_desks(
        mine, queues=queues, days=days, surges=surges, start=start, n_hours=n_hours, work_seconds=work, rng=work_rng
    )
    told = CaseWork(desks, courses, float(n_hours * SECONDS_PER_HOUR)).run(opened.tolist())
    events = _written(told, whole, queues, agents, start, word_rng)
    stood = pd.concat([cases[~is_logged], _as_they_stand(whole, events)], ignore_index=True)
    return CaseLog(stood.sort_values(["Created", "CaseId"], ignore_index=True), events, surges)


def _usual(cases: pd.DataFrame, queues: tuple[str, ...], days: pd.DataFrame) -> np.ndarray:
    """Cases of each queue per open hour [cases/h]."""
    hours = float((days["closes_minute"] - days["opens_minute"]).sum()) / MINUTES_PER_HOUR
    return np.array([float((cases["QueueId"] == queue).sum()) / max(hours, 1.0) for queue in queues])


def _with_web_cases(cases: pd.DataFrame, web: pd.DataFrame) -> pd.DataFrame:
    """Cases of calls and those of the web form, which no call names, by time."""
    extra = pd.DataFrame(
        {
            "CaseId": [f"web{number + 1:06d}" for number in range(len(web))],
            "QueueId": web["QueueId"],
            "Status": "Open",
            "Priority": np.array(PRIORITIES, dtype=object)[web["priority"].to_numpy()],
            "Created": web["Created"],
            "Closed": np.datetime64("NaT", "us"),
            "Due": web["Due"],
            "UserId": None,
            "CustomerId": None,
            "Updated": web["Created"],
        }
    )
    both = pd.concat([cases, extra.astype(cases.dtypes.to_dict())], ignore_index=True)
    return both.sort_values(["Created", "CaseId"], ignore_index=True)


def _courses(
    cases: pd.DataFrame, queues: tuple[str, ...], start: np.datetime64, rng: np.random.Generator
) -> list[Course]:
    n, ways = len(cases), len(_MOVES)
    first = pd.Index(queues).get_indexer(pd.Index(cases["QueueId"]))
    due = (cases["Due"].to_numpy("datetime64[us]") - start) / np.timedelta64(1, "s")
    way = rng.choice(ways, size=n, p=[share for _, share in _MOVES])
    others = rng.integers(1, len(queues), size=n)
    pauses = np.where(rng.random(n) < _PAUSED_SHARE, _hours(n, _PAUSE_HOURS, _PAUSE_SIGMA, rng), 0.0)
    times = rng.choice(len(_RE_OPENED_SHARES), size=n, p=_RE_OPENED_SHARES)
    again = _hours((n, 2), _RE_OPEN_HOURS, _RE_OPEN_SIGMA, rng)
    work = np.maximum(rng.exponential(1.0, size=n), 0.05)
    courses = []
    for case in range(n):
        moves = tuple((int(first[case]) + step * int(others[case])) % len(queues) for step in _MOVES[way[case]][0])
        touches = (*(LOOK_SECONDS for _ in moves), float(work[case]) * WORK_SECONDS)
        re_opens = tuple(again[case, : times[case]].tolist())
        courses.append(Course(int(first[case]), float(due[case]), moves, float(pauses[case]), re_opens, touches))
    return courses


def _work_seconds(courses: list[Course], n_queues: int) -> np.ndarray:
    """Work that comes to each queue, passed on to it too, over the cases that begin there [agent-s]."""
    work, begin = np.zeros(n_queues), np.zeros(n_queues)
    for course in courses:
        way = (course.queue, *course.moves)
        for queue, look in zip(way[:-1], course.work[:-1], strict=True):
            work[queue] += look
        work[way[-1]] += course.work[-1] * (1 + (course.pause > 0) + len(course.re_opens))
        begin[course.queue] += 1
    return work / np.maximum(begin, 1)


def _hours(size: int | tuple[int, int], median: float, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Log-normal times [s]."""
    return np.round(median * np.exp(sigma * rng.standard_normal(size)) * SECONDS_PER_HOUR)


def _written(
    told: list[Happening],
    cases: pd.DataFrame,
    queues: tuple[str, ...],
    agents: np.ndarray,
    start: np.datetime64,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Rows of the log, without faults."""
    at, case, what, queue = (np.array(column) for column in zip(*told, strict=True)) if told else (np.zeros(0),) * 4
    case, what, queue = case.astype(int), what.astype(int), queue.astype(int)
    time = start + np.floor(at).astype(np.int64) * np.timedelta64(1, "s")
    by_person = np.isin(what, (ASSIGNED, MOVED, PAUSED, RESOLVED))
    names_queue = np.isin(what, (OPENED, MOVED))
    last = pd.Series(np.where(what == ASSIGNED, rng.integers(len(agents), size=len(told)), -1))
    who = last.where(last >= 0).groupby(case).ffill()
    user = np.array([*agents, None], dtype=object)[who.fillna(len(agents)).to_numpy(int)]
    priority = cases["Priority"].to_numpy(object)[case]
    written = (np.floor(at).astype(np.int64) // _WRITTEN_EVERY_SECONDS + 1) * _WRITTEN_EVERY_SECONDS + 1
    frame = pd.DataFrame(
        {
            "CaseId": cases["CaseId"].to_numpy(object)[case],
            "Event": np.array(WORDS, dtype=object)[what],
            "Time": time.astype("datetime64[us]"),
            "QueueId": np.where(names_queue, np.array(queues, dtype=object)[queue], None),
            "Priority": np.where(what == OPENED, priority, None),
            "Due": np.where(what == DUE, cases["Due"].to_numpy("datetime64[us]")[case], np.datetime64("NaT", "us")),
            "UserId": np.where(by_person, user, None),
            "Logged": (start + written * np.timedelta64(1, "s")).astype("datetime64[us]"),
        }
    )
    return frame.assign(Due=frame["Due"].astype("datetime64[us]"))


def _as_they_stand(cases: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Cases after their events: queue, status, owner, and when they were closed if they are."""
    by_case = {name: events[events["Event"].isin(words)].groupby("CaseId") for name, words in _KEPT.items()}
    changed = by_case["status"]["Event"].last().reindex(cases["CaseId"])
    status = changed.map({WORDS[what]: word for what, word in _STATUS.items()}).fillna("Open")
    closed = by_case["closed"]["Time"].last().reindex(cases["CaseId"])
    owner = by_case["owner"]["UserId"].last().reindex(cases["CaseId"])
    return cases.assign(
        QueueId=by_case["queue"]["QueueId"].last().reindex(cases["CaseId"]).to_numpy(object),
        Status=status.to_numpy(object),
        Closed=closed.where(status == "Closed").to_numpy("datetime64[us]"),
        UserId=owner.where(owner.notna(), None).to_numpy(object),
        Updated=events.groupby("CaseId")["Time"].max().reindex(cases["CaseId"]).to_numpy("datetime64[us]"),
    )

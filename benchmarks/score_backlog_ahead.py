"""Are probabilities of a breach true, and how far off are hours to clear? Past weeks replayed, nothing of the future known.

Every working day from the fifth week on, at some hours, for every queue: what is said of the rest of the day, and what came. What is learnt is
learnt anew each Monday from the eight weeks before; weights of the two views come from predictions whose day was over by then. The ways
were chosen on the first half of the weeks; the second half is the figure.

Data: `incidents` (WFM_REAL_DATA/incidents_2016, 79 queues; allowances by priority ASSUMED), `helpdesk` (helpdesk_2010, one queue; allowance ASSUMED),
`simulated` (SIMULATED: one queue whose people do serve the earliest due first). Working days are weekdays from 8 to 19, as the counts say.

    python benchmarks/score_backlog_ahead.py incidents [--hours 8,11,14,17] [--due 4,8,48,120]
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.domain.backlog.ahead.clearing import clear_hours
from wfm_pipeline.domain.backlog.ahead.draws import Spread
from wfm_pipeline.domain.backlog.ahead.fluid import fluid_clear_hours
from wfm_pipeline.domain.backlog.ahead.learnt.arrivals import expected_cases, hour_counts, learn_hours
from wfm_pipeline.domain.backlog.ahead.learnt.calibration import fit_calibration
from wfm_pipeline.domain.backlog.ahead.learnt.endings import as_before, learn_endings
from wfm_pipeline.domain.backlog.ahead.learnt.scores import breach_scores
from wfm_pipeline.domain.backlog.ahead.learnt.spells import breach_outcomes, case_spells, due_passed, new_due_classes
from wfm_pipeline.domain.backlog.ahead.learnt.throughput import learn_throughput
from wfm_pipeline.domain.backlog.ahead.queue_ahead import queues_ahead
from wfm_pipeline.domain.backlog.ahead.request import AheadRequest
from wfm_pipeline.domain.backlog.ahead.risk import Risk
from wfm_pipeline.domain.backlog.due import due_times
from wfm_pipeline.domain.backlog.events import usable_events
from wfm_pipeline.domain.backlog.flows import flows_by_hour, open_before
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import case_timeline
from wfm_pipeline.domain.backlog.working_time import WorkingTime
from wfm_pipeline.settings import keep_compiled_code

RESULTS = Path(__file__).parent / "results"
OPENS, CLOSES = 8, 19
LEARNT = pd.Timedelta(weeks=8)
FIRST_WEEK, HORIZON, PATHS = 4, 72, 200
VIEWS = ("breach_in_order", "breach_as_before", "calibrated")


@dataclass
class Desk:
    """What a desk leaves behind."""

    spells: pd.DataFrame
    flows: pd.DataFrame
    working: WorkingTime
    mondays: pd.DatetimeIndex


def incidents(due_hours: list[float]) -> tuple[pd.DataFrame, BacklogRules, str, str]:
    """The update log as events: a change of state, group or priority is an event when it was written down."""
    path = Path(os.environ["WFM_REAL_DATA"]) / "incidents_2016" / "incident_event_log.zip"
    log = pd.read_csv(path, na_values="?", dtype=str)
    for name in ("opened_at", "sys_updated_at"):
        log[name] = pd.to_datetime(log[name], format="%d/%m/%Y %H:%M").astype("datetime64[us]")
    log = log.assign(place=range(len(log))).sort_values(["number", "sys_updated_at", "place"], kind="stable")
    is_first = ~log["number"].duplicated()
    by_case = log.groupby("number", sort=False)
    queue = by_case["assignment_group"].ffill().fillna("(none)")
    state = log["ident_state"].replace({"-100": None}).groupby(log["number"]).ffill().fillna("New")
    level = state.map({"Resolved": 1, "Closed": 2}).fillna(0)
    waits = state.str.startswith("Awaiting")

    def before(values: pd.Series, first: object) -> pd.Series:
        return values.shift().where(~is_first, first)

    was, waited, came_from = before(level, 0), before(waits, first=False).astype(bool), before(queue, "")
    changes = {
        "opened": is_first,
        "moved": ~is_first & (queue != came_from),
        "re_opened": (level == 0) & (was > 0),
        "resumed": waited & ~waits & (level == 0),
        "paused": waits & ~waited,
        "resolved": (level == 1) & (was == 0),
        "closed": (level == 2) & (was < 2),
    }
    at = log["sys_updated_at"].where(~is_first, log["opened_at"])
    parts = [
        pd.DataFrame(
            {
                "case_id": log["number"],
                "kind": kind,
                "at": at,
                "queue_id": queue,
                "to_queue": queue,
                "priority": log["priority"].str[0],
            }
        )[mask].assign(order=order)
        for order, (kind, mask) in enumerate(changes.items())
    ]
    events = (
        pd.concat(parts).reset_index().sort_values(["index", "order"], kind="stable").drop(columns=["index", "order"])
    )
    rules = BacklogRules(due_seconds={str(one + 1): hours * 3_600 for one, hours in enumerate(due_hours)})
    return events, rules, "2016-02-29", "2016-05-30"


def helpdesk(due_hours: list[float]) -> tuple[pd.DataFrame, BacklogRules, str, str]:
    """One queue; a case is done with its first "Resolve ticket", "Wait" pauses it until the next thing happens."""
    log = pd.read_csv(Path(os.environ["WFM_REAL_DATA"]) / "helpdesk_2010" / "events.csv.gz").drop_duplicates()
    log.columns = ["case_id", "activity", "resource", "at"]
    log["at"] = pd.to_datetime(log["at"], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    log = log.sort_values(["case_id", "at"], kind="stable")
    kinds = {"Resolve ticket": "resolved", "RESOLVED": "resolved", "Closed": "closed", "Wait": "paused"}
    kind = log["activity"].map(kinds).fillna("resumed").where(log["case_id"].duplicated(), "opened")
    events = log.assign(kind=kind, queue_id="helpdesk", to_queue=None, priority="any")
    return events, BacklogRules(due_seconds={"any": due_hours[-1] * 3_600}), "2010-06-07", "2013-12-16"


def simulated(due_hours: list[float]) -> tuple[pd.DataFrame, BacklogRules, str, str]:
    """SIMULATED: cases of two priorities, people whose pace differs by day, the earliest due first."""
    random = np.random.default_rng(1)
    hours = pd.date_range("2025-01-06", periods=30 * 7 * 24, freq="h")
    is_open = (hours.hour >= OPENS) & (hours.hour < CLOSES) & (hours.day_of_week < 5)
    day = np.repeat(random.gamma(20, 1 / 20, 30 * 7), 24)
    line, rows, number = [], [], 0
    for start, opens, factor in zip(hours, is_open, day, strict=True):
        for minute in sorted(random.uniform(0, 60, random.poisson(6.0 if opens else 0.3))):
            at, urgent = start + pd.Timedelta(minutes=minute).floor("s"), random.uniform() < 0.5
            line.append((at + pd.Timedelta(hours=due_hours[0 if urgent else 1]), at, number))
            rows.append((str(number), "opened", at, "1" if urgent else "2"))
            number += 1
        for minute in sorted(random.uniform(0, 60, random.poisson(7.2 * factor if opens else 0.0))):
            at = start + pd.Timedelta(minutes=minute).floor("s")
            here = [one for one in line if one[1] < at]
            if here:
                line.remove(min(here))
                rows.append((str(min(here)[2]), "resolved", at, None))
    events = pd.DataFrame(rows, columns=["case_id", "kind", "at", "priority"]).assign(
        queue_id="simulated", to_queue=None
    )
    rules = BacklogRules(due_seconds={str(one + 1): due_hours[one] * 3_600 for one in (0, 1)})
    return events.astype({"at": "datetime64[us]"}), rules, "2025-01-06", "2025-08-04"


DATA = {"incidents": (incidents, "4,8,48,120"), "helpdesk": (helpdesk, "120"), "simulated": (simulated, "4,8")}


def desk_of(events: pd.DataFrame, rules: BacklogRules, first: str, last: str) -> Desk:
    """Spells and flows of a desk."""
    timeline = case_timeline(usable_events(events, as_of=pd.Timestamp("2030-01-01"), queues=None), rules)
    due = due_times(timeline, rules)
    edges = pd.date_range(first, last, freq="h", unit="us").to_numpy().astype(np.int64)
    flows = flows_by_hour(timeline, due, edges[:-1], edges[1:], rules=rules)
    queues, starts = list(timeline.events.queues), edges[:-1].astype("datetime64[us]")
    rows = pd.DataFrame({"queue_id": np.tile(queues, len(starts)), "hour_start": np.repeat(starts, len(queues))})
    rows = rows.assign(**{name: values.ravel() for name, values in flows.items()}, on_product=np.nan)
    rows["open_before"] = np.stack([open_before(timeline, int(start)) for start in edges[:-1]]).ravel()
    local = rows["hour_start"]
    rows = rows.assign(hour_start_local=local, business_date=local.dt.normalize())
    rows["is_open"] = local.dt.hour.between(OPENS, CLOSES - 1) & (local.dt.day_of_week < 5)
    oldest = pd.Timestamp(timeline.events.happened_at.min(), unit="us").normalize()
    days = pd.date_range(oldest, pd.Timestamp(last) + pd.Timedelta(weeks=2), freq="D", unit="us")
    days = days[days.day_of_week < 5]
    windows = pd.DataFrame(
        {"starts_at": days + pd.Timedelta(hours=OPENS), "ends_at": days + pd.Timedelta(hours=CLOSES)}
    )
    return Desk(case_spells(timeline, due, rules), rows, WorkingTime.of(windows), pd.date_range(first, last, freq="7D"))


class Week:
    """What is learnt on a Monday, and what is said in the week."""

    def __init__(self, desk: Desk, monday: pd.Timestamp) -> None:
        self.desk, since = desk, max(monday - LEARNT, desk.mondays[0])
        past = desk.flows[(desk.flows["hour_start"] >= since) & (desk.flows["hour_start"] < monday)]
        come = past["inflow"] + past["re_opened"] + past["moved_in"]
        self.coming = learn_hours(hour_counts(past.assign(cases=come), now=monday))
        left = past.assign(waiting=past["open_before"] + come, done=past["outflow"] + past["moved_out"])
        self.pace = learn_throughput(left).queues.set_index("queue_id")
        self.endings = learn_endings(desk.spells, since=since, until=monday, working=desk.working)
        self.due = new_due_classes(desk.spells[desk.spells["since"] < monday], since=since, most=5)
        inflow = zip(self.coming.queues, self.coming.day_spread, self.coming.hour_spread, strict=True)
        spread = {name: (of_day, of_hour) for name, of_day, of_hour in inflow}
        self.spread = {
            name: Spread(
                inflow_day=spread[name][0],
                inflow_hour=spread[name][1],
                done_day=row.day_spread,
                done_hour=row.hour_spread,
            )
            for name, row in self.pace.iterrows()
        }

    def said(self, now: pd.Timestamp) -> list[dict[str, object]]:
        """What is said of every queue at an instant."""
        until = now.normalize() + pd.Timedelta(hours=CLOSES)
        spells = self.desk.spells
        here = spells[(spells["since"] < now) & ~(spells["until"] < now)]
        here = here.assign(is_paused=False, is_over_due=here["due_at"] < now)
        request = self._request(now, until, here)
        queues = {queue.queue_id: queue for queue in queues_ahead(request)}
        risk, edges, rows = Risk(queues, request), pd.date_range(now, until, freq="h").to_numpy(), []
        mine = dict(iter(here.groupby("queue_id")))
        for name, queue in queues.items():
            before = np.nan
            if self.endings is not None:
                cases = mine.get(name, here.iloc[:0])
                before = as_before(self.endings, name, cases, edges, working=self.desk.working).probability(
                    np.ones(len(edges) - 1)
                )
            hours = (
                np.minimum(clear_hours(queue.workable, risk.futures(name), queue.capacity), HORIZON)
                if queue.workable
                else [0.0]
            )
            fluid = fluid_clear_hours([queue.workable], queue.inflow.sum(axis=1)[None], queue.capacity[None])[0]
            low, middle, high = np.quantile(hours, (0.1, 0.5, 0.9))
            rows.append(
                {"queue_id": name, "said_at": now, "breach_until": until, "breach_in_order": risk.in_order(name, queue.capacity),
                 "breach_as_before": before, "waiting": queue.workable, "fluid": fluid, "low": low, "middle": middle, "high": high}
            )  # fmt: skip
        return rows

    def _request(self, now: pd.Timestamp, until: pd.Timestamp, here: pd.DataFrame) -> AheadRequest:
        starts, names = pd.date_range(now, periods=HORIZON, freq="h", unit="us"), self.coming.queues
        hours = pd.DataFrame({"queue_id": np.repeat(names, HORIZON), "hour_start": np.tile(starts, len(names))})
        local = hours["hour_start"]
        is_open = local.dt.hour.between(OPENS, CLOSES - 1) & (local.dt.day_of_week < 5)
        mean = expected_cases(self.coming, hours["queue_id"], local, np.zeros(len(hours), bool))
        pace = hours["queue_id"].map(self.pace["cases_per_hour"]).where(is_open, 0.0)
        hours = hours.assign(
            business_date=local.dt.normalize(), cases_mean=mean, on_product=np.nan, cases_per_agent_hour=np.nan
        )
        hours = hours.assign(capacity_mean=pace, capacity_usual=pace)
        due = hours[["queue_id", "hour_start"]].merge(self.due, on="queue_id")
        due["due_at"] = due["hour_start"] + pd.to_timedelta(due["due_seconds"], unit="s") + pd.Timedelta(minutes=30)
        ends = dict.fromkeys(names, until)
        return AheadRequest(
            open_cases=here, hours=hours, new_due=due, breach_until=ends, spread=self.spread, paths=PATHS
        )


def replayed(desk: Desk, hours: list[int], every: int) -> pd.DataFrame:
    """Everything said, beside what came."""
    rows, passed = [], due_passed(desk.spells)
    said = pd.DataFrame()
    for number in range(FIRST_WEEK, len(desk.mondays) - 1):
        if (number - FIRST_WEEK) % every:
            continue
        week, monday, now = Week(desk, desk.mondays[number]), desk.mondays[number], []
        for day in range(5):
            for hour in hours:
                now += week.said(monday + pd.Timedelta(days=day, hours=hour))
        frame = pd.DataFrame(now).assign(week=number)
        frame["came"] = breach_outcomes(frame, passed)
        weights = None
        if len(said):
            known = said[said["said_at"] >= monday - LEARNT * every]
            weights = fit_calibration(known["breach_in_order"], known["breach_as_before"], known["came"])
        frame["base_rate"] = said["came"].mean() if len(said) else np.nan
        frame["calibrated"] = (
            np.nan if weights is None else weights.apply(frame["breach_in_order"], frame["breach_as_before"])
        )
        said = pd.concat([said, frame], ignore_index=True)
        sys.stderr.write(f"{monday:%Y-%m-%d} {weights}\n")
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def hours_until_clear(desk: Desk, rows: pd.DataFrame) -> np.ndarray:
    """Until nobody waits in the queue, HORIZON where that is later [h]."""
    found = np.full(len(rows), float(HORIZON))
    by_queue = {name: mine.sort_values("since") for name, mine in desk.spells.groupby("queue_id")}
    for name, mine in rows.groupby("queue_id"):
        spells = by_queue[name]
        at = np.concatenate([spells["since"].to_numpy(), spells["until"].dropna().to_numpy()])
        step = np.concatenate([np.ones(len(spells)), -np.ones(spells["until"].notna().sum())])
        order = np.lexsort((-step, at))
        empty = at[order][np.cumsum(step[order]) == 0]
        place = np.searchsorted(empty, mine["said_at"].to_numpy())
        later = np.append(empty, np.datetime64("2100-01-01"))[place]
        found[mine.index] = np.minimum((later - mine["said_at"].to_numpy()) / np.timedelta64(1, "h"), HORIZON)
    return found


def figures(desk: Desk, rows: pd.DataFrame) -> dict[str, object]:
    """Scores of both halves."""
    rows = rows[rows["calibrated"].notna()].reset_index(drop=True)
    weeks = sorted(rows["week"].unique())
    rows["hours"] = hours_until_clear(desk, rows)
    found: dict[str, object] = {}
    for name, mine in (
        ("chosen_on", rows[rows["week"].isin(weeks[: len(weeks) // 2])]),
        ("judged_on", rows[rows["week"].isin(weeks[len(weeks) // 2 :])]),
    ):
        scores = {view: breach_scores(mine[view], mine["came"], base_rate=0.0) for view in VIEWS}
        waiting = mine[(mine["waiting"] > 0) & mine["middle"].notna()]
        error = {
            way: round(float((waiting[way].fillna(HORIZON) - waiting["hours"]).abs().mean()), 2)
            for way in ("fluid", "middle")
        }
        found[name] = {
            "predictions": len(mine),
            "breached": round(float(mine["came"].mean()), 4),
            "brier_of_base_rate": round(float(((mine["base_rate"] - mine["came"]) ** 2).mean()), 4),
            "brier": {view: round(score.brier, 4) for view, score in scores.items()},
            "reliability": scores["calibrated"].reliability.round(3).to_dict("records"),
            "hours_to_clear_error": error | {"rows": len(waiting), "mean": round(float(waiting["hours"].mean()), 2)},
            "hours_within_q10_q90": round(
                float(((waiting["hours"] >= waiting["low"]) & (waiting["hours"] <= waiting["high"])).mean()), 3
            ),
        }
    return found


def main() -> None:
    """Replay, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=tuple(DATA))
    parser.add_argument("--hours", default="8,11,14,17")
    parser.add_argument("--due", help="Allowances by priority [h]")
    parser.add_argument("--every", type=int, default=1, help="Every how many weeks")
    words = parser.parse_args()
    keep_compiled_code(Path("data"))
    make, usual = DATA[words.data]
    due = words.due or usual
    desk = desk_of(*make([float(one) for one in due.split(",")]))
    rows = replayed(desk, [int(one) for one in words.hours.split(",")], words.every)
    found = {"data": words.data, "allowances_hours": due, "hours": words.hours, "every": words.every} | figures(
        desk, rows
    )
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(found, indent=2) + "\n"
    (RESULTS / f"backlog_ahead_{words.data}_{due.replace(',', '_')}.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()

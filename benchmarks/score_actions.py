"""How often is the action that is offered first for a gap the best one? Offered from 40 runs, judged by many others.

Days of the even weeks of docs/methods/coverage.md, real records of the bank (WFM_REAL_DATA). The roster is made of them: an agent's
shift is the day's first to last contact, pauses of 15 to 60 minutes are breaks. Need is that of the same weekdays; hourly cost,
overtime and the share of callers who accept a call-back are ASSUMED. A gap counts where two actions or more are offered. Every action
offered is simulated again, with other callers and ten times as many runs; the best is the one that stands first by these.

    python benchmarks/score_actions.py [--gaps 40] [--runs 400]
"""

import argparse
import dataclasses
import datetime as dt
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from wfm_pipeline.calculators.live_coverage import LiveCoverageRequest, answer_live_coverage, simulator
from wfm_pipeline.domain.coverage.actions import ActionLimits, ActionRequest, gap_actions
from wfm_pipeline.domain.coverage.trials import Action, Gain, Trial, ranked
from wfm_pipeline.domain.dates import Days
from wfm_pipeline.domain.replay.agent_states import agent_states, presence
from wfm_pipeline.domain.replay.contacts import contacts_of_legs
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.monitoring.replay.recorded import read_days
from wfm_pipeline.settings import keep_compiled_code
from wfm_pipeline_tests.bank_day_kit import house_of

RESULTS = Path(__file__).parent / "results" / "actions_ranked.json"
ZONE, QUARTER = "Asia/Jerusalem", pd.Timedelta(minutes=15)
FIRST, WEEKS = dt.date(1999, 4, 11), 16
POLICY = StaffingPolicy(0.8, 120.0, 373.0)
REACH = ActionLimits(call_back_share=0.3)
AS_OF, OPENS = pd.Timedelta(hours=8), pd.Timedelta(hours=7)
OFFERED_RUNS, OFFERED_SEED, JUDGED_SEED = 40, 1, 90_210
SHORTEST_BREAK, LONGEST_BREAK = 900.0, 3_600.0
GAPS_OF_A_DAY = 3


def records() -> pd.DataFrame:
    """Contacts that joined a line, with the local quarter in which they did."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(os.environ["WFM_REAL_DATA"]) / "anonymous_bank_1999" / "calls.parquet"
        house = house_of(Path(name), source)
        legs = read_days(house, Days(dt.date(1999, 1, 1), FIRST + dt.timedelta(weeks=WEEKS))).legs
    contacts = contacts_of_legs(legs)
    contacts = contacts[contacts["is_answered"] | (contacts["left_at"] > contacts["joined_at"])].reset_index(drop=True)
    local = contacts["joined_at"].dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    return contacts.assign(local=local, quarter=local.dt.floor(QUARTER))


def history_of(contacts: pd.DataFrame) -> pd.DataFrame:
    """Calls and handle times of every service and quarter in which a date had calls."""
    told = contacts.assign(aht=contacts["talk_seconds"].where(contacts["is_answered"]))
    found = told.groupby(["service_id", "quarter"]).agg(calls_offered=("aht", "size"), aht_seconds=("aht", "mean"))
    dates = pd.DatetimeIndex(told["quarter"].dt.normalize().unique())
    grid = [date + number * QUARTER for date in sorted(dates) for number in range(96)]
    cells = pd.MultiIndex.from_product(
        [sorted(told["service_id"].unique()), grid], names=["queue_id", "interval_start_local"]
    )
    found.index.names = ["queue_id", "interval_start_local"]
    rows = found.reindex(cells)
    return rows.assign(calls_offered=rows["calls_offered"].fillna(0.0)).reset_index()


def roster(day: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shifts and breaks."""
    there = presence(agent_states(day, gap_seconds=SHORTEST_BREAK))
    after = there.groupby("agent_id")["starts_at"].shift(-1)
    pause = (after - there["ends_at"]).dt.total_seconds()
    breaks = there.assign(starts_at=there["ends_at"], ends_at=after)[pause.between(SHORTEST_BREAK, LONGEST_BREAK)]
    number = (~(pause.groupby(there["agent_id"]).shift() <= LONGEST_BREAK)).cumsum()
    shifts = there.groupby(number).agg(
        agent_id=("agent_id", "first"), starts_at=("starts_at", "min"), ends_at=("ends_at", "max")
    )
    return shifts.reset_index(drop=True), breaks.reset_index(drop=True)


def asked(contacts: pd.DataFrame, history: pd.DataFrame, date: dt.date) -> LiveCoverageRequest:
    """The day as it stood at eight."""
    midnight = pd.Timestamp(date)
    day = contacts[contacts["local"].between(midnight, midnight + pd.Timedelta(days=1), inclusive="left")]
    moved = day["joined_at"].iloc[0] - day["local"].iloc[0]
    queues = sorted(contacts["service_id"].unique())
    starts = pd.date_range(midnight, periods=96, freq=QUARTER, unit="us")
    grid = pd.MultiIndex.from_product([queues, starts], names=["queue_id", "interval_start_local"]).to_frame(
        index=False
    )
    opens = grid["interval_start_local"] >= midnight + OPENS
    shifts, breaks = roster(day)
    past = contacts[(contacts["local"] < midnight) & contacts["agent_id"].notna()]
    skills = past[["agent_id", "service_id"]].drop_duplicates()
    recent = past[past["local"] >= midnight - pd.Timedelta(days=28)]
    pairs = set(zip(recent["agent_id"], recent["service_id"], strict=True))
    works = [pair in pairs for pair in zip(skills["agent_id"], skills["service_id"], strict=True)]
    nothing = pd.DataFrame(
        {
            "agent_id": pd.Series(dtype=object),
            "starts_at": pd.Series(dtype="datetime64[us]"),
            "ends_at": pd.Series(dtype="datetime64[us]"),
        }
    )
    return LiveCoverageRequest(
        as_of=midnight + moved + AS_OF,
        interval_seconds=QUARTER.total_seconds(),
        intervals=grid.assign(interval_start=grid["interval_start_local"] + moved, is_open=opens),
        service_queues=pd.DataFrame({"service_id": queues, "queue_id": queues}),
        teams=pd.DataFrame(
            columns=["queue_id", "interval_start", "calls_mean", "aht_seconds", "agents_required_exact"]
        ).astype(
            {
                "queue_id": object,
                "interval_start": "datetime64[us]",
                "calls_mean": float,
                "aht_seconds": float,
                "agents_required_exact": float,
            }
        ),
        history=history[history["interval_start_local"] < midnight],
        states=pd.DataFrame(columns=["agent_id", "state", "started_at", "ended_at", "is_queue_contact"]),
        known_from=None,
        registrations=skills.assign(is_registered=works),
        shifts=shifts,
        breaks=breaks,
        off_product=nothing,
        rates=pd.DataFrame({"service_id": queues, "hourly_cost": 30.0, "overtime_multiplier": 1.5, "currency": "EUR"}),
        contacts=pd.DataFrame({"agent_id": pd.Series(dtype=object), "contacts": pd.Series(dtype=float)}),
        default=POLICY,
        reach=REACH,
        most_gaps=0,
    )


class Noting:
    """A simulator that keeps what it was asked."""

    def __init__(self) -> None:
        self.simulate, self.tried = simulator(runs=OFFERED_RUNS, seed=OFFERED_SEED), []

    def __call__(self, before: Trial, after: Trial) -> Gain:
        """Simulate, and keep it."""
        gain = self.simulate(before, after)
        self.tried.append((gain, before, after))
        return gain

    def of(self, action: Action) -> tuple[Trial, Trial]:
        """The trials behind an action."""
        return next((before, after) for gain, before, after in self.tried if gain is action.gain)


def judged(request: LiveCoverageRequest, runs: int) -> list[dict[str, object]]:
    """The worst gaps of a day for which two actions or more are offered."""
    answer = answer_live_coverage(request)
    ahead = answer.gaps[answer.gaps["ends_at"] > request.as_of].nlargest(GAPS_OF_A_DAY, "affected_calls")
    noting, again = Noting(), simulator(runs=runs, seed=JUDGED_SEED)
    offers = gap_actions(
        ActionRequest(
            gaps=ahead, intervals=answer.intervals, registrations=request.registrations, shifts=request.shifts,
            breaks=request.breaks, off_product=request.off_product, rates=request.rates,
            interval_seconds=request.interval_seconds, policies={}, default=POLICY, simulate=noting, reach=REACH,
        )
    )  # fmt: skip
    found = []
    for actions in offers.values():
        if len(actions) > 1:
            truly = {one: dataclasses.replace(one, gain=again(*noting.of(one))) for one in actions}
            order = ranked(list(truly.values()))
            gains = [truly[one].gain.value for one in actions]
            is_best = bool(order) and order[0] is truly[actions[0]]
            free = [one for one in actions if one.cost == 0]
            most = max((truly[one].gain.value for one in free), default=gains[0])
            found.append(
                {
                    "offered": [one.kind for one in actions],
                    "best": order[0].kind if order else None,
                    "is_best": is_best,
                    "is_largest_gain": gains[0] == max(gains),
                    "points_lost": round(100 * (0.0 if is_best else max(most - gains[0], 0.0)), 2),
                    "free_actions": len(free),
                }
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gaps", type=int, default=40)
    parser.add_argument("--runs", type=int, default=400)
    words = parser.parse_args()
    keep_compiled_code(Path("data"))
    contacts = records()
    history = history_of(contacts)
    dates = [FIRST + dt.timedelta(days=7 * week + number) for number in range(5) for week in range(1, WEEKS, 2)]
    rows, days = [], 0
    for date in dates:
        if len(rows) >= words.gaps:
            break
        if len(contacts[contacts["local"].dt.normalize() == pd.Timestamp(date)]):
            rows += judged(asked(contacts, history, date), words.runs)
            days += 1
            sys.stderr.write(f"{date}: {len(rows)} gaps\n")
    best = np.array([row["is_best"] for row in rows])
    draws = np.random.default_rng(1).choice(best, (2_000, len(best))).mean(axis=1)
    chance = float(np.mean([1 / len(row["offered"]) for row in rows]))
    close = [row for row in rows if row["free_actions"] > 1]
    found = {
        "question": "How often is the action offered first the best one in independent simulation",
        "gaps": len(rows), "days": days, "runs_offered": OFFERED_RUNS, "runs_judged": words.runs,
        "share_best": round(float(best.mean()), 3),
        "share_best_95": [round(float(one), 3) for one in np.quantile(draws, [0.025, 0.975])],
        "share_by_chance": round(chance, 3),
        "share_largest_gain": round(float(np.mean([row["is_largest_gain"] for row in rows])), 3),
        "gaps_with_several_free_actions": len(close),
        "share_best_of_these": round(float(np.mean([row["is_best"] for row in close])), 3) if close else None,
        "points_lost_mean": round(float(np.mean([row["points_lost"] for row in rows])), 3),
        "first": dict(Counter(row["offered"][0] for row in rows)),
        "best": dict(Counter(str(row["best"]) for row in rows)),
        "rows": rows,
    }  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps({name: value for name, value in found.items() if name != "rows"}, indent=2) + "\n")


if __name__ == "__main__":
    main()

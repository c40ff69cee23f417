"""Requests about the next hours of small backlogs, and a plain simulation of them: case by case, out of a heap.

Here: frames from few words, and the oracle. Not here: the tests.
"""

import heapq

import numpy as np
import pandas as pd

from wfm_pipeline.domain.backlog.ahead.breach import STEPS_PER_HOUR
from wfm_pipeline.domain.backlog.ahead.request import AheadRequest

NOW = pd.Timestamp("2026-03-02 10:00")


def hours_ahead(queues=("a",), hours=8, *, inflow=0.0, people=1.0, rate=1.0):
    """Hours to come; numbers or one per hour."""
    starts = pd.date_range(NOW, periods=hours, freq="h", unit="us")
    parts = []
    for queue in queues:
        rows = pd.DataFrame({"queue_id": queue, "hour_start": starts, "business_date": starts.date})
        rows = rows.assign(cases_mean=inflow, on_product=people, cases_per_agent_hour=rate)
        done = rows["on_product"] * rows["cases_per_agent_hour"]
        parts.append(rows.assign(capacity_mean=done, capacity_usual=done))
    return pd.concat(parts, ignore_index=True)


def open_cases(due_hours, *, queue="a", over_due=0, paused=0):
    """Open cases by hours to their due time (None unknown); besides, some over due and some paused."""
    due = [NOW + pd.Timedelta(hours=one) if one is not None else pd.NaT for one in due_hours]
    late = [NOW - pd.Timedelta(hours=1)] * over_due
    resting = [NOW + pd.Timedelta(minutes=1)] * paused
    rows = pd.DataFrame({"due_at": pd.Series([*due, *late, *resting], dtype="datetime64[us]")})
    number = np.arange(len(rows))
    is_over_due = (number >= len(due)) & (number < len(due) + over_due)
    return rows.assign(queue_id=queue, is_paused=number >= len(due) + over_due, is_over_due=is_over_due)


def asked(cases, hours, *, until=4.0, **words):
    """A request about the queues of some hours, all with the same end."""
    ends = {} if until is None else dict.fromkeys(hours["queue_id"].unique(), NOW + pd.Timedelta(hours=until))
    return AheadRequest(open_cases=cases, hours=hours, breach_until=ends, **words)


def by_case(work, futures, capacity):
    """Every future played case by case: is one late, how many wait at the end, how many came and were done."""
    found = []
    for path in range(len(futures.arrivals)):
        line = [due for due, count in enumerate(work.waiting) for _ in range(count)] + [0] * work.over_due
        heapq.heapify(line)
        is_late, came, done, amount, passed = False, len(line), 0, 0.0, 0
        for step in range(1, work.steps + 1):
            hour, part = divmod(step - 1, STEPS_PER_HOUR)
            for kind, count in enumerate(futures.arrivals[path, hour]):
                phase = (path + hour + kind) % STEPS_PER_HOUR
                steps = [(place * STEPS_PER_HOUR + STEPS_PER_HOUR - 1 - phase) // count for place in range(count)]
                for _ in range(sum(one == part for one in steps)):
                    heapq.heappush(line, max(step, work.arrival_due[hour, kind]))
                    came += 1
            amount += capacity[hour] * futures.pace_factor[path, hour] / STEPS_PER_HOUR
            epochs = futures.epochs[path]
            ready = int((epochs <= amount).sum())
            ready += int(max(amount - epochs[-1], 0)) if ready == len(epochs) else 0
            for _ in range(ready - passed):
                if line:
                    heapq.heappop(line)
                    done += 1
            passed = max(passed, ready)
            if any(0 < due <= step for due in line):
                is_late = True
                break
        found.append((is_late, len(line), came, done))
    return found

"""Cases done per hour: of one person where people are known, else of a working hour of the queue.

Here: rates and their spread. Not here: who is there in the hours to come (the caller).

An hour counts only where somebody could work on a case. A rate by hour of the week would need many weeks of every single hour: the rate
is one number per queue, and what it scatters by day and hour goes into the spread.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.backlog.ahead.learnt.arrivals import MOST_DISPERSION

LEAST_AGENT_HOURS: Final = 8.0
"""Hours of people below which cases per hour of one person are not known [h]: a shift."""
_COLUMNS: Final = ("queue_id", "cases_per_agent_hour", "usual_people", "cases_per_hour", "day_spread", "hour_spread")
"""Columns of the answer."""
LEAST_HOURS: Final = 8.0
"""Working hours with cases below which the queue's own pace is not known [h]."""


@dataclass(frozen=True, slots=True, eq=False)
class Throughput:
    """What was learnt.

    Attributes:
        queues: One row per queue: queue_id, cases_per_agent_hour, usual_people (mean of the hours counted), cases_per_hour (of a working hour), day_spread, hour_spread (f of Var = m + f m^2); NaN where
            unknown.
    """

    queues: pd.DataFrame


def learn_throughput(hours: pd.DataFrame) -> Throughput:
    """Cases done per hour of each queue.

    Args:
        hours: One row per queue and hour that is over: queue_id, business_date, is_open (null unknown: taken as open), waiting (cases that could be worked on: open before and those that came [count]), done [count], on_product
            [agents] (NaN unknown).

    Returns:
        What was learnt.
    """
    rows = hours[(hours["waiting"] > 0) | (hours["done"] > 0)]
    rows = rows[rows["is_open"].astype("boolean").fillna(True).to_numpy(bool)]
    if rows.empty:
        return Throughput(pd.DataFrame(columns=list(_COLUMNS)))
    people = rows["on_product"].where(rows["on_product"] > 0)
    rows = rows.assign(people=people, by_people=rows["done"].where(people.notna()))
    queue = rows.groupby("queue_id", sort=True)
    found = queue[["people", "by_people"]].sum()
    rate = (found["by_people"] / found["people"]).where(found["people"] >= LEAST_AGENT_HOURS)
    pace = queue["done"].mean().where(queue.size() >= LEAST_HOURS)
    return Throughput(
        pd.DataFrame(
            {
                "queue_id": found.index.astype(object),
                "cases_per_agent_hour": rate.to_numpy(np.float64),
                "usual_people": queue["people"].mean().where(rate.notna()).to_numpy(np.float64),
                "cases_per_hour": pace.to_numpy(np.float64),
                **_spread(rows, rate),
            }
        )
    )


def _spread(rows: pd.DataFrame, rate: "pd.Series[float]") -> dict[str, FloatArray]:
    """Over-dispersion of days and of hours by queue; where people are known, around what they do as a rule."""
    own = rows["queue_id"].map(rate)
    mean = rows.groupby("queue_id", sort=False)["done"].transform("mean")
    expected = (rows["people"] * own).where(own.notna(), mean)
    used = pd.DataFrame(
        {"queue_id": rows["queue_id"], "day": rows["business_date"], "done": rows["done"], "expected": expected}
    )
    used = used[used["expected"].notna()]
    by_day = used.groupby(["queue_id", "day"], sort=True)[["done", "expected"]].sum().reset_index()
    of_day, both = _dispersion(by_day, rate.index), _dispersion(used, rate.index)
    return {"day_spread": of_day, "hour_spread": np.clip((1 + both) / (1 + of_day) - 1, 0.0, MOST_DISPERSION)}


def _dispersion(rows: pd.DataFrame, queues: pd.Index) -> FloatArray:
    """Over-dispersion f of Var = m + f m^2 of every queue."""
    above = (rows["done"] - rows["expected"]) ** 2 - rows["expected"]
    sums = pd.DataFrame({"queue_id": rows["queue_id"], "above": above, "squares": rows["expected"] ** 2})
    found = sums.groupby("queue_id", sort=False).sum().reindex(queues)
    above_all, squares = (np.asarray(found[name], dtype=np.float64) for name in ("above", "squares"))
    return np.clip(above_all / np.maximum(squares, LEAST_DIVISOR), 0.0, MOST_DISPERSION)

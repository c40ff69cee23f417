"""Cases done per hour: of one person where people are known, else of a working hour of the queue.

Here: rates and their spread. Not here: who is there in the hours to come (the caller).

A queue's rate is drawn to nothing: an hour counts only where somebody could work on a case. A rate by hour of the week would need weeks
of single hours; the rate is one number per queue, and what it scatters by day and hour goes into the spread.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import LEAST_DIVISOR
from wfm_pipeline.domain.backlog.ahead.learnt.arrivals import MOST_DISPERSION

LEAST_AGENT_HOURS: Final = 8.0
"""Hours of people below which cases per hour of one person are not known [h]: a shift."""
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
    counts = hours[(hours["waiting"] > 0) | (hours["done"] > 0)]
    counts = counts[counts["is_open"].astype("boolean").fillna(True).to_numpy(bool)]
    rows = [_of_queue(str(queue), mine) for queue, mine in counts.groupby("queue_id", sort=True)]
    names = ["queue_id", "cases_per_agent_hour", "usual_people", "cases_per_hour", "day_spread", "hour_spread"]
    return Throughput(pd.DataFrame(rows, columns=names))


def _of_queue(queue_id: str, mine: pd.DataFrame) -> tuple[object, ...]:
    staffed = mine[mine["on_product"] > 0]
    people = float(staffed["on_product"].sum())
    rate = staffed["done"].sum() / people if people >= LEAST_AGENT_HOURS else np.nan
    pace = mine["done"].mean() if len(mine) >= LEAST_HOURS else np.nan
    known = np.isfinite(rate)
    used = staffed if known else mine
    expected = used["on_product"] * rate if known else pd.Series(mine["done"].mean(), used.index)
    by_day = pd.DataFrame({"done": used["done"], "expected": expected}).groupby(used["business_date"]).sum()
    of_day = _dispersion(by_day["done"], by_day["expected"])
    both = _dispersion(used["done"], expected)
    usual = people / len(staffed) if known else np.nan
    return queue_id, rate, usual, pace, of_day, float(np.clip((1 + both) / (1 + of_day) - 1, 0.0, MOST_DISPERSION))


def _dispersion(counts: pd.Series, means: pd.Series) -> float:
    above = ((counts - means) ** 2 - means).sum()
    return float(np.clip(above / max((means**2).sum(), LEAST_DIVISOR), 0.0, MOST_DISPERSION))

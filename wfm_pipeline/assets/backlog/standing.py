"""What stands in the warehouse already and a count leans on: hours before it, what they left, people as they were known.

Not here: counting (counting.py), and reading events (warehouse/shelves/backlog).
"""

from typing import Final

import pandas as pd

from wfm_pipeline.assets.backlog.stretch import Stretch
from wfm_pipeline.assets.step import Step
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, CASE_PERFORMANCE_HOUR
from wfm_pipeline.monitoring.backlog.people import BacklogPeople
from wfm_pipeline.warehouse.shelves.backlog.queues import (
    case_queues,
    first_case_at,
    first_told_since,
    parts_without_events,
)

LATE_REACH: Final = pd.Timedelta(days=7)
"""How far back hours are counted again because events came late: as far as missed hours are caught up."""
_HOUR: Final = pd.Timedelta(hours=1)


def why_no_cases(step: Step) -> str:
    """Why there is nothing to count; empty where there are cases."""
    source_map = step.source_map
    if not (source_map.playing("case_events") or source_map.playing("cases")):
        return f"source {source_map.name} has no table of cases or of their events"
    if only_rows := parts_without_events(step.warehouse, source_map):
        return (
            f"some sources of the site tell events of cases and {', '.join(only_rows)} only rows of cases: both are not counted "
            "together; give the latter events, or take its cases out of its map"
        )
    return (
        ""
        if case_queues(step.warehouse, source_map)
        else f"silver holds no case of {source_map.name} that names a queue"
    )


def with_history(step: Step, asked: Stretch) -> Stretch:
    """The hours, and those before them that have to be counted with them.

    Where none before them is stored, those of the days that forecasts and limits are learnt from; else those of which events
    came since the last of them was counted, as far back as `LATE_REACH`.
    """
    stored = step.of_source(BACKLOG_HOUR)
    before = stored.filter(stored.hour_start < asked.start.to_pydatetime())
    last = step.warehouse.value(before.hour_start.max())
    if pd.isna(last):
        first = first_case_at(step.warehouse, step.source_map)
        reach = pd.Timedelta(days=step.settings.backlog_history_days + 1)  # whole weeks before today
    else:
        taken_at = step.warehouse.value(
            before.filter(before.hour_start == pd.Timestamp(last).to_pydatetime()).taken_at.min()
        )
        first = first_told_since(step.warehouse, step.source_map, pd.Timestamp(taken_at), asked.start - LATE_REACH)
        reach = LATE_REACH
    if first is None or first >= asked.start:
        return asked
    hours = min(-((first - asked.start) // _HOUR), reach // _HOUR)
    step.say(f"{hours} hours before {asked.start} UTC are counted with them")
    return Stretch(asked.start - hours * _HOUR, asked.end)


def seam_of(step: Step, stretch: Stretch, hours: pd.DataFrame) -> int:
    """Cases by which the first hour begins otherwise than the stored hour before it ended, over queues that have both [count]."""
    stored = step.of_source(BACKLOG_HOUR)
    before = step.warehouse.frame(
        stored.filter(stored.hour_end == stretch.start.to_pydatetime()).select("queue_id", "open_cases")
    )
    both = hours[hours["hour_start"] == stretch.start].merge(before, on="queue_id", suffixes=("", "_before"))
    return int((both["open_before"] - both["open_cases_before"]).abs().sum())


def people_of_past(step: Step, stretch: Stretch, people: BacklogPeople) -> pd.DataFrame:
    """People of the hours; where the centre does not tell now, as it was known when they were counted before."""
    stored = step.of_source(CASE_PERFORMANCE_HOUR)
    known = step.warehouse.frame(
        stored.filter(
            stored.hour_start >= stretch.start.to_pydatetime(), stored.hour_start < stretch.end.to_pydatetime()
        ).select("queue_id", "hour_start", "on_product_agents")
    )
    told = people.over[["queue_id", "hour_start", "on_product_agents"]]
    both = pd.concat([one.dropna() for one in (told, known)], ignore_index=True)
    return both.drop_duplicates(["queue_id", "hour_start"]).rename(columns={"on_product_agents": "on_product"})

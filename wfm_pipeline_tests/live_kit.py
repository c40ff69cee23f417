"""A small live centre for tests of the live cycle: tables in the house's units, a date of gold, a reader that answers from memory.

SIMULATED: every value is made here. Not here: what is asked of them (monitoring/coverage).
"""

import datetime as dt
from types import SimpleNamespace

import pandas as pd

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.operational.house_units import house_name
from wfm_pipeline.domain.operational.row_rules import FINDING_COLUMNS
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.monitoring.coverage.asking import Choices
from wfm_pipeline.monitoring.coverage.centre import LiveCentre
from wfm_pipeline.monitoring.coverage.cycle import Worker
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay
from wfm_pipeline.sources.operational.door import OperationalRows
from wfm_pipeline.sources.operational.live.reading import LiveReading, SourceOutageError
from wfm_pipeline_tests.coverage_kit import DAY, NO_HISTORY, NO_TEAMS, QUARTER, at, teams_of

SITE = Site(time_zone="UTC", interval_minutes=15)
NOW = at("10:05")
POLICY = StaffingPolicy(patience_seconds=300.0)
CHOICES = Choices(interval_seconds=QUARTER, policies={}, default=POLICY, most_gaps=1, runs=5)
_NAMES = {table.name: [house_name(column) for column in table.columns] for table in OPERATIONAL_TABLES}
_TYPES = {
    table.name: {
        house_name(column): {"timestamp": "datetime64[us]", "float64": "float64"}.get(column.type)
        for column in table.columns
    }
    for table in OPERATIONAL_TABLES
}


def table(name, *rows):
    """Rows of an operational table from dicts; what they leave out is null."""
    made = pd.DataFrame([{column: row.get(column) for column in _NAMES[name]} for row in rows], columns=_NAMES[name])
    return made.astype({column: kind for column, kind in _TYPES[name].items() if kind})


def centre(*, services=("a", "b"), idle=("ann", "bob"), updated=NOW, **instead):
    """Tables of a centre: group g serves all services, its agents have been idle since 09:00, rostered 08:00 to 16:00."""
    found = {
        "services": table("services", *({"id": one, "service_name": f"Service {one}"} for one in services)),
        "groups": table("groups", {"id": "g"}),
        "service_groups": table("service_groups", *({"service_id": one, "group_id": "g"} for one in services)),
        "contact_statistics": table("contact_statistics"),
        "agent_activity": table("agent_activity"),
        "queue_current_metrics": queues(*services, updated=updated),
        "agent_states": states(*((name, "ready", "09:00", None) for name in idle)),
        "shifts": shifts(*((name, "08:00", "16:00") for name in idle)),
        "shift_breaks": table("shift_breaks"),
    }
    return {**found, **instead}


def queues(*services, updated=NOW, **counts):
    """The queues' current state, the same of each."""
    usual = {
        "calls_waiting": 3,
        "longest_wait_seconds": 40.0,
        "agents_available": 1,
        "agents_busy": 0,
        "agents_not_ready": 0,
    }
    return table(
        "queue_current_metrics", *({"service_id": one, "last_updated": updated, **usual, **counts} for one in services)
    )


def states(*rows, group="g"):
    """Recorded states from (agent, state, from, to or None)."""
    return table(
        "agent_states",
        *(
            {
                "agent_id": agent, "group_id": group, "state": state, "started_at": at(starts), "ended_at": at(ends) if ends else None,
                "is_queue_contact": True,
            }
            for agent, state, starts, ends in rows
        ),
    )  # fmt: skip


def shifts(*rows, group="g", service=None):
    """Shifts from (agent, from, to)."""
    made = (
        {
            "shift_id": f"{agent}{starts}", "schedule_version": 1, "agent_id": agent, "group_id": group, "service_id": service,
            "starts_at": at(starts), "ends_at": at(ends), "is_cancelled": False,
        }
        for agent, starts, ends in rows
    )  # fmt: skip
    return table("shifts", *made)


def gold(*, queues=("a", "b"), exact=1.8, date=DAY, publish_id="1", calls=10.0):
    """A date of gold with a team of so many for each quarter of each queue; open from 08:00 to 18:00."""
    starts = pd.date_range(date, periods=96, freq="15min", unit="us")
    grid = pd.DataFrame(
        {"interval_start": starts, "interval_start_local": starts, "is_open": (starts.hour >= 8) & (starts.hour < 18)}
    )
    empty = grid[["interval_start", "is_open"]].assign(queue_id="a")[:0]
    day = GoldDay(date.date(), publish_id, grid, empty, NO_TEAMS, None, NO_HISTORY, None)
    rows = day.intervals(queues)
    teams = teams_of(rows[rows["is_open"]], exact=exact, calls=calls)
    return GoldDay(date.date(), publish_id, grid, empty, teams, None, NO_HISTORY, pd.Timestamp(date))


def reading_of(tables, *, read_at=NOW, left_out=()):
    """Tables as a reader gives them."""
    nothing = pd.DataFrame(columns=list(FINDING_COLUMNS))
    told = tables["queue_current_metrics"]["last_updated"].max()
    return LiveReading(
        tables={name: OperationalRows(rows, nothing) for name, rows in tables.items()},
        address="sqlite:///centre",
        is_first_address=True,
        read_at=read_at,
        last_updated=None if pd.isna(told) else told,
        seconds=dict.fromkeys(tables, 0.0),
        left_out=dict(left_out),
    )


class FakeReader:
    """Answers with each of what it was given, the last one again and again; None is an outage."""

    def __init__(self, *answers, past=None):
        self.answers, self.questions, self.is_closed = list(answers), [], False
        self.past, self.looked_back = NO_HISTORY if past is None else past, []

    async def history(self, dates, *, site):
        self.looked_back.append((dates, site))
        if isinstance(self.past, Exception):
            raise self.past
        return self.past

    async def read(self, question):
        self.questions.append(question)
        tables = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if tables is None:
            raise SourceOutageError(
                {"sqlite:///centre": "does not answer"}, since=at("10:00").to_pydatetime(), failed_reads=1
            )
        return reading_of(tables)

    async def close(self):
        self.is_closed = True


def worker(day=None, **choices):
    """A worker on a date of gold that never changes."""
    made = gold() if day is None else day
    changed = {name: getattr(CHOICES, name) for name in CHOICES.__dataclass_fields__} | choices
    return Worker(SimpleNamespace(day=lambda _date, _queues: made), Choices(**changed), "UTC", 120.0)


def live_centre(*answers, day=None, now=NOW, past=None, **choices):
    """A live centre on a reader from memory; no pause takes time."""

    async def pause(_seconds):
        return None

    return LiveCentre(FakeReader(*answers, past=past), worker(day, **choices), SITE, now=_clock(now), pause=pause)


def _clock(now):
    return now if callable(now) else lambda: pd.Timestamp(now).to_pydatetime()


def later(minutes):
    """The time so many minutes after the usual one."""
    return NOW + dt.timedelta(minutes=minutes)

"""A large live centre in PostgreSQL, filled by COPY. SIMULATED: every value is made here, by a seed.

By default 761 services x 96 quarters x 5 weeks, 3,000 agents with activity, forty states a day, shifts and breaks. The last day is
filled up to an instant; after it nothing has happened yet. Not here: small tables (operational_kit), what is measured (benchmarks).
"""

import datetime as dt
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.sources.operational.writing import ddl_statements

QUARTER = dt.timedelta(minutes=15)
QUARTERS, SHIFT_QUARTERS, STATE_MINUTES = 96, 32, 12
STATES = np.array(["ready", "talk", "hold", "wrap", "not_ready"])
TABLES = {table.name: table for table in OPERATIONAL_TABLES}


@dataclass(frozen=True, kw_only=True)
class LargeCentre:
    """How large.

    Attributes:
        as_of: Up to when things have happened (naive UTC); its date is the last day.
        services, agents, groups, days: How many; a group serves three services.
        seed: Of the values.
    """

    as_of: dt.datetime = dt.datetime(2026, 3, 2, 14, 7)
    services: int = 761
    agents: int = 3_000
    groups: int = 150
    days: int = 35
    seed: int = 1

    @property
    def starts_at(self) -> dt.datetime:
        """First instant of the last day."""
        return dt.datetime.combine(self.as_of.date(), dt.time())

    @property
    def ends_at(self) -> dt.datetime:
        """End of the last day."""
        return self.starts_at + dt.timedelta(days=1)


def fill_large_centre(url: str, centre: LargeCentre = LargeCentre()) -> dict[str, int]:
    """Make the operational tables in an empty PostgreSQL database, fill them and gather statistics of them.

    Args:
        url: `postgresql://...`.
        centre: How large.

    Returns:
        Table -> its rows.
    """
    rng = np.random.default_rng(centre.seed)
    counts = dict.fromkeys(TABLES, 0)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in ddl_statements("postgres"):
            connection.execute(statement)
        for name, frame in _standing(centre).items():
            counts[name] += copy(connection, name, frame)
        for back in range(centre.days - 1, -1, -1):
            for name, frame in _one_day(centre, centre.starts_at - dt.timedelta(days=back), rng).items():
                counts[name] += copy(connection, name, frame)
        connection.execute("vacuum analyze")
    return counts


def copy(connection: psycopg.Connection, name: str, frame: pd.DataFrame) -> int:
    """COPY rows into a table of the contract.

    Returns:
        Their number.
    """
    names = TABLES[name].column_names
    text = io.BytesIO()
    table = pa.Table.from_pandas(frame.reindex(columns=list(names)), preserve_index=False)
    pa.csv.write_csv(table, text, pa.csv.WriteOptions(include_header=False, quoting_style="needed"))
    columns = ", ".join(f'"{one}"' for one in names)
    with connection.cursor() as cursor, cursor.copy(f'copy "{name}" ({columns}) from stdin (format csv)') as out:
        out.write(text.getvalue())
    return len(frame)


def _standing(centre: LargeCentre) -> dict[str, pd.DataFrame]:
    services = np.array([f"s{number:04d}" for number in range(centre.services)])
    groups = np.array([f"g{number:03d}" for number in range(centre.groups)])
    of_service = np.arange(3 * centre.services) // 3
    group = (of_service * 7 + np.arange(3 * centre.services) % 3) % centre.groups
    queues = pd.DataFrame(
        {"service_id": services, "calls_waiting": 1, "longest_wait_time": 12.0, "agents_available": 2}
    )
    return {
        "services": pd.DataFrame(
            {
                "id": services,
                "service_name": [f"SIMULATED {one}" for one in services],
                "target_answer_time": 20.0,
                "target_service_level": 80.0,
                "hourly_cost": 20.0,
                "overtime_multiplier": 1.5,
                "currency": "EUR",
            }
        ),
        "groups": pd.DataFrame({"id": groups, "group_name": groups}),
        "service_groups": pd.DataFrame({"service_id": services[of_service], "group_id": groups[group]}),
        "queue_current_metrics": queues.assign(
            agents_busy=3,
            agents_not_ready=1,
            current_service_level=80.0,
            calls_handled_last_15min=9,
            avg_wait_time_last_15min=15.0,
            last_updated=centre.as_of,
        ),
    }


def _one_day(centre: LargeCentre, day: dt.datetime, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    shifts = _shifts(centre, day, rng)
    breaks = pd.concat([_break(shifts, 2.0, 15, "rest"), _break(shifts, 4.0, 30, "lunch")])
    return {
        "contact_statistics": statistics_of(centre, day, rng),
        "agent_activity": _activity(centre, shifts),
        "agent_states": _states(centre, shifts, rng),
        "shifts": shifts,
        "shift_breaks": breaks,
    }


def statistics_of(centre: LargeCentre, day: dt.datetime, rng: np.random.Generator) -> pd.DataFrame:
    """Quarters of a day of every service, up to the instant."""
    starts = pd.date_range(day, periods=QUARTERS, freq=QUARTER, unit="us")
    starts = starts[starts < pd.Timestamp(centre.as_of)]
    rows = centre.services * len(starts)
    received = rng.poisson(8, rows) + 1
    missed = rng.binomial(received, 0.05)
    aht = rng.normal(240_000, 20_000, rows).round()
    return pd.DataFrame(
        {
            "service_id": np.repeat([f"s{number:04d}" for number in range(centre.services)], len(starts)),
            "interval_start_time": np.tile(starts, centre.services),
            "received_calls": received,
            "treated_calls": received - missed,
            "miss_calls": missed,
            "not_unique_received_calls": received + 1,
            "not_unique_treated_calls": received - missed,
            "not_unique_miss_calls": missed + 1,
            "aht": aht,
            "talk_time": aht * 0.8,
            "post_processing": aht * 0.2,
            "service_level": 82.5,
            "abandonment_rate": (100 * missed / received).round(2),
            "occupancy_rate": 71.0,
        }
    )


def _shifts(centre: LargeCentre, day: dt.datetime, rng: np.random.Generator) -> pd.DataFrame:
    """Five of seven agents work, eight hours from some quarter of the morning on; one in ten shifts has a second version."""
    number = np.flatnonzero((np.arange(centre.agents) + day.toordinal()) % 7 < 5)
    starts = pd.Timestamp(day) + pd.to_timedelta(900 * rng.integers(20, 64, len(number)), unit="s")
    shifts = pd.DataFrame(
        {
            "shift_id": [f"{day:%y%m%d}-{one}" for one in number],
            "schedule_version": 1,
            "agent_id": [f"a{one:05d}" for one in number],
            "group_id": [f"g{one % centre.groups:03d}" for one in number],
            "service_id": None,
            "starts_at": starts.astype("datetime64[us]"),
            "ends_at": (starts + SHIFT_QUARTERS * pd.Timedelta(QUARTER)).astype("datetime64[us]"),
            "is_cancelled": False,
        }
    )
    return pd.concat([shifts, shifts[::10].assign(schedule_version=2)], ignore_index=True)


def _break(shifts: pd.DataFrame, hours: float, minutes: int, kind: str) -> pd.DataFrame:
    starts = shifts["starts_at"] + pd.Timedelta(hours=hours)
    return shifts.assign(starts_at=starts, ends_at=starts + pd.Timedelta(minutes=minutes), kind=kind)


def _activity(centre: LargeCentre, shifts: pd.DataFrame) -> pd.DataFrame:
    once = shifts[shifts["schedule_version"] == 1]
    step = np.tile(np.arange(SHIFT_QUARTERS), len(once))
    rows = once.loc[once.index.repeat(SHIFT_QUARTERS), ["agent_id", "group_id", "starts_at"]]
    rows = rows.assign(
        interval_start_time=rows["starts_at"] + pd.to_timedelta(900 * step, unit="s"),
        login_time=900.0,
        ready_time=200.0,
        not_ready_time=100.0,
        talk_time=450.0,
        hold_time=50.0,
        wrap_time=100.0,
        calls_handled=2,
        calls_transferred=0,
    )
    return rows[rows["interval_start_time"] < centre.as_of]


def _states(centre: LargeCentre, shifts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """States of about twelve minutes, one after the other; the one at the instant is open."""
    once = shifts[shifts["schedule_version"] == 1]
    each = SHIFT_QUARTERS * 15 // STATE_MINUTES
    offsets = np.arange(each + 1) * STATE_MINUTES * 60 + np.pad(
        rng.integers(0, 300, (len(once), each - 1)), ((0, 0), (1, 1))
    )
    begins = once["starts_at"].to_numpy()[:, None] + offsets.astype("timedelta64[s]")
    kind = STATES[rng.integers(0, len(STATES), (len(once), each))]
    service = np.array([f"s{one:04d}" for one in rng.integers(0, centre.services, kind.size)], dtype=object)
    is_busy = np.isin(kind.ravel(), ("talk", "hold", "wrap"))
    rows = pd.DataFrame(
        {
            "agent_id": np.repeat(once["agent_id"].to_numpy(), each),
            "group_id": np.repeat(once["group_id"].to_numpy(), each),
            "state": kind.ravel(),
            "started_at": begins[:, :-1].ravel().astype("datetime64[us]"),
            "ended_at": begins[:, 1:].ravel().astype("datetime64[us]"),
            "service_id": np.where(is_busy, service, None),
            "is_queue_contact": is_busy,
        }
    )
    rows = rows[rows["started_at"] <= centre.as_of]
    return rows.assign(ended_at=rows["ended_at"].where(rows["ended_at"] <= centre.as_of))

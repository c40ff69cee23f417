"""Small operational tables for tests: rows as a live centre would write them. SIMULATED: every value is made here."""

import datetime as dt
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

FOLDER = Path(__file__).parents[1] / "sql" / "operational"
MONDAY = dt.datetime(2026, 1, 5, 8)


def statistics(rows=96, *, service="1", aht=240_000.0, start=MONDAY, calls=10):
    """Quarters of an hour of one service, each alike."""
    return pd.DataFrame(
        {
            "service_id": service,
            "interval_start_time": [start + dt.timedelta(minutes=15 * number) for number in range(rows)],
            "received_calls": calls,
            "treated_calls": calls - 1,
            "miss_calls": 1,
            "not_unique_received_calls": calls + 1,
            "not_unique_treated_calls": calls - 1,
            "not_unique_miss_calls": 2,
            "aht": aht,
            "talk_time": aht * 0.8,
            "post_processing": aht * 0.2,
            "service_level": 80.0,
            "abandonment_rate": 10.0,
            "occupancy_rate": 70.0,
        }
    )


def activity(rows=4, *, agent="a1", start=MONDAY):
    """Quarters of an hour of one agent, all logged in."""
    return pd.DataFrame(
        {
            "agent_id": agent,
            "group_id": "g1",
            "interval_start_time": [start + dt.timedelta(minutes=15 * number) for number in range(rows)],
            "login_time": 900.0,
            "ready_time": 200.0,
            "not_ready_time": 100.0,
            "talk_time": 450.0,
            "hold_time": 50.0,
            "wrap_time": 100.0,
            "calls_handled": 2,
            "calls_transferred": 1,
        }
    )


def statements(dialect):
    """The statements of a DDL file."""
    text = (FOLDER / f"operational_{dialect}.sql").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";") if part.strip()]


def make_operational(url, dialect, **tables):
    """The operational tables in a database, with these rows."""
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements(dialect):
            connection.exec_driver_sql(statement)
        for name, rows in tables.items():
            rows.to_sql(name, connection, if_exists="append", index=False)
    engine.dispose()
    return url

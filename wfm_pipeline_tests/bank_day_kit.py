"""A recorded day of the bank counted again one call after the other, and the operational tables compared with it.

Nothing of the replay is used here: raw rows as the bank's log wrote them, and plain Python.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.load import load_file
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.operational.writing import described
from wfm_pipeline.urls import make_engine, parse_url

DAY = dt.date(1999, 5, 23)
UTC_MIDNIGHT = dt.datetime(1999, 5, 22, 21)  # Israel was three hours ahead of UTC that summer
TARGET = 20
_ONE_MOMENT = {"postgresql": "REPEATABLE READ", "mysql": "REPEATABLE READ"}
"""Isolation in which all tables are read as of one moment; SQLite's readers have it by themselves once a transaction began."""


def raw_day(calls=250, seed=8):
    """SIMULATED rows of a day as the bank's log writes them: an afternoon with lines, hang-ups in the menu and in the line."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, begins in enumerate(np.sort(rng.integers(13 * 3600, 16 * 3600, calls))):
        kind = rng.choice(["AGENT", "AGENT", "AGENT", "HANG", "MENU", "PHANTOM"])
        menu, wait, talk = int(rng.integers(0, 15)), int(rng.integers(0, 90)), int(rng.integers(1, 400))
        wait, talk = 0 if kind == "MENU" else wait, talk if kind == "AGENT" else 0
        at = [begins, begins + menu, begins + menu + wait, begins + menu + wait + talk]
        clock = [f"{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}" for second in at]
        rows.append(
            {
                "vru+line": "AA0101", "call_id": number, "customer_id": str(rng.integers(0, 40)), "priority": 0,
                "type": rng.choice(["PS", "NW "]), "date": DAY, "vru_entry": clock[0], "vru_exit": clock[1],
                "vru_time": menu, "q_start": clock[1], "q_exit": clock[2], "q_time": wait,
                "outcome": "HANG" if kind == "MENU" else kind, "ser_start": clock[2], "ser_exit": clock[3],
                "ser_time": talk, "server": rng.choice(["ANN", "BO", "CY"]) if kind == "AGENT" else "NO_SERVER",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def house_of(folder, file):
    """A house whose source is a file of the bank's calls."""
    url = f"sqlite:///{folder / 'source.sqlite'}"
    load_file(load_map("anonymous_bank"), file, url)
    return House(load_settings(home=folder / "home", source="anonymous_bank", source_url=url))


def tables_in(url):
    """Every operational table as of one moment, rows in order."""
    engine = make_engine(parse_url(url, what="test"), poolclass=NullPool)
    found = {}
    level = _ONE_MOMENT.get(engine.dialect.name)
    with (engine.execution_options(isolation_level=level) if level else engine).connect() as connection:
        if level is None:
            connection.exec_driver_sql("begin")
        for table in OPERATIONAL_TABLES:
            there = described(table)
            rows = [tuple(row) for row in connection.execute(sa.select(*there.c).order_by(*there.primary_key))]
            found[table.name] = pd.DataFrame(rows, columns=list(table.column_names))
    engine.dispose()
    return found


class Call:
    """One raw row, worked out by hand: instants in UTC, whole seconds."""

    def __init__(self, row):
        clock = dt.time.fromisoformat(str(row["vru_entry"]))
        local = dt.datetime.combine(DAY, clock) - dt.datetime.combine(DAY, dt.time())
        self.queue, self.answered = row["type"].strip(), row["outcome"] == "AGENT"
        self.agent = None if row["server"] == "NO_SERVER" else row["server"]  # some answered calls name nobody
        self.caller = None if str(row["customer_id"]) == "0" else str(row["customer_id"])
        self.wait = int(row["q_time"])
        menu = max(int(row["vru_time"]), 0)  # 42 rows of the real day are negative as recorded: unknown, no time
        self.joined = UTC_MIDNIGHT + local + dt.timedelta(seconds=menu)
        self.left = self.joined + dt.timedelta(seconds=self.wait)
        self.ended = self.left + dt.timedelta(seconds=int(row["ser_time"]) if self.answered else 0)


def calls_of(raw):
    return [Call(row) for row in raw.to_dict("records") if row["outcome"] != "PHANTOM"]


def board(calls, queue, now):
    """What the board of a queue must show."""
    mine = [call for call in calls if call.queue == queue and call.joined <= now]
    waiting = [call for call in mine if call.left > now]
    gone = [call for call in mine if call.left <= now]
    lately = [call.wait for call in gone if call.answered and call.left > now - dt.timedelta(minutes=15)]
    in_time = sum(call.answered and call.wait <= TARGET for call in gone)
    return {
        "calls_waiting": len(waiting),
        "longest_wait_time": max(((now - call.joined).total_seconds() for call in waiting), default=None),
        "agents_busy": len(busy_agents(calls, queue, now)),
        "current_service_level": 100 * in_time / len(gone) if gone else None,
        "calls_handled_last_15min": len(lately),
        "avg_wait_time_last_15min": sum(lately) / len(lately) if lately else None,
    }


def busy_agents(calls, queue, now):
    """Agents whose contact that began last, of those that go on, is of the queue."""
    latest = {}
    for call in calls:
        if call.answered and call.agent and call.left <= now < call.ended:
            latest.setdefault(call.agent, []).append((call.left, call.joined, call.queue))
    return {agent for agent, held in latest.items() if max(held)[2] == queue}


def quarter(calls, queue, start, border):
    """What statistics of a queue's quarter must say at a border: received, treated and missed, callers and contacts."""
    mine = [call for call in calls if call.queue == queue and start <= call.joined < start + dt.timedelta(minutes=15)]
    callers = {}
    for call in mine:
        callers.setdefault(call.caller or object(), []).append(call)
    known = {
        who: (any(c.answered and c.left <= border for c in held), all(c.left <= border for c in held))
        for who, held in callers.items()
    }
    answered = [call for call in mine if call.answered and call.left <= border]
    missed = [call for call in mine if not call.answered and call.left <= border]
    treated = sum(is_treated for is_treated, _ in known.values())
    lost = sum(all_left and not is_treated for is_treated, all_left in known.values())
    return [len(callers), treated, lost, len(mine), len(answered), len(missed)]


COUNTS = ["received_calls", "treated_calls", "miss_calls", "not_unique_received_calls", "not_unique_treated_calls",
          "not_unique_miss_calls"]  # fmt: skip


def same_as_recorded(tables, calls, now):
    """Compare all that records can tell of an instant."""
    shown = tables["queue_current_metrics"].set_index("service_id")
    assert set(shown.index) == {call.queue for call in calls}
    for queue, row in shown.iterrows():
        expected = board(calls, queue, now)
        found = {name: None if pd.isna(row[name]) else float(row[name]) for name in expected}
        assert expected == pytest.approx(found)
        assert row["last_updated"] == now
    border = pd.Timestamp(now).floor("15min").to_pydatetime()
    for row in tables["contact_statistics"].to_dict("records"):
        start = pd.Timestamp(row["interval_start_time"]).to_pydatetime()
        assert quarter(calls, row["service_id"], start, border) == [row[name] for name in COUNTS]
    over = [call for call in calls if pd.Timestamp(call.joined).floor("15min") < border]
    assert len(over) == tables["contact_statistics"]["not_unique_received_calls"].sum()
    open_states = tables["agent_states"][tables["agent_states"]["ended_at"].isna()]
    assert not open_states["agent_id"].duplicated().any()
    busy = set(open_states.loc[open_states["is_queue_contact"].astype(bool), "agent_id"])
    assert busy == {agent for queue in shown.index for agent in busy_agents(calls, queue, now)}
    ready = open_states[open_states["state"] == "ready"].merge(tables["service_groups"], on="group_id")
    available = ready.groupby("service_id_y").size().reindex(shown.index).fillna(0)
    assert available.tolist() == shown["agents_available"].tolist()

"""Names that somebody means harm with, or that no one thought of, and a small desk where everything is called so."""

import datetime as dt
import sqlite3
from contextlib import closing

import numpy as np

NAMES = (
    r"Cost $\frac$ desk",
    """O'Brien "the" `desk`; drop table calls; --""",
    "<script>alert(1)</script>&amp;",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b2J",
    "\u202egnp.exe \u200f\u05e2\u05d1\u05e8\u05d9\u05ea",
    "📞 desk 🤷",
    "x" * 300,
    "nul\0desk",
    "Billing",
    "\u0412\u0456lling",  # looks like the one before; the first two letters are Cyrillic
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "two\nlines\r\tand more",
    "[red]markup[/] [/] :smile:",
    "%s {0} %(name)s \\",
    "nan",
)
KEPT = tuple(name.replace("\0", "\ufffd") for name in NAMES)
"""The same as every engine keeps them."""
COMMANDS = frozenset([*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u200f"]) - {"\n"}
"""Characters that no terminal may be sent by a name."""
SOURCE = "a_source_that_has_a_name_of_forty_letter"
CALLS = "Calls of a desk + whatever else it thought of that would go in"
EXTRAS = ('" ; drop table "calls', "é" * 150, "📞\nnext", "=1+1 %s", "_x'")
"""Columns that the map does not name."""
FIRST, DAYS, CALLS_A_DAY = dt.date(2026, 3, 2), 28, 5

MAP = f"""
name = "{SOURCE}"
title = "[red]Desk[/] of <b>names</b>"
times_are = "local"
caller_is = "customer"
[site]
calendar = "hostile"
time_zone = "Europe/Stockholm"
country = "SE"
weekend = ["sat", "sun"]
interval_minutes = 60
[site.opening_hours]
mon = "08:00-12:00"
tue = "08:00-12:00"
wed = "08:00-12:00"
thu = "08:00-12:00"
fri = "08:00-12:00"
sat = "closed"
sun = "closed"
[tables."{CALLS}"]
role = "call_legs"
load = "incremental"
key = ["Call + Id"]
business_date = "Began at"
[tables."{CALLS}".types]
"Call + Id" = "string"
"Queue" = "string"
"Agent" = "string"
"Customer" = "string"
"Status" = "string"
"Began at" = "timestamp"
"Wait" = "int64"
"Talk" = "int64"
[tables."{CALLS}".columns]
call_id = "Call + Id"
queue_id = "Queue"
agent_id = "Agent"
customer_id = "Customer"
status = {{ column = "Status", words = {{ A = "answered", L = "abandoned" }} }}
started_at = "Began at"
wait_seconds = "Wait"
talk_seconds = "Talk"
[tables.queues]
role = "queues"
load = "full"
key = ["Queue"]
[tables.queues.types]
Queue = "string"
Name = "string"
[tables.queues.columns]
queue_id = "Queue"
name = "Name"
[tables.agents]
role = "agents"
load = "full"
key = ["Agent"]
[tables.agents.types]
Agent = "string"
Name = "string"
[tables.agents.columns]
agent_id = "Agent"
name = "Name"
"""


def make_desk(folder):
    """Write the source and its map; gives the URL, the map's path, and how many calls there are."""
    folder.mkdir(parents=True, exist_ok=True)
    source, source_map = folder / "desk.sqlite", folder / "desk.toml"
    source_map.write_text(MAP, encoding="utf-8")
    rows = list(_calls())
    names = ["Call + Id", "Queue", "Agent", "Customer", "Status", "Began at", "Wait", "Talk", *EXTRAS]
    with closing(sqlite3.connect(source)) as connection:
        _fill(connection, CALLS, names, rows)
        _fill(connection, "queues", ["Queue", "Name"], [(name, name[::-1]) for name in NAMES])
        _fill(connection, "agents", ["Agent", "Name"], [(name, name[::-1]) for name in NAMES])
        connection.commit()
    return f"sqlite:///{source}", source_map, len(rows)


def _fill(connection, table, names, rows):
    quoted = ", ".join('"{}"'.format(name.replace('"', '""')) for name in names)
    connection.execute(f'create table "{table}" ({quoted})')
    connection.executemany(f'insert into "{table}" values ({", ".join("?" * len(names))})', rows)


def _calls():
    rng = np.random.default_rng(5)
    for date in (FIRST + dt.timedelta(days=day) for day in range(DAYS)):
        if date.isoweekday() > 5:
            continue
        for number, name in enumerate(NAMES):
            for call in range(CALLS_A_DAY):
                began = dt.datetime.combine(date, dt.time(8)) + dt.timedelta(seconds=int(rng.integers(0, 4 * 3600)))
                other = NAMES[int(rng.integers(len(NAMES)))]
                status = "L" if rng.random() < 0.1 else "A"
                key = f"{date}-{number}-{call}"
                wait, talk = int(rng.integers(1, 60)), int(rng.integers(60, 300)) if status == "A" else None
                yield (key, name, other, other, status, began.isoformat(sep=" "), wait, talk, *[other] * len(EXTRAS))

"""A day that is read in parts is the day: whatever comes, changes or is ended, the rows are those of a reading of all of it."""

import asyncio
import datetime as dt
import sqlite3

import numpy as np
import pandas as pd

from wfm_pipeline.sources.operational.live.reader import LiveReader
from wfm_pipeline.sources.operational.live.reading import LiveQuestion
from wfm_pipeline_tests.operational_kit import activity, make_operational, statistics

DAY = LiveQuestion(dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 6))
START = DAY.starts_at
QUARTER = dt.timedelta(minutes=15)
QUARTERS_PASSED = 14
HOURS_THAT_TAKE_TURNS = 8 + 3
"""Contact statistics are read from eight hours before the day on."""


def states(rows):
    frame = pd.DataFrame(rows, columns=["agent_id", "state", "started_at", "ended_at"])
    return frame.assign(group_id="g", service_id=None, is_queue_contact=False)


def queues(now):
    counts = dict.fromkeys(("calls_waiting", "agents_available", "agents_busy", "agents_not_ready"), 0)
    return pd.DataFrame([{"service_id": "1", **counts, "last_updated": now}])


class Centre:
    """A SQLite database in which a day goes by."""

    def __init__(self, path):
        self.url = make_operational(f"sqlite:///{path}", "sqlite")
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma synchronous = off")

    def add(self, name, frame):
        plain = frame.astype(object).where(frame.notna(), None)
        rows = [[str(value) if isinstance(value, dt.datetime) else value for value in row] for row in plain.to_numpy()]
        marks = ", ".join("?" * len(frame.columns))
        self._connection.executemany(f"insert into {name} ({', '.join(frame.columns)}) values ({marks})", rows)

    def do(self, statement, **values):
        self._connection.execute(statement, values)

    def pass_a_quarter(self, now, rng):
        """Statistics of the quarter, a state that ends and one that begins, late rows, and corrections of what was."""
        self.add("contact_statistics", statistics(1, start=now, calls=int(rng.integers(5, 20))))
        self.add("agent_activity", activity(1, start=now))
        self.do("update agent_states set ended_at = :now where ended_at is null and agent_id = 'a'", now=str(now))
        self.add("agent_states", states([("a", rng.choice(["ready", "not_ready"]), now, None)]))
        self.do("delete from queue_current_metrics")
        self.add("queue_current_metrics", queues(now))
        if rng.random() < 0.6:  # a row of another service comes late
            late = now - QUARTER * int(rng.integers(1, 10))
            self.do("delete from contact_statistics where service_id = '2' and interval_start_time = :at", at=str(late))
            self.add("contact_statistics", statistics(1, service="2", start=late, calls=int(rng.integers(5, 20))))
        if rng.random() < 0.3:  # what somebody was counted in changes
            self.do("update contact_statistics set occupancy_rate = occupancy_rate - 1 where rowid % 3 = 0")


def sorted_rows(reading, name, keys):
    return reading.rows(name).sort_values(keys, ignore_index=True)


KEYS = {
    "contact_statistics": ["service_id", "interval_start_time"],
    "agent_activity": ["agent_id", "interval_start_time"],
    "agent_states": ["agent_id", "started_at"],
}


def assert_alike(ours, whole):
    for name, keys in KEYS.items():
        pd.testing.assert_frame_equal(*(sorted_rows(one, name, keys) for one in (whole, ours)), obj=name)


async def whole_reading(centre):
    async with LiveReader([centre.url]) as fresh:
        return await fresh.read(DAY)


def test_a_day_read_in_parts_is_the_day_once_each_hour_has_had_its_turn(tmp_path):
    centre, rng = Centre(tmp_path / "live.sqlite"), np.random.default_rng(1)

    async def watch():
        async with LiveReader([centre.url]) as reader:
            for quarter in range(QUARTERS_PASSED):
                centre.pass_a_quarter(START + quarter * QUARTER, rng)
                if quarter % 4 == 3:
                    await reader.read(DAY)
            for _ in range(HOURS_THAT_TAKE_TURNS):
                ours = await reader.read(DAY)
            return ours

    ours = asyncio.run(watch())

    assert QUARTERS_PASSED < len(ours.rows("contact_statistics"))
    assert_alike(ours, asyncio.run(whole_reading(centre)))


def test_what_changes_in_the_last_hour_is_seen_in_the_next_cycle(tmp_path):
    centre, rng = Centre(tmp_path / "live.sqlite"), np.random.default_rng(3)
    for quarter in range(24):
        centre.pass_a_quarter(START + quarter * QUARTER, rng)
    newest = START + 23 * QUARTER

    async def watch():
        async with LiveReader([centre.url]) as reader:
            await reader.read(DAY)
            centre.do("update contact_statistics set occupancy_rate = 99")
            centre.do("delete from agent_activity where interval_start_time = :at", at=str(newest - QUARTER))
            centre.do("update agent_states set ended_at = :at where ended_at is null", at=str(newest + QUARTER))
            return await reader.read(DAY)

    seen = asyncio.run(watch())

    ours = (
        seen.rows("contact_statistics").query("service_id == '1'").set_index("interval_start_time")["occupancy_share"]
    )
    assert (ours[newest - 4 * QUARTER :] == 0.99).all()
    assert (ours[: newest - 8 * QUARTER] < 0.99).all(), "older hours wait for their turn, or this reads everything"
    assert (24, 23) == (len(ours), len(seen.rows("agent_activity")))
    assert not seen.rows("agent_states")["ended_at"].isna().any()


def test_a_state_whose_end_was_moved_is_there_once(tmp_path):
    centre = Centre(tmp_path / "live.sqlite")
    hour = dt.timedelta(hours=1)
    centre.add("queue_current_metrics", queues(START + 10 * hour))
    centre.add(
        "agent_states",
        states([("a", "ready", START + hour, START + 2 * hour), ("b", "ready", START + 9 * hour, START + 10 * hour)]),
    )

    async def watch():
        async with LiveReader([centre.url]) as reader:
            await reader.read(DAY)
            centre.do("update agent_states set ended_at = :at where agent_id = 'a'", at=str(START + 10 * hour))
            for _ in range(2):
                rows = (await reader.read(DAY)).rows("agent_states")
            return rows

    rows = asyncio.run(watch())

    assert ["a", "b"] == sorted(rows["agent_id"])
    assert (rows["ended_at"] == START + 10 * hour).all()


def test_a_state_that_is_ended_backwards_is_back_after_one_cycle(tmp_path):
    centre = Centre(tmp_path / "live.sqlite")
    hour = dt.timedelta(hours=1)
    centre.add("queue_current_metrics", queues(START + 10 * hour))
    centre.add(
        "agent_states",
        states([("a", "ready", START + hour, None), ("b", "ready", START + 9 * hour, START + 10 * hour)]),
    )

    async def watch():
        async with LiveReader([centre.url]) as reader:
            await reader.read(DAY)
            centre.do("update agent_states set ended_at = :at where agent_id = 'a'", at=str(START + 5 * hour))
            return [(await reader.read(DAY)).rows("agent_states") for _ in range(3)]

    rows = asyncio.run(watch())

    assert [["b"], ["a", "b"], ["a", "b"]] == [sorted(one["agent_id"]) for one in rows]


def test_a_row_of_a_wrong_clock_makes_no_others_old(tmp_path):
    centre, rng = Centre(tmp_path / "live.sqlite"), np.random.default_rng(0)
    centre.add("contact_statistics", statistics(1, service="9", start=START + 90 * QUARTER))

    async def watch():
        async with LiveReader([centre.url]) as reader:
            for quarter in range(24):
                centre.pass_a_quarter(START + quarter * QUARTER, rng)
                reading = await reader.read(DAY) if quarter % 8 == 7 else None
            return reading

    ours = asyncio.run(watch()).rows("contact_statistics")

    assert 24 == (ours["service_id"] == "1").sum()


def test_an_earlier_end_or_other_services_are_read_anew(tmp_path):
    centre, rng = Centre(tmp_path / "live.sqlite"), np.random.default_rng(0)
    for quarter in range(24):
        centre.pass_a_quarter(START + quarter * QUARTER, rng)

    async def watch():
        async with LiveReader([centre.url]) as reader:
            for _ in range(3):
                await reader.read(DAY)
            shorter = await reader.read(LiveQuestion(START, START + 8 * QUARTER))
            other = await reader.read(LiveQuestion(START, DAY.ends_at, ("2",)))
            return shorter, other

    shorter, other = asyncio.run(watch())

    ours = shorter.rows("contact_statistics")
    assert 8 == (ours["service_id"] == "1").sum()
    assert not (other.rows("contact_statistics")["service_id"] == "1").any()


def test_what_is_done_to_a_reading_changes_no_later_one(tmp_path):
    centre, rng = Centre(tmp_path / "live.sqlite"), np.random.default_rng(0)
    for quarter in range(16):
        centre.pass_a_quarter(START + quarter * QUARTER, rng)

    async def watch():
        async with LiveReader([centre.url]) as reader:
            first = await reader.read(DAY)
            for name in KEYS:
                rows = first.rows(name)
                rows.loc[:, "agent_id" if "agent_id" in rows else "service_id"] = "somebody else"
                rows["added"] = 1
            return await reader.read(DAY)

    assert_alike(asyncio.run(watch()), asyncio.run(whole_reading(centre)))


def test_a_unit_that_slips_at_midnight_is_seen_against_the_evening_before(tmp_path):
    centre = Centre(tmp_path / "live.sqlite")
    centre.add("contact_statistics", statistics(20, start=START - 20 * QUARTER))
    centre.add("contact_statistics", statistics(8, start=START, aht=240.0))
    centre.add("contact_statistics", statistics(28, service="2", start=START - 20 * QUARTER))

    reading = asyncio.run(whole_reading(centre))

    assert ["2"] == reading.rows("contact_statistics")["service_id"].unique().tolist()
    assert 8 == len(reading.rows("contact_statistics")), "the evening is not handed on"
    assert ["1"] == list(reading.left_out)

"""A replayed day in PostgreSQL, MariaDB and SQLite against the raw rows, counted again one by one; and whose tables may be written."""

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.errors import DataError, SettingsError, SourceError
from wfm_pipeline.monitoring.replay.claim import ForeignRowsError
from wfm_pipeline.monitoring.replay.replaying import ReplayRequest, replay
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.load import load_file
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.operational.writing import ddl_statements, described
from wfm_pipeline.urls import make_engine, parse_url

DAY = dt.date(1999, 5, 23)
UTC_MIDNIGHT = dt.datetime(1999, 5, 22, 21)  # Israel was three hours ahead of UTC that summer
TARGET = 20


class Hand:
    """A clock that a test moves; waiting moves it too."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


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


@pytest.fixture(scope="module")
def raw():
    return raw_day()


@pytest.fixture(scope="module")
def house(raw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay")
    raw.to_csv(folder / "calls.csv", index=False)
    return house_of(folder, folder / "calls.csv")


def request(url, **changes):
    usual = {"date": DAY, "to": url, "today": None, "speed": 0, "every_seconds": 450.0}
    return ReplayRequest(**(usual | {"starts": dt.time(13), "until": dt.time(16, 30)} | changes))


def run(house, asked, *, on_tick=lambda _tick: None, clock=None):
    opened = []
    replay(house, asked, clock=clock or Hand(), on_open=opened.append, on_tick=on_tick)
    return opened[0]


def tables_in(url):
    """Every operational table, rows in order."""
    engine = make_engine(parse_url(url, what="test"), poolclass=NullPool)
    found = {}
    with engine.connect() as connection:
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
        self.queue, self.agent, self.answered = row["type"].strip(), row["server"], row["outcome"] == "AGENT"
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
        if call.answered and call.left <= now < call.ended:
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


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb),
                        pytest.param("postgres", marks=pytest.mark.postgres)])  # fmt: skip
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'live.sqlite'}"
    return request.getfixturevalue(f"{request.param}_url")


def look_at(url, calls, instants):
    """Compare at these ticks; gives what to call after each, and the list of those that were looked at."""
    seen = []

    def on_tick(tick):
        if tick.as_of in instants:
            same_as_recorded(tables_in(url), calls, tick.as_of.to_pydatetime())
            seen.append(tick.as_of)

    return on_tick, seen


def test_the_tables_are_the_recorded_calls_at_twenty_instants(house, raw, url):
    calls = calls_of(raw)
    first = pd.Timestamp(UTC_MIDNIGHT) + pd.Timedelta(hours=13)
    instants = {first + number * pd.Timedelta(seconds=77 * 8) for number in range(1, 21)}
    on_tick, seen = look_at(url, calls, instants)

    opened = run(house, request(url, every_seconds=77.0, until=dt.time(16, 28)), on_tick=on_tick)

    assert (len(calls), "the source", None, 0) == (
        opened.contacts, opened.origin, opened.resumed_at, opened.shift_seconds,
    )  # fmt: skip
    assert 20 == len(seen)
    assert max(board(calls, "PS", at)["calls_waiting"] for at in instants) > 0


@pytest.mark.skipif("WFM_REAL_DATA" not in os.environ, reason="WFM_REAL_DATA is not set")
def test_a_real_day_of_the_bank_is_its_recorded_calls_at_twenty_instants(tmp_path, url):
    whole = pd.read_parquet(Path(os.environ["WFM_REAL_DATA"]) / "anonymous_bank_1999" / "calls.parquet")
    day = whole[whole["date"].astype(str) == str(DAY)]
    day.to_parquet(tmp_path / "calls.parquet", index=False)
    calls = calls_of(day)
    first = pd.Timestamp(UTC_MIDNIGHT) + pd.Timedelta(hours=7)
    instants = {first + number * pd.Timedelta(seconds=2_741) for number in range(1, 21)}  # a prime: never on a border
    on_tick, seen = look_at(url, calls, instants)

    opened = run(
        house_of(tmp_path, tmp_path / "calls.parquet"),
        request(url, every_seconds=2_741.0, starts=dt.time(7), until=dt.time(23)),
        on_tick=on_tick,
    )

    assert (3_043, 20) == (opened.contacts, len(seen))
    assert sum(board(calls, "PS", at)["calls_waiting"] for at in instants) > 20


def test_killed_within_a_tick_and_started_again_the_tables_are_the_same(house, tmp_path):
    whole, broken = (f"sqlite:///{tmp_path / name}.sqlite" for name in ("whole", "broken"))
    run(house, request(whole))
    run(house, request(broken, until=dt.time(14)))
    engine = sa.create_engine(broken, poolclass=NullPool)
    with engine.begin() as connection:  # the last table of a tick refuses its rows: all before it is written by then
        connection.exec_driver_sql(
            "create trigger stop before insert on queue_current_metrics begin select raise(abort, 'stopped here'); end"
        )
    with pytest.raises(SourceError, match="stopped here"):
        run(house, request(broken, starts=None))
    stands = tables_in(broken)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop trigger stop")

    opened = run(house, request(broken, starts=None))

    assert {UTC_MIDNIGHT + dt.timedelta(hours=14)} == set(stands["queue_current_metrics"]["last_updated"])
    assert UTC_MIDNIGHT + dt.timedelta(hours=14) == opened.resumed_at
    for name, rows in tables_in(whole).items():
        pd.testing.assert_frame_equal(rows, tables_in(broken)[name])


def test_the_same_again_changes_nothing_and_a_replay_does_not_go_back(house, tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    run(house, request(url))
    before = tables_in(url)

    run(house, request(url, starts=None))

    for name, rows in tables_in(url).items():
        pd.testing.assert_frame_equal(before[name], rows)
    with pytest.raises(SettingsError, match="does not go back"):
        run(house, request(url, until=dt.time(15)))
    with pytest.raises(SettingsError, match="does not go back"):
        run(house, request(url, starts=dt.time(13)))


def written_by_a_centre(url):
    dialect = {"postgresql": "postgres", "mysql": "mariadb"}.get(sa.make_url(url).get_backend_name(), "sqlite")
    engine = make_engine(parse_url(url, what="test"), poolclass=NullPool)
    with engine.begin() as connection:
        for statement in ddl_statements(dialect):
            connection.exec_driver_sql(statement)
        groups = sa.table("groups", sa.column("id"), sa.column("group_name"))
        connection.execute(sa.insert(groups), {"id": "g1", "group_name": "Sales"})
    engine.dispose()


@pytest.mark.parametrize("is_started_over", [False, True], ids=["plainly", "starting_over"])
def test_rows_that_no_replay_wrote_are_never_touched(house, url, is_started_over):
    written_by_a_centre(url)

    with pytest.raises(ForeignRowsError, match="groups holds 1 rows, 0 of them a replay's"):
        run(house, request(url, is_started_over=is_started_over))

    found = tables_in(url)
    assert {"groups": 1} == {name: len(rows) for name, rows in found.items() if len(rows)}


@pytest.mark.parametrize("is_started_over", [False, True], ids=["plainly", "starting_over"])
def test_a_centre_that_began_to_write_into_a_replays_tables_is_not_overwritten(house, tmp_path, is_started_over):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    run(house, request(url, until=dt.time(14)))
    written_by_a_centre(url)

    with pytest.raises(ForeignRowsError, match="groups holds"):
        run(house, request(url, starts=None, is_started_over=is_started_over))


def test_another_day_needs_to_start_over_and_then_only_that_day_is_there(house, raw, tmp_path):
    url, other = f"sqlite:///{tmp_path / 'live.sqlite'}", DAY + dt.timedelta(days=1)
    (tmp_path / "next").mkdir()
    raw.assign(date=other).to_csv(tmp_path / "next" / "calls.csv", index=False)
    run(house, request(url))
    later = house_of(tmp_path / "next", tmp_path / "next" / "calls.csv")

    with pytest.raises(ForeignRowsError, match="--start-over"):
        run(later, request(url, date=other))
    run(later, request(url, date=other, is_started_over=True))

    shown = tables_in(url)
    assert {UTC_MIDNIGHT + dt.timedelta(days=1, hours=16.5)} == set(shown["queue_current_metrics"]["last_updated"])
    assert shown["agent_states"]["started_at"].min() > UTC_MIDNIGHT + dt.timedelta(days=1)


def test_records_that_were_corrected_since_are_not_mixed_with_what_was_replayed(house, raw, tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    run(house, request(url, until=dt.time(14)))
    raw.iloc[1:].to_csv(tmp_path / "calls.csv", index=False)

    with pytest.raises(ForeignRowsError, match="other records or settings"):
        run(house_of(tmp_path, tmp_path / "calls.csv"), request(url, starts=None))


def test_of_two_replays_at_once_the_first_stops(house, tmp_path):
    url, ticks = f"sqlite:///{tmp_path / 'live.sqlite'}", []

    def begin_another(tick):
        ticks.append(tick)
        if len(ticks) == 2:
            run(house, request(url, starts=None, until=dt.time(14)))

    with pytest.raises(ForeignRowsError, match="taken these tables over"):
        run(house, request(url), on_tick=begin_another)
    assert 2 == len(ticks)


def test_laid_onto_another_date_wall_clocks_stay_though_that_date_has_another_offset(house, tmp_path):
    url, local = f"sqlite:///{tmp_path / 'live.sqlite'}", []
    winter = dt.date(2026, 1, 15)  # two hours ahead of UTC, not three

    run(house, request(url, today=winter), on_tick=lambda tick: local.append(tick.as_of_local))

    assert (dt.datetime(2026, 1, 15, 13), dt.datetime(2026, 1, 15, 16, 30)) == (local[0], local[-1])
    assert {dt.datetime(2026, 1, 15, 14, 30)} == set(tables_in(url)["queue_current_metrics"]["last_updated"])


def test_what_nobody_recorded_is_labelled_as_inferred(house, tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"

    run(house, request(url))

    shown = tables_in(url)
    labelled = [*shown["groups"]["id"], *shown["shifts"]["shift_id"], *shown["agent_activity"]["group_id"]]
    assert {True} == {name.startswith("inferred:") for name in labelled}
    assert {True} == {"replay of anonymous_bank 1999-05-23" in name for name in shown["services"]["service_name"]}


def test_a_date_without_calls_is_an_error_and_a_database_of_another_kind_too(house, tmp_path):
    with pytest.raises(DataError, match="no call of source anonymous_bank began on 1999-05-24"):
        run(house, request(f"sqlite:///{tmp_path / 'live.sqlite'}", date=DAY + dt.timedelta(days=1)))
    with pytest.raises(SettingsError, match="PostgreSQL, MariaDB or SQLite"):
        run(house, request("duckdb:///live.duckdb"))

"""Open cases carried on: hours are the same as from the whole history, whatever came late, again or out of order."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wfm_pipeline.calculators.backlog_hour import BacklogHoursRequest, backlog_of_hours
from wfm_pipeline.contracts.backlog.carried import DONE_CASE_CYCLES, OPEN_CASE_EVENTS
from wfm_pipeline.contracts.silver import CASES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.balance import unbalanced_hours
from wfm_pipeline.domain.backlog.events import KINDS
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.backlog.carry import keep_carry
from wfm_pipeline.warehouse.shelves.backlog.case_rows import events_of_rows, read_case_rows
from wfm_pipeline.warehouse.shelves.backlog.hour_events import read_hour_events
from wfm_pipeline.warehouse.shelves.backlog.readings import HoursAsked
from wfm_pipeline_tests.backlog_kit import by_case, case_event_rows, figures, hour_grid, none_or, put_case_events

MIDNIGHT = pd.Timestamp("2026-03-28 23:00")
"""Local midnight in Paris before the day on which clocks go forward."""
QUEUES = ("a", "b", "c")
HOUR = pd.Timedelta(hours=1)
FRAMES = ("hours", "priorities", "performance", "open_cases")
_NAMES = itertools.count()


def quarter(number):
    return MIDNIGHT + pd.Timedelta(minutes=15 * number)


QUARTERS = st.integers(0, 34).map(quarter)
LATER = st.integers(0, 30).map(lambda number: pd.Timedelta(minutes=15 * number))
ROWS = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["1", "2", "3", "4"]),
        "kind": st.sampled_from([*KINDS, "opened", "opened", "closed", "resolved"]),
        "happened_at": QUARTERS,
        "queue_id": st.sampled_from([*QUEUES, "x", None]),
        "priority": st.sampled_from([None, "1", "2"]),
        "due_at": st.none() | QUARTERS,
        "told": st.none() | LATER,
        "read": LATER,
        "corrected": st.none() | st.tuples(QUARTERS, LATER),
    }
)
HISTORIES = st.lists(ROWS, min_size=4, max_size=24)
STEPS = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 2), st.booleans()), min_size=2, max_size=4)
RULES = st.builds(
    BacklogRules,
    done=st.sampled_from(["resolved", "closed"]),
    pauses_count_in_due=st.booleans(),
    due_seconds=st.just({"1": 3600.0}),
    latency_days=st.sampled_from([0.1, 28.0]),
    stuck_moves=st.just(1),
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    with open_warehouse("duckdb:///wfm.duckdb", tmp_path_factory.mktemp("carry")) as opened:
        yield opened


def at_time(history, now):
    """Rows as silver holds them at an instant: what was read by then, corrections in place of what they correct."""
    rows = []
    for number, row in enumerate(history):
        read = row["happened_at"] + row["read"]
        told = None if row["told"] is None else row["happened_at"] + min(row["told"], row["read"])
        one = {**row, "known_at": told, "ingested_at": read, "row_hash": f"{number}"}
        if row["corrected"] is not None and read + row["corrected"][1] <= now:
            again = {"happened_at": row["corrected"][0], "ingested_at": read + row["corrected"][1]}
            one |= {**again, "row_hash": f"{number}b", "known_at": None if told is None else again["ingested_at"]}
        rows += [one] if one["ingested_at"] <= now else []
    return case_event_rows(rows)


def asked_of(first, hours, as_of, rules):
    start = MIDNIGHT + first * HOUR
    return HoursAsked(
        start=start, end=start + hours * HOUR, as_of=as_of, rules=rules, queues=QUEUES, renew_after=2 * HOUR, carry_behind=HOUR
    )  # fmt: skip


def answer_of(warehouse, source_map, asked, *, is_whole=False, keeps=True):
    read = read_hour_events(warehouse, source_map, asked, is_whole=is_whole)
    starts = pd.date_range(asked.start, asked.end, freq="h", inclusive="left", unit="us")
    answer = backlog_of_hours(
        BacklogHoursRequest(
            source=source_map.name,
            events=read.events,
            hours=pd.DataFrame({"hour_start": starts, "hour_end": starts + HOUR}),
            as_of=asked.as_of,
            taken_at=read.taken_at,
            time_zone="Europe/Paris",
            rules=asked.rules,
            queues=asked.queues,
            done_cycles=read.done_cycles,
            carry_at=read.carry_at if keeps else None,
        )
    )
    if answer.carried is not None:
        keep_carry(warehouse, source_map, asked, read, answer.carried)
    return answer, read


def assert_same(expected, found):
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(expected, name), getattr(found, name), check_dtype=False, obj=name)


@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # a smaller example costs minutes
@given(history=HISTORIES, steps=STEPS, rules=RULES)
def test_hours_are_the_same_as_from_the_whole_history(warehouse, history, steps, rules):
    source_map = SourceMap(f"s{next(_NAMES)}", "", is_simulated=True, site=Site(), tables=())
    now = MIDNIGHT
    for first, hours, knows_now in steps:
        end = MIDNIGHT + (first + hours) * HOUR
        now = max(now, end)
        put_case_events(warehouse, source_map.name, at_time(history, now))
        asked = asked_of(first, hours, now if knows_now else end, rules)

        found, _ = answer_of(warehouse, source_map, asked)

        expected, read = answer_of(warehouse, source_map, asked, is_whole=True, keeps=False)
        assert read.done_cycles is None
        assert_same(expected, found)
        assert unbalanced_hours(found.hours).empty


def life(case, *happened, queue="a", read="00:00"):
    """Events (hour after midnight, kind) of a case, all read at their time plus `read`."""
    at = [MIDNIGHT + hour * HOUR for hour, _ in happened]
    kinds = [kind for _, kind in happened]
    return [
        {"case_id": case, "kind": kind, "happened_at": when, "queue_id": queue, "ingested_at": when + pd.Timedelta(f"{read}:00")}
        | {"row_hash": f"{case}{kind}{when}"}
        for when, kind in zip(at, kinds, strict=True)
    ]  # fmt: skip


HISTORY = [
    *life("1", (0.5, "opened"), (9.5, "closed")),
    *life("2", (1.2, "opened"), (2.5, "closed"), (8.2, "re_opened")),
    *life("3", (3.1, "opened"), (3.4, "resolved")),
    *life("4", (7.5, "opened"), queue="b"),
]


@pytest.fixture
def carried(warehouse):
    """A source whose first five hours are made and carried."""
    source_map = SourceMap(f"s{next(_NAMES)}", "", is_simulated=True, site=Site(), tables=())
    put_case_events(warehouse, source_map.name, case_event_rows(HISTORY))
    answer_of(warehouse, source_map, asked_of(0, 5, MIDNIGHT + 5 * HOUR, BacklogRules()))
    return source_map


def eighth(warehouse, source_map, **options):
    return answer_of(warehouse, source_map, asked_of(8, 1, MIDNIGHT + 9 * HOUR, BacklogRules()), **options)


def test_an_hour_reads_open_cases_and_what_was_told_since(warehouse, carried):
    answer, read = eighth(warehouse, carried)

    assert ["1", "2", "4"] == answer.open_cases["case_id"].tolist()
    assert "3" not in set(read.rows["case_id"])  # done before, and nobody told of it again: its cycle alone is carried
    assert len(read.done_cycles) == 1
    assert_same(eighth(warehouse, carried, is_whole=True, keeps=False)[0], answer)


def test_who_is_killed_while_it_carries_on_leaves_nothing_that_counts(warehouse, carried):
    expected, _ = eighth(warehouse, carried, keeps=False)
    for table in (OPEN_CASE_EVENTS, DONE_CASE_CYCLES):
        half = Scope({"source": carried.name}).filter(warehouse.table(table.full_name))
        warehouse.append(table.full_name, half.mutate(generation=half.generation + 1))

    found, read = eighth(warehouse, carried)

    assert read.carry is not None
    assert_same(expected, found)
    for table in (OPEN_CASE_EVENTS, DONE_CASE_CYCLES):
        rows = warehouse.frame(Scope({"source": carried.name}).filter(warehouse.table(table.full_name)))
        assert [1] == rows["generation"].unique().tolist()
        assert not rows.duplicated().any()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param(asked_of(2, 1, MIDNIGHT + 9 * HOUR, BacklogRules()), "before what is carried stands", id="older"),
        pytest.param(asked_of(4, 1, MIDNIGHT + 4.9 * HOUR, BacklogRules()), "knows what was told", id="knows_less"),
        pytest.param(asked_of(8, 1, MIDNIGHT + 9 * HOUR, BacklogRules(done="closed")), "rules", id="other_rules"),
    ],
)
def test_where_no_carry_fits_the_whole_history_is_read_and_that_is_said(warehouse, carried, asked, words):
    read = read_hour_events(warehouse, carried, asked)

    assert read.carry is None
    assert words in read.words
    assert "whole history" in read.words


def test_a_carry_that_lost_rows_is_not_used(warehouse, carried):
    warehouse.delete(OPEN_CASE_EVENTS.full_name, Scope({"source": carried.name, "case_id": "1"}))

    _, read = eighth(warehouse, carried)

    assert "does not hold" in read.words


def test_rows_read_before_the_carry_that_silver_got_later_are_not_missed(warehouse, carried):
    late = life("5", (0.7, "opened"), read="00:01")
    put_case_events(warehouse, carried.name, case_event_rows([*HISTORY, *late]))

    answer, read = eighth(warehouse, carried)

    assert "came to silver" in read.words
    assert "5" in set(answer.open_cases["case_id"])


def test_rows_of_cases_become_events(warehouse):
    source_map = SourceMap(f"s{next(_NAMES)}", "", is_simulated=True, site=Site(), tables=())
    at = [MIDNIGHT + hour * HOUR for hour in (0.5, 2.5, 1.0, 4.2)]
    cases = pd.DataFrame(
        {
            "case_id": ["1", "2", "3"],
            "queue_id": ["a", "b", "a"],
            "priority": [None, "1", "1"],
            "opened_at": [at[0], at[0], at[2]],
            "closed_at": [at[1], at[3], pd.NaT],
            "due_at": [pd.NaT, at[2], at[2]],
        }
    ).assign(status="x", agent_id="x", row_hash="h", batch_id="b", business_date=MIDNIGHT, source=source_map.name)
    warehouse.replace(CASES, cases, Scope({"source": source_map.name}))
    asked = asked_of(4, 1, MIDNIGHT + 5 * HOUR, BacklogRules())

    read = read_case_rows(warehouse, source_map, asked)
    whole = events_of_rows(cases, read.taken_at)

    assert "case_rows" == read.basis
    assert {"1"} == set(whole["case_id"]) - set(read.rows["case_id"])
    assert [("a", at[0], at[1])] == list(
        read.done_cycles[["queue_id", "began_at", "done_at"]].itertuples(index=False, name=None)
    )


@pytest.mark.parametrize("is_told", [False, True])
def test_a_log_of_events_that_may_be_absent_is_stood_in_for_by_rows_of_cases(warehouse, is_told):
    source_map = replace(load_map("telephony"), name=f"s{next(_NAMES)}")
    if is_told:
        put_case_events(warehouse, source_map.name, case_event_rows(life("1", (0.5, "opened"))))

    read = read_hour_events(warehouse, source_map, asked_of(4, 1, MIDNIGHT + 5 * HOUR, BacklogRules()))

    assert ("events" if is_told else "case_rows") == read.basis


def test_a_day_of_25_hours_made_in_pieces_is_what_walking_through_each_case_finds(warehouse):
    """Sixty cases around the night in which clocks go back, six hours at a time, each piece from what the one before carried on."""
    rng = np.random.default_rng(3)
    start = pd.Timestamp("2026-10-24 12:00")
    rows = []
    for case in range(60):
        at = start + pd.Timedelta(minutes=int(rng.integers(0, 36 * 60)))
        for number, kind in enumerate(["opened", *rng.choice(KINDS[1:8], rng.integers(0, 6))]):
            queue = str(rng.choice(QUEUES)) if kind in ("opened", "moved") else None
            rows.append({"case_id": f"{case}", "kind": kind, "happened_at": at, "queue_id": queue, "priority": "1"})
            rows[-1] |= {"known_at": at, "ingested_at": at, "row_hash": f"{case:02d}{number}"}
            at += pd.Timedelta(minutes=int(rng.integers(1, 400)))
    source_map = SourceMap(f"s{next(_NAMES)}", "", is_simulated=True, site=Site(), tables=())
    stored = case_event_rows(rows)
    put_case_events(warehouse, source_map.name, stored)
    rules = BacklogRules(due_seconds={"1": 7200.0})
    named = (
        stored.rename(columns={"happened_at": "at"}).assign(to_queue=stored["queue_id"]).astype({"queue_id": object})
    )
    every = hour_grid(start, start + 36 * HOUR)
    exact = by_case(named, every, as_of=every["hour_end"].max(), rules=rules, queues=QUEUES)
    parts = []
    for first in range(0, 36, 6):
        piece = HoursAsked(
            start=start + first * HOUR, end=start + (first + 6) * HOUR, as_of=start + (first + 6) * HOUR, rules=rules,
            queues=QUEUES, renew_after=2 * HOUR, carry_behind=HOUR,
        )  # fmt: skip
        answer, read = answer_of(warehouse, source_map, piece)
        assert (read.carry is None) == (first == 0)
        parts.append(answer.hours)
    made = pd.concat(parts, ignore_index=True)

    assert unbalanced_hours(made).empty
    for row in made.to_dict("records"):
        walked = figures(exact, (row["queue_id"], row["hour_end"]), rules.age_limits_seconds, rules.latency_days)
        shared = [name for name in walked if name in row]
        assert {name: walked[name] for name in shared} == {name: none_or(row[name]) for name in shared}
    assert 25 == (made["business_date"] == pd.Timestamp("2026-10-25")).sum() / len(QUEUES)

"""Versions of weekly assignments on either engine: kept, compared, approved, undone; nothing is overwritten in silence."""

import datetime as dt
import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from wfm_pipeline.contracts.planning.assignment_versions import ARCHIVE_OF, VERSION_TABLES
from wfm_pipeline.domain.allocation.strategies.strategy import DEFAULT_OPTIONS, Options
from wfm_pipeline.domain.allocation.tables.frames import allocate_frames
from wfm_pipeline.domain.allocation.tables.several_weeks import assign_weeks
from wfm_pipeline.domain.allocation.tables.version_diff import diff_versions
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.migrations.steps import STEPS
from wfm_pipeline.warehouse.shelves.assignment_versions import (
    Reason,
    approvals_of,
    approve_version,
    approved_assignments,
    beside_approved_words,
    ledger_of,
    read_version,
    store_versions,
)
from wfm_pipeline.warehouse.shelves.weekly_assignments import last_assignment, replace_weeks

WEEK, NEXT = IsoWeek(2025, 28), IsoWeek(2025, 29)
NOW = dt.datetime(2025, 7, 1, 5)
PEOPLE = {"1": "Claims", "2": "Claims;Appeals", "3": "Appeals", "4": "Claims;Appeals"}
WORK = {"10": ("Claims", 200), "20": ("Appeals", 200)}
ALL = [table.full_name for table in (*VERSION_TABLES, *ARCHIVE_OF)]


@pytest.fixture
def house(engine_url, clean_environment):
    return House(load_settings(home=clean_environment, warehouse_url=engine_url))


@pytest.fixture
def warehouse(house):
    with house.open_warehouse() as opened:
        yield opened


def answered(weeks, people=PEOPLE, work=WORK, *, options=DEFAULT_OPTIONS, standing=None):
    """Weeks assigned from two small tables."""
    roster = pd.DataFrame(
        [(cn, "Amisys", "Domestic", skills, "FL") for cn, skills in people.items()],
        columns=["cn", "platform", "locality", "skills", "states"],
    )
    demands = pd.DataFrame(
        [(name, "Amisys", "Domestic", skill, "FL", cases) for name, (skill, cases) in work.items()],
        columns=["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast"],
    )
    return assign_weeks(
        weeks,
        lambda week, previous: allocate_frames(roster, demands, week, options=options, previous=previous),
        others=[Options(strategy="v2")],
        previous=None,
        standing=standing or {},
    )


def store(warehouse, *args, weeks=(WEEK,), reason="asked", hours=0, **words):
    """Assign and keep; gives what was said."""
    when = Reason(reason, f"run {reason} {hours}", NOW + dt.timedelta(hours=hours))
    return store_versions(warehouse, answered(list(weeks), *args, **words), list(weeks), when)


def approve(warehouse, number, *, by="ann", hours=0, week=WEEK):
    moment = NOW + dt.timedelta(days=1, hours=hours)
    return approve_version(warehouse, week, number, approved_by=by, reason=None, now=moment)


def current(warehouse, week=WEEK):
    return last_assignment(warehouse, week)


def contents(warehouse):
    return {name: content_hash(warehouse, name) for name in ALL if warehouse.has(name)}


ONE_MORE = {**PEOPLE, "3": "Claims"}  # who did appeals now does claims


def test_the_same_inputs_make_no_second_version_whatever_run_and_reason(warehouse):
    store(warehouse)
    once = contents(warehouse)

    said = store(warehouse, reason="again", hours=5)

    assert [] == said
    assert once == contents(warehouse)
    line = ledger_of(warehouse).iloc[0]
    assert (1, "asked", "run asked 0", True) == (
        line["version"],
        line["reason"],
        line["run_id"],
        bool(line["is_current"]),
    )
    assert pd.Timestamp(NOW) == line["made_at"]


def test_other_inputs_make_a_version_that_readers_see_and_the_former_is_kept(warehouse):
    store(warehouse)
    before = current(warehouse)

    store(warehouse, ONE_MORE, reason="3 was trained", hours=1)

    ledger = ledger_of(warehouse)
    assert [1, 2] == ledger["version"].tolist()
    assert [False, True] == ledger["is_current"].astype(bool).tolist()
    assert before != current(warehouse)
    kept = read_version(warehouse, WEEK, 1)
    assert before == {cn: demand or None for cn, demand in kept.demand_of.items()}
    assert read_version(warehouse, WEEK, 2).demand_of == {cn: one or "" for cn, one in current(warehouse).items()}
    assert ledger["moved"].isna().tolist() == [True, False]
    moves = diff_versions(kept, read_version(warehouse, WEEK, 2)).moves
    assert len(moves) == ledger["moved"].iloc[1] > 0


def test_an_approved_version_stands_and_a_later_run_says_so(warehouse):
    store(warehouse)
    assert approve(warehouse, 1)
    stands = current(warehouse)

    said = store(warehouse, ONE_MORE, reason="nightly", hours=30)

    assert stands == current(warehouse)
    assert "2025-W28: version 2 is the newest, but version 1 is approved and is what readers see" in said[0]
    assert said == beside_approved_words(warehouse, [WEEK])
    assert [True, False] == ledger_of(warehouse)["is_current"].astype(bool).tolist()
    assert [] == beside_approved_words(warehouse, [NEXT])


def test_approving_the_newer_one_and_then_the_earlier_again_undoes_it_and_every_approval_is_kept(warehouse):
    store(warehouse)
    first, first_tables = current(warehouse), contents(warehouse)
    store(warehouse, ONE_MORE, hours=1)
    second = current(warehouse)

    approve(warehouse, 2, by="ann", hours=1)
    seen = [current(warehouse)]
    approve(warehouse, 1, by="bob", hours=2)
    seen.append(current(warehouse))

    assert [second, first] == seen
    shown = [table.full_name for table in ARCHIVE_OF]
    assert {name: first_tables[name] for name in shown} == {name: contents(warehouse)[name] for name in shown}
    rows = warehouse.frame(warehouse.table("gold.assignment_approval").order_by("approved_at"))
    assert [(2, "ann"), (1, "bob")] == list(rows[["version", "approved_by"]].itertuples(index=False, name=None))
    assert ["bob"] == approvals_of(warehouse)["approved_by"].tolist()


def test_approving_what_is_approved_writes_nothing_and_an_unknown_version_is_refused_with_those_there_are(warehouse):
    store(warehouse)
    approve(warehouse, 1)
    once = contents(warehouse)

    assert not approve(warehouse, 1, by="bob", hours=9)
    with pytest.raises(DataError, match="2025-W28 has no version 7; there is: 1"):
        approve(warehouse, 7, hours=10)

    assert once == contents(warehouse)


def test_the_week_after_is_compared_with_the_approved_version_and_not_with_a_newer_one(warehouse):
    store(warehouse)
    approve(warehouse, 1)
    standing = approved_assignments(warehouse, [WEEK, NEXT])

    store(warehouse, ONE_MORE, weeks=(WEEK, NEXT), hours=30, standing=standing)

    quality = warehouse.frame(
        Scope({"iso_week": 29, "is_chosen": True}).filter(warehouse.table("gold.allocation_quality"))
    )
    before, after = current(warehouse), current(warehouse, NEXT)
    moved = sum(before[cn] is not None and after[cn] is not None and before[cn] != after[cn] for cn in after)
    assert [moved] == quality["moved_since_last_week"].tolist()
    assert moved > 0


def test_a_week_that_has_no_demand_any_more_is_left_empty_unless_a_version_is_approved(warehouse):
    store(warehouse, weeks=(WEEK, NEXT))
    approve(warehouse, 1, week=NEXT)
    # A run over three weeks of which only the first has demand now.
    weeks = [WEEK, NEXT, IsoWeek(2025, 30)]

    said = store_versions(warehouse, answered([WEEK]), weeks, Reason("less", "run", NOW))

    assert current(warehouse, NEXT) is not None
    assert "2025-W29: version 1 is approved" in said[0].replace("there is no demand any more, but ", "")
    store_versions(warehouse, answered([NEXT]), weeks, Reason("less", "run", NOW))
    assert current(warehouse) is None
    assert not ledger_of(warehouse, [WEEK])["is_current"].any()
    assert read_version(warehouse, WEEK, 1).demand_of


@pytest.mark.parametrize(
    ("people", "work", "options", "inputs", "why"),
    [
        pytest.param(
            ONE_MORE, WORK, DEFAULT_OPTIONS, ["people: 1 changed"],
            {"3": "person: skills Appeals -> Claims"}, id="a_person_learnt",
        ),
        pytest.param(
            {**PEOPLE, "5": "Appeals"}, WORK, DEFAULT_OPTIONS, ["people: 1 new"], {"5": "new on the roster"}, id="a_person_came",
        ),
        pytest.param(
            {cn: one for cn, one in PEOPLE.items() if cn != "3"}, WORK, DEFAULT_OPTIONS, ["people: 1 gone"],
            {"3": "not on the roster any more"}, id="a_person_left",
        ),
        pytest.param(
            PEOPLE, {**WORK, "20": ("Appeals", 900)}, DEFAULT_OPTIONS, ["demands: 1 changed"],
            {"2": "demand 20: weekly_forecast 200 -> 900 cases"}, id="more_work",
        ),
        pytest.param(
            PEOPLE, {"10": WORK["10"], "30": ("Appeals", 200)}, DEFAULT_OPTIONS, ["demands: 1 new, 1 gone"],
            {"3": "demand 20 is gone; demand 30 is new"}, id="other_work",
        ),
        pytest.param(
            PEOPLE, WORK, Options(minimum_one=True), ["settings: minimum_one false -> true"], {}, id="a_switch"
        ),
    ],
)  # fmt: skip
def test_the_diff_names_the_input_that_changed_and_no_other(warehouse, people, work, options, inputs, why):
    store(warehouse)

    store(warehouse, people, work, options=options, hours=1)

    found = diff_versions(read_version(warehouse, WEEK, 1), read_version(warehouse, WEEK, 2))
    said = dict(zip(found.moves["resource_cn"], found.moves["why"], strict=True))
    assert inputs == list(found.inputs)
    assert why == {cn: said[cn] for cn in why}
    # whoever moved without an input of their own follows from the one that changed
    followers = [cn for cn, words in said.items() if words.startswith("follows")]
    assert all(said[cn] == f"follows from: {inputs[0]}" for cn in followers)


def test_a_diff_the_other_way_round_says_the_opposite(warehouse):
    store(warehouse)
    store(warehouse, ONE_MORE, hours=1)
    one, two = (read_version(warehouse, WEEK, number) for number in (1, 2))

    there, back = diff_versions(one, two), diff_versions(two, one)

    swapped = back.moves.rename(columns={"from_demand": "to_demand", "to_demand": "from_demand"})
    assert there.moves.drop(columns="why").equals(swapped[["resource_cn", "from_demand", "to_demand"]])
    assert "person: skills Claims -> Appeals" in back.moves["why"].tolist()
    assert diff_versions(one, one).moves.empty
    assert () == diff_versions(one, one).inputs


def test_the_order_of_the_rows_makes_no_version(warehouse):
    store(warehouse)

    store(warehouse, dict(reversed(PEOPLE.items())), dict(reversed(WORK.items())), hours=1)

    assert [1] == ledger_of(warehouse)["version"].tolist()


# Makes a second version, and is killed before the transaction ends.
KILLED = """
import os, signal, sys
from wfm_pipeline.warehouse.shelves import assignment_versions as shelf
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.engines.test_assignment_versions import ONE_MORE, approve, store
shelf._note_current = lambda *words: os.kill(os.getpid(), signal.SIGKILL)
house = House(load_settings(home=sys.argv[1], warehouse_url=sys.argv[2]))
with house.open_warehouse() as warehouse:
    store(warehouse, ONE_MORE, hours=1) if sys.argv[3] == "store" else approve(warehouse, 1, hours=3)
"""


def killed_at(house, what):
    """Make a second version, or approve, in a process that is killed before it is done."""
    script = house.settings.home / "killed.py"  # a file: PySpark takes what has none for its own doctests
    script.write_text(KILLED)
    words = [sys.executable, str(script), str(house.settings.home), house.warehouse_url, what]
    done = subprocess.run(words, env={**os.environ}, check=False)
    assert -signal.SIGKILL == done.returncode


def up_to(warehouse, what):
    """What stands before the process that is killed."""
    store(warehouse)
    if what == "approve":
        store(warehouse, ONE_MORE, hours=1)


def whole(warehouse, what):
    store(warehouse, ONE_MORE, hours=1) if what == "store" else approve(warehouse, 1, hours=3)


@pytest.mark.parametrize("what", ["store", "approve"])
def test_killed_in_the_middle_the_tables_are_as_before(house, engine_kind, what):
    if engine_kind == "spark":
        pytest.skip("no transaction on Spark: the next test holds what is promised instead")
    with house.open_warehouse() as opened:
        up_to(opened, what)
        before = contents(opened)

    killed_at(house, what)

    with house.open_warehouse() as opened:
        assert before == contents(opened)


@pytest.mark.parametrize("what", ["store", "approve"])
def test_the_same_again_after_a_kill_makes_the_tables_that_it_makes_undisturbed(house, what):
    with open_warehouse("duckdb:///peer.duckdb", house.settings.home) as peer:
        up_to(peer, what)
        whole(peer, what)
        expected = contents(peer)
    with house.open_warehouse() as opened:
        up_to(opened, what)

    killed_at(house, what)

    with house.open_warehouse() as opened:
        whole(opened, what)
        assert expected == contents(opened)


def test_an_upgrade_makes_what_stands_the_first_version_and_the_next_run_overwrites_nothing(warehouse):
    assigned = answered([WEEK])
    quality = assigned.quality.assign(run_id="of old")
    former = dict(zip(ARCHIVE_OF, (assigned.demands, assigned.assignments, quality), strict=True))
    replace_weeks(warehouse, former, [WEEK])
    stood = current(warehouse)
    step = next(step for step in STEPS if "first version" in step.title)

    found = step.find(warehouse)
    step.apply(warehouse)
    again = step.find(warehouse)
    store(warehouse, ONE_MORE, hours=1)

    assert ["the assignments of 1 weeks become version 1"] == found
    assert [] == again
    ledger = ledger_of(warehouse)
    assert [("before versions were kept", True), ("asked", False)] == [
        (reason, pd.isna(made)) for reason, made in zip(ledger["reason"], ledger["made_at"], strict=True)
    ]
    assert stood == {cn: one or None for cn, one in read_version(warehouse, WEEK, 1).demand_of.items()}
    found = diff_versions(read_version(warehouse, WEEK, 1), read_version(warehouse, WEEK, 2))
    assert ("not known: one of the versions was made before inputs were kept",) == found.inputs
    assert found.moves["why"].str.startswith("follows from: not known").all()

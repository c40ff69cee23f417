"""A cycle: a row per service, what is missing by table and date, and numbers that stand still."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.calculators.live_coverage import needed
from wfm_pipeline.monitoring.coverage.board import CoverageStatus, statuses_of
from wfm_pipeline.monitoring.coverage.staleness import Movement
from wfm_pipeline_tests.coverage_kit import at
from wfm_pipeline_tests.live_kit import NOW, centre, gold, later, queues, reading_of, states, table, worker


def cycle_of(tables, *, day=None, looked_at=NOW, by=None):
    made = by or worker(day)
    return made.cycle(reading_of(tables), looked_at=looked_at.to_pydatetime(), read_seconds=0.1)


def test_a_board_has_a_row_per_service_with_the_split_people_and_the_centres_queue():
    found = cycle_of(centre())

    row = found.board.set_index("service_id").loc["a"]
    # two idle agents, each half for a and half for b: one person, two required
    assert (2, 1.0, 1.0, "shortage") == (
        row["agents_required"],
        row["agents_actual"],
        row["agents_available"],
        row["status"],
    )
    assert (3, 40.0) == (row["calls_waiting"], row["longest_wait_seconds"])
    assert row["action_required"]
    assert "" == found.fault


def test_available_agents_who_cannot_be_reached_are_not_available():
    busy = states(("ann", "ready", "00:01", None), ("bob", "not_ready", "09:00", None), ("cyd", "ready", "09:00", None))

    found = cycle_of(centre(services=("a",), agent_states=busy), day=gold(queues=("a",)))

    assert [1.0] == found.board["agents_available"].tolist()  # ann has been "ready" for ten hours: suspect
    assert ("ann",) == found.suspects


def test_states_that_never_close_leave_the_count_and_are_named():
    forever = states(("ann", "talk", "00:01", None), ("bob", "ready", "09:55", None)).assign(
        started_at=lambda rows: rows["started_at"].mask(rows["agent_id"] == "ann", at("00:00") - pd.Timedelta(days=3))
    )

    found = cycle_of(centre(services=("a",), agent_states=forever), day=gold(queues=("a",)))

    assert [1.0] == found.board["agents_actual"].tolist()
    assert (("ann",), 1) == (found.suspects, found.findings)


def test_people_of_two_services_are_not_counted_twice_on_the_board():
    found = cycle_of(centre(idle=("ann", "bob", "cyd")))

    assert 3.0 == found.board["agents_actual"].sum()
    assert found.answer.site["agents_actual"].max() == 3.0


def test_tables_without_a_row_give_no_data_with_table_and_date_and_no_number():
    found = cycle_of(centre(agent_states=table("agent_states")))

    assert "no data: no row of 2026-03-02 in agent_states" == found.fault
    assert {"no_data"} == set(found.board["status"])
    assert found.board[["agents_actual", "agents_available", "coverage"]].isna().all(axis=None)
    assert {"agent_states has nothing recorded from 2026-03-02 00:00 to 2026-03-02 10:15 UTC"} == set(
        found.board["why"]
    )


def test_no_service_is_no_board_and_says_so():
    found = cycle_of(centre(services=()))

    assert ("no data: table services has no row", 0) == (found.fault, len(found.board))


def test_without_a_forecast_and_without_past_days_the_need_is_no_data_with_tables_and_days():
    found = cycle_of(centre(services=("z",)), day=gold(queues=("a",)))

    (row,) = found.board.to_dict("records")
    assert ("no_data", "no_data") == (row["status"], row["basis"])
    assert "silver.queue_intervals knows 0 of the 4 same weekdays from 2026-02-02 to 2026-02-23" in row["why"]
    assert np.isnan(row["agents_required"])


def test_nobody_signed_in_while_the_site_is_closed_is_no_fault():
    night = at("03:00")
    closed = centre(idle=(), updated=night, queue_current_metrics=queues("a", "b", updated=night, agents_available=1))

    assert "" == cycle_of(closed, looked_at=night).fault


def test_boards_that_show_old_numbers_say_since_when():
    made = worker()
    times = [cycle_of(centre(), looked_at=later(minutes), by=made) for minutes in (0, 1, 3)]

    assert [None, None, NOW.to_pydatetime()] == [one.stale_since for one in times]
    assert "last_updated stands still since 2026-03-02 10:05:00 UTC" in times[-1].fault
    assert [NOW] * 2 == times[-1].board["stale_since"].tolist()


def test_numbers_are_fresh_again_once_they_move():
    made = worker()
    cycle_of(centre(), looked_at=later(0), by=made)
    assert cycle_of(centre(), looked_at=later(5), by=made).stale_since is not None

    assert cycle_of(centre(updated=later(5)), looked_at=later(6), by=made).stale_since is None


def test_a_centre_with_a_clock_of_its_own_lives_while_it_moves():
    old = dt.datetime(1999, 5, 23, 10)
    now = dt.datetime(2026, 3, 2, 10)

    first = Movement().after(old, now=now)
    second = first.after(old + dt.timedelta(minutes=1), now=now + dt.timedelta(seconds=1))

    assert (old, None) == (first.stale_since(now), second.stale_since(now + dt.timedelta(seconds=1)))


def test_the_need_is_worked_out_once_and_again_for_new_gold_or_other_services(monkeypatch):
    made, days, asked = worker(), [gold()], []
    made.days.day = lambda _date, _queues: days[-1]

    def counted(request):
        asked.append(request)
        return needed(request)

    monkeypatch.setattr("wfm_pipeline.monitoring.coverage.cycle.needed", counted)

    for _ in range(3):
        cycle_of(centre(), by=made)
    assert 1 == len(asked)
    days.append(gold(exact=4.0, publish_id="2"))
    assert [4, 4] == cycle_of(centre(), by=made).board["agents_required"].tolist()
    cycle_of(centre(services=("a",)), by=made)
    assert 3 == len(asked)


def test_actions_are_simulated_once_for_a_gap_and_again_in_the_next_interval():
    made = worker(most_gaps=1)
    spare = centre(idle=("ann", "bob"))

    first, second, third = (
        cycle_of({**spare, "queue_current_metrics": queues("a", "b", updated=when)}, by=made)
        for when in (NOW, later(1), later(11))
    )

    looked_for = [set(one.answer.actions) for one in (first, second, third)]
    assert [1, 2, 1] == list(map(len, looked_for))  # the second cycle keeps one and looks for another
    assert looked_for[0] < looked_for[1]


def test_a_status_is_read_by_field_and_by_key():
    status = statuses_of(cycle_of(centre()).board)["a"]

    assert isinstance(status, CoverageStatus)
    assert ("a", 3, True) == (status["service_id"], status.calls_waiting, status.get("action_required"))
    assert {"agents_available", "calls_waiting", "action_required"} < set(status)
    with pytest.raises(KeyError):
        status["nothing"]


def test_what_to_look_at_first_stands_first():
    # a needs more than it has, b is fine, z has no need that is known
    day = gold(queues=("a", "b"))
    day.teams.loc[day.teams["queue_id"] == "b", "agents_required_exact"] = 0.5

    found = cycle_of(centre(services=("z", "b", "a"), idle=("ann", "bob", "cyd")), day=day)

    assert [("a", "shortage"), ("z", "no_data")] == list(
        zip(found.board["service_id"], found.board["status"], strict=True)
    )[:2]

"""Planners' rows of activities: which are refused, and what becomes of the others."""

import pandas as pd
import pytest

from wfm_pipeline.domain.backlog.people.activities import activities_between, share_of_hours
from wfm_pipeline.domain.backlog.people.sheets import ACTIVITY_FILES
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.errors import DataError

BERLIN = "Europe/Berlin"


def rows(*cells):
    """Rows of the planners' table as the reader gives them."""
    frame = pd.DataFrame(cells, dtype=str).fillna("")
    read, _ = read_rows(ACTIVITY_FILES["planned_activities"], frame, source="s")
    return pd.DataFrame(read)


def row(**changes):
    """A meeting of three people of a queue on a Monday."""
    return {
        "activity_id": "m",
        "queue_id": "a",
        "kind": "meeting",
        "starts_local": "2026-03-02 10:00",
        "ends_local": "2026-03-02 11:00",
        "agents": "3",
        **changes,
    }


def between(table, first, last):
    return activities_between(table, BERLIN, pd.Timestamp(first), pd.Timestamp(last))


def test_a_row_becomes_an_activity_at_its_instants():
    (found,) = between(rows(row()), "2026-03-02 00:00", "2026-03-03 00:00")

    assert (pd.Timestamp("2026-03-02 09:00"), 3600.0, 3.0, "a") == (
        found.starts_at,
        found.seconds,
        found.agents,
        found.queue_id,
    )
    assert not found.is_movable
    assert not found.may_be_put_off


def test_a_window_is_how_far_the_start_may_move_and_keeps_it_on_its_day():
    moves = row(is_movable="yes", may_move_earlier_minutes="30", may_move_later_minutes="90")

    (found,) = between(rows(moves), "2026-03-02 00:00", "2026-03-03 00:00")

    assert (pd.Timestamp("2026-03-02 08:30"), pd.Timestamp("2026-03-02 10:30")) == (found.earliest_at, found.latest_at)
    assert not found.may_be_put_off


def test_movable_without_a_window_may_be_put_off():
    (found,) = between(rows(row(is_movable="yes")), "2026-03-02 00:00", "2026-03-03 00:00")

    assert found.may_be_put_off


def test_weekly_rows_keep_their_wall_clock_over_a_change_of_clocks_and_end_with_their_last_date():
    table = rows(row(weekly_until="2026-04-06"))

    found = between(table, "2026-03-01 00:00", "2026-05-01 00:00")

    assert ["m 2026-03-02", "m 2026-03-09", "m 2026-03-16", "m 2026-03-23", "m 2026-03-30", "m 2026-04-06"] == [
        one.activity_id for one in found
    ]
    assert [9, 9, 9, 9, 8, 8] == [one.starts_at.hour for one in found]  # 10:00 in Berlin


def test_weekly_rows_that_began_long_ago_are_found():
    (found,) = between(rows(row(weekly_until="2199-12-31")), "2026-11-30 00:00", "2026-12-01 00:00")

    assert "m 2026-11-30" == found.activity_id


def test_an_activity_over_midnight_touches_both_days():
    night = rows(row(starts_local="2026-03-02 23:30", ends_local="2026-03-03 00:30"))

    for first, last in (("2026-03-02 22:00", "2026-03-02 23:00"), ("2026-03-02 23:00", "2026-03-03 05:00")):
        (found,) = between(night, first, last)
        assert pd.Timestamp("2026-03-02 22:30") == found.starts_at
    assert between(night, "2026-03-02 23:30", "2026-03-03 05:00") == ()


@pytest.mark.parametrize(
    ("starts", "ends", "hours"),
    [
        pytest.param("2026-03-29 01:30", "2026-03-29 03:30", 1.0, id="clocks_go_forward"),
        pytest.param("2026-10-25 01:30", "2026-10-25 03:30", 3.0, id="clocks_go_back"),
    ],
)
def test_an_activity_over_a_change_of_clocks_keeps_its_wall_clock_ends(starts, ends, hours):
    (found,) = between(rows(row(starts_local=starts, ends_local=ends)), f"{starts[:10]} 00:00", ends)

    assert hours * 3600 == found.seconds


def test_what_has_no_time_yet_comes_last_whatever_the_stretch():
    wish = row(activity_id="w", starts_local="", ends_local="", minutes="30", kind="coaching")

    found = between(rows(wish, row()), "2026-03-02 00:00", "2026-03-03 00:00")

    assert ["m", "w"] == [one.activity_id for one in found]
    assert (None, 1800.0) == (found[1].starts_at, found[1].seconds)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"queue_id": ""}, "queue or a person", id="of_nobody"),
        pytest.param({"agent_id": "ann"}, "queue or a person", id="of_both"),
        pytest.param({"queue_id": "", "agent_id": "ann"}, "agents must be 1", id="three_of_one_person"),
        pytest.param({"ends_local": ""}, "starts_local before ends_local", id="no_end"),
        pytest.param({"ends_local": "2026-03-02 10:00"}, "starts_local before ends_local", id="no_time"),
        pytest.param({"ends_local": "2026-03-04 10:00"}, "at most a day", id="two_days"),
        pytest.param({"minutes": "30"}, "minutes must be empty", id="two_lengths"),
        pytest.param({"weekly_until": "2026-03-01"}, "lies before its start", id="ends_before_it_begins"),
        pytest.param({"starts_local": "", "ends_local": ""}, "needs minutes", id="wish_without_length"),
        pytest.param(
            {"starts_local": "", "ends_local": "", "minutes": "30", "kind": "break"},
            "is a break",
            id="break_without_time",
        ),
        pytest.param({"may_move_later_minutes": "30"}, "not movable", id="window_of_what_stays"),
        pytest.param({"kind": "break", "is_movable": "yes"}, "never put off", id="break_without_window"),
        pytest.param({"kind": "party"}, "one of training", id="unknown_kind"),
    ],
)
def test_rows_that_cannot_be_are_refused_with_their_line(changes, words):
    with pytest.raises(DataError, match=words) as raised:
        rows(row(**changes))

    assert "line 2" in str(raised.value)


def test_parts_of_hours_add_up_to_the_length():
    hours = pd.date_range("2026-03-02 08:00", periods=6, freq="h")

    found = share_of_hours(hours, pd.Timestamp("2026-03-02 09:20"), 7800.0)

    assert found.sum() * 3600 == pytest.approx(7800)
    assert found.round(6).tolist() == [0, 0.666667, 1, 0.5, 0, 0]

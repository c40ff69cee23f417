"""An empty room and a lost log: which of the two nobody signed in is."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.grid import DayGrid
from wfm_pipeline.domain.coverage.shares import known_seconds
from wfm_pipeline.domain.coverage.unrecorded import unrecorded_stretches
from wfm_pipeline_tests.coverage_kit import QUARTER, at, states, stretches

GRID = DayGrid(at("08:00"), QUARTER, 16)
"""08:00 to 12:00."""
NOBODY = stretches()


def counted(*rows):
    """Contacts of quarters from (clock, received, answered)."""
    made = pd.DataFrame(rows, columns=["clock", "calls_received", "calls_answered"])
    starts = pd.Series([at(clock) for clock in made["clock"]], dtype="datetime64[us]")
    return made.assign(starts_at=starts, ends_at=starts + pd.Timedelta(seconds=QUARTER))


def found(recorded=(), contacts=(), rostered=NOBODY, as_of="12:00"):
    rows = unrecorded_stretches(states(*recorded), counted(*contacts), rostered, GRID, at(as_of))
    return [(f"{row.starts_at:%H:%M}", f"{row.ends_at:%H:%M}") for row in rows.itertuples()]


def test_answered_contacts_with_nobody_signed_in_say_that_states_are_missing():
    signed_in = [("ann", "ready", "08:00", "09:00"), ("ann", "ready", "10:00", "12:00")]

    assert [("09:00", "09:15"), ("09:30", "10:00")] == found(
        signed_in, [("09:00", 4, 4), ("09:30", 3, 1), ("09:45", 5, 5), ("10:30", 5, 5)]
    )


def test_contacts_that_nobody_answered_say_that_the_room_was_empty():
    assert [] == found([], [(clock, 4, 0) for clock in ("08:00", "08:15", "08:30", "08:45", "09:00")],
                       stretches(("ann", "08:00", "09:15")))  # fmt: skip


@pytest.mark.parametrize(
    ("rostered_to", "stretches_found"),
    [
        pytest.param("08:45", [], id="three_quarters_may_be_a_late_comer"),
        pytest.param("09:00", [("08:00", "09:00")], id="an_hour_of_silence_is_a_lost_log"),
    ],
)
def test_an_hour_with_people_rostered_and_nothing_written_down_is_a_lost_log(rostered_to, stretches_found):
    assert stretches_found == found(rostered=stretches(("ann", "08:00", rostered_to)))


def test_a_night_with_nobody_rostered_is_an_empty_room():
    assert [] == found([("ann", "ready", "11:00", "12:00")])


def test_nothing_is_said_of_what_is_not_over():
    assert [("08:00", "09:15")] == found(rostered=stretches(("ann", "08:00", "12:00")), as_of="09:20")


def test_a_state_that_is_not_over_is_written_down_until_now():
    assert [] == found([("ann", "not_ready", "08:00", None)], [("11:00", 2, 2)], stretches(("ann", "08:00", "12:00")))


def test_the_known_part_of_a_day_has_holes():
    hole = pd.DataFrame({"starts_at": [at("09:00")], "ends_at": [at("10:00")]})

    known = known_seconds(GRID, at("08:00"), at("11:50"), hole)

    # 08:00 to 11:45 whole, five minutes of the last quarter, and four quarters not
    np.testing.assert_array_equal([900] * 4 + [0] * 4 + [900] * 7 + [300], known)

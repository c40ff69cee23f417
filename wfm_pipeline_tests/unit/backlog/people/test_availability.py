"""Rules of who is there for cases, and what past weeks say of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.domain.backlog.people.availability import (
    NO_CASE_SHARE,
    NO_ROSTER,
    NO_SHRINKAGE,
    available_people,
)
from wfm_pipeline.domain.backlog.people.expected import expected_shares, past_local_hours
from wfm_pipeline.errors import DataError

HOUR = pd.Timestamp("2026-03-02 09:00")


def people(**changes):
    """One hour of one queue with ten people rostered, changed by name."""
    row = {"scheduled": 10.0, "on_break": 1.0, "planned_off": 2.0, "shrinkage_share": 0.1, "case_share": 0.5}
    return pd.DataFrame([{"queue_id": "a", "hour_start": HOUR, **row, **changes}])


def past(*hours, queue="a"):
    """Past hours: local start, rostered, present and idle hours."""
    columns = ["hour_start_local", "rostered_hours", "present_hours", "idle_hours"]
    return pd.DataFrame(hours, columns=columns).assign(
        queue_id=queue, hour_start_local=lambda rows: pd.to_datetime(rows["hour_start_local"])
    )


def test_on_product_is_the_rest_less_missing_people_and_calls():
    found = available_people(people()).iloc[0]

    assert found["on_product"] == pytest.approx((10 - 1 - 2) * 0.9 * 0.5)
    assert found["available"] == pytest.approx((10 - 1) * 0.9 * 0.5)
    assert found["off_product"] == pytest.approx(10 - found["on_product"])
    assert found["reason"] is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"scheduled": np.nan}, NO_ROSTER, id="no_roster"),
        pytest.param({"shrinkage_share": np.nan}, NO_SHRINKAGE, id="shrinkage_unknown"),
        pytest.param({"case_share": np.nan}, NO_CASE_SHARE, id="share_between_calls_unknown"),
        pytest.param({"on_break": np.nan}, NO_ROSTER, id="breaks_unknown"),
    ],
)
def test_unknown_stays_unknown_and_says_why(changes, reason):
    found = available_people(people(**changes)).iloc[0]

    assert np.isnan(found["on_product"])
    assert found["reason"] == reason


def test_nobody_rostered_is_nobody_there_whatever_the_shares():
    found = available_people(people(scheduled=0.0, on_break=0.0, planned_off=0.0, shrinkage_share=np.nan)).iloc[0]

    assert found["on_product"] == found["available"] == found["off_product"] == 0
    assert found["reason"] is None


def test_more_planned_than_rostered_is_cut_and_told():
    found = available_people(people(planned_off=12.0)).iloc[0]

    assert found["planned_off"] == 9
    assert found["on_product"] == 0
    assert found["over_planned"] == 3


@pytest.mark.parametrize("changes", [{"shrinkage_share": 1.2}, {"on_break": -1.0}, {"case_share": 50.0}])
def test_numbers_out_of_range_are_refused(changes):
    with pytest.raises(DataError, match="must lie in"):
        available_people(people(**changes))


shares = st.floats(0, 1)


@given(st.floats(0, 500), st.floats(0, 500), st.floats(0, 500), shares, shares)
def test_nobody_is_lost_or_counted_twice(scheduled, on_break, planned, missing, free):
    rows = people(scheduled=scheduled, on_break=on_break, planned_off=planned, shrinkage_share=missing, case_share=free)

    found = available_people(rows).iloc[0]

    assert found["on_product"] + found["off_product"] == pytest.approx(scheduled)
    assert 0 <= found["on_product"] <= found["available"] + 1e-9 <= scheduled + 1e-6
    gained = found["planned_off"] * found["yield_share"]  # every planned activity called off
    assert found["available"] - found["on_product"] == pytest.approx(gained, abs=1e-6)
    assert found["on_break"] + found["planned_off"] + found["over_planned"] == pytest.approx(on_break + planned)


def test_missing_people_are_those_of_the_same_hours_of_past_weeks():
    hours = pd.DataFrame({"queue_id": ["a"], "hour_start_local": pd.to_datetime(["2026-03-23 09:00"])})
    before = past(
        ("2026-03-16 09:00", 10, 8, 2),
        ("2026-03-09 09:00", 15, 12, 4),
        ("2026-03-16 10:00", 900, 1, 0),  # another hour
        ("2026-01-05 09:00", 900, 1, 0),  # too long ago
    )

    found = expected_shares(hours, before, weeks=4).iloc[0]

    assert found["shrinkage_share"] == pytest.approx(1 - 20 / 25)
    assert found["idle_share"] == pytest.approx(6 / 20)


def test_too_few_people_of_the_hour_are_judged_by_all_hours_and_too_few_of_all_by_none():
    hours = pd.DataFrame({"queue_id": ["a", "b"], "hour_start_local": pd.to_datetime(["2026-03-23 09:00"] * 2)})
    before = pd.concat(
        [
            past(("2026-03-16 09:00", 2, 0, 0), ("2026-03-16 15:00", 98, 90, 45)),
            past(("2026-03-16 09:00", 5, 5, 5), queue="b"),
        ]
    )

    found = expected_shares(hours, before, weeks=4)

    assert found["shrinkage_share"].tolist() == pytest.approx([0.1, np.nan], nan_ok=True)
    assert found["idle_share"].tolist() == pytest.approx([0.5, np.nan], nan_ok=True)


def test_hours_of_unknown_roster_or_presence_say_nothing():
    hours = pd.DataFrame({"queue_id": ["a"], "hour_start_local": pd.to_datetime(["2026-03-23 09:00"])})
    before = past(
        ("2026-03-16 09:00", 30, 24, 12), ("2026-03-09 09:00", np.nan, 30, 30), ("2026-03-02 09:00", 30, np.nan, np.nan)
    )

    found = expected_shares(hours, before, weeks=4).iloc[0]

    assert found["shrinkage_share"] == pytest.approx(0.2)
    assert found["idle_share"] == pytest.approx(42 / 54)


def test_more_people_than_rostered_are_nobody_missing():
    hours = pd.DataFrame({"queue_id": ["a"], "hour_start_local": pd.to_datetime(["2026-03-23 09:00"])})

    found = expected_shares(hours, past(("2026-03-16 09:00", 30, 33, 3)), weeks=4).iloc[0]

    assert found["shrinkage_share"] == 0


def test_a_change_of_clocks_moves_no_hour():
    # Clocks go forward on 2026-03-29 (Berlin): by the wall clock the same hour of the week before stays the same hour.
    local = pd.Series(pd.to_datetime(["2026-03-29 09:00"]))

    assert past_local_hours(local, 2)[0].tolist() == [pd.Timestamp("2026-03-22 09:00")]
    assert past_local_hours(local, 2)[1].tolist() == [pd.Timestamp("2026-03-15 09:00")]


def test_the_order_of_past_rows_changes_nothing():
    hours = pd.DataFrame({"queue_id": ["a"], "hour_start_local": pd.to_datetime(["2026-03-23 09:00"])})
    before = past(("2026-03-16 09:00", 12, 8, 2), ("2026-03-09 09:00", 15, 12, 4))

    pd.testing.assert_frame_equal(
        expected_shares(hours, before, weeks=4), expected_shares(hours, before.iloc[::-1], weeks=4)
    )

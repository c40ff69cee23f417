"""Coverage on its shelf, on every engine alike: a look replaces what it looked at and nothing else."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.calculators.live_coverage import LiveCoverageRequest, answer_live_coverage
from wfm_pipeline.contracts.coverage import COVERAGE_GAP, COVERAGE_INTERVAL
from wfm_pipeline.domain.coverage.gaps import GAP_COLUMNS
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.contract_check import inspect_contract
from wfm_pipeline.warehouse.shelves.coverage.history import CoverageHistory, Written
from wfm_pipeline_tests.coverage_kit import (
    DAY,
    NO_HISTORY,
    NO_RATES,
    QUARTER,
    at,
    day_of,
    one_to_one,
    stretches,
    teams_of,
    works_for,
)

DATE = DAY.date()
ZONE = "Europe/Berlin"
NOBODY = stretches()


def look(*services, first="09:00", intervals=4, exact=3.0):
    """One agent and a need of three from 09:00 on: a gap as long as the look, seen before it begins."""
    day = day_of(services, first=first, intervals=intervals)
    return answer_live_coverage(
        LiveCoverageRequest(
            as_of=at("00:00"),
            interval_seconds=QUARTER,
            intervals=day,
            service_queues=one_to_one(services),
            teams=teams_of(day, exact=exact),
            history=NO_HISTORY,
            states=pd.DataFrame(columns=["agent_id", "state", "started_at", "ended_at", "is_queue_contact"]),
            known_from=None,
            registrations=works_for(ann=" ".join(services)),
            shifts=stretches(("ann", "08:00", "16:00")),
            breaks=NOBODY,
            off_product=NOBODY,
            rates=NO_RATES,
            contacts=pd.DataFrame(columns=["agent_id", "contacts"]),
            runs=2,
        )
    )


@pytest.fixture
def shelf(warehouse):
    return CoverageHistory(warehouse, ZONE)


def put(shelf, answer):
    return shelf.write(answer.intervals, answer.gaps)


def test_a_look_is_kept_with_the_wall_clock_and_date_of_the_site_and_keeps_its_contract(warehouse, shelf):
    assert Written(8, 2) == put(shelf, look("sales", "support"))

    intervals, gaps = shelf.date(DATE)
    assert ["sales"] * 4 + ["support"] * 4 == intervals["service_id"].tolist()
    assert pd.Timestamp("2026-03-02 10:00") == intervals["interval_start_local"].iloc[0]  # 09:00 UTC in winter
    assert ["shortage"] == intervals["status"].unique().tolist()
    assert [at("09:00")] * 2 == gaps["starts_at"].tolist()
    assert [] == [*inspect_contract(warehouse, COVERAGE_INTERVAL).violations]
    assert [] == [*inspect_contract(warehouse, COVERAGE_GAP).violations]


def test_the_same_look_again_changes_nothing(shelf):
    put(shelf, look("sales"))
    before = shelf.date(DATE)

    put(shelf, look("sales"))

    for was, now in zip(before, shelf.date(DATE), strict=True):
        pd.testing.assert_frame_equal(was, now)


def test_a_look_at_an_hour_of_a_service_leaves_other_hours_and_services_alone(shelf):
    put(shelf, look("sales", "support", intervals=8))

    put(shelf, look("sales", first="10:00", intervals=4, exact=1.0))

    intervals, gaps = shelf.date(DATE, "sales")
    assert ["shortage"] * 4 + ["optimal"] * 4 == intervals["status"].tolist()
    assert [] == gaps["gap_id"].tolist()  # gaps of the date are given whole, and the second look gave none
    assert [8, 1] == [len(rows) for rows in shelf.date(DATE, "support")]


def test_a_gap_that_grows_stays_one_gap(shelf):
    put(shelf, look("sales", intervals=4))
    known = shelf.date(DATE)[1]["gap_id"].tolist()

    put(shelf, look("sales", intervals=8))

    gaps = shelf.date(DATE)[1]
    assert known == gaps["gap_id"].tolist()
    assert [at("11:00")] == gaps["ends_at"].tolist()


def test_intervals_over_midnight_of_the_site_are_of_two_dates(shelf):
    put(shelf, look("sales", first="22:00", intervals=8))  # 23:00 to 01:00 in Berlin

    assert [4, 4] == [len(shelf.date(date)[0]) for date in (DATE, DATE + dt.timedelta(days=1))]


@pytest.mark.parametrize(
    ("date", "quarters"),
    [
        pytest.param(dt.date(2026, 3, 29), 92, id="clocks_go_forward"),
        pytest.param(dt.date(2026, 10, 25), 100, id="clocks_go_back"),
    ],
)
def test_a_day_on_which_clocks_change_has_92_or_100_rows(shelf, date, quarters):
    midnight = pd.Timestamp(date).tz_localize(ZONE).tz_convert("UTC").tz_localize(None)
    starts = pd.date_range(midnight - pd.Timedelta("1h"), periods=quarters + 8, freq="15min", unit="us")
    first = look("sales", intervals=1).intervals
    rows = pd.concat([first.assign(interval_start=start) for start in starts], ignore_index=True)

    shelf.write(rows, pd.DataFrame(columns=[*GAP_COLUMNS, "actions"]))

    intervals, _ = shelf.date(date)
    assert quarters == len(intervals) == intervals["interval_start"].nunique()
    assert "00:00" == f"{intervals['interval_start_local'].min():%H:%M}"


def test_a_gap_without_its_intervals_is_refused_and_nothing_is_written(shelf):
    whole = look("sales", "support")

    with pytest.raises(DataError, match=r"1 gaps are of a service and date without intervals.*'support' on 2026-03-02"):
        shelf.write(whole.intervals[whole.intervals["service_id"] == "sales"], whole.gaps)

    assert [0, 0] == [len(rows) for rows in shelf.date(DATE)]


def test_a_look_at_nothing_writes_nothing(shelf):
    whole = look("sales")

    assert Written(0, 0) == shelf.write(whole.intervals.head(0), whole.gaps.head(0))

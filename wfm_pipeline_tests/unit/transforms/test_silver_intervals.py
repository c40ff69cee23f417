"""The full grid: every queue and interval, zeros and unknowns kept apart, the same however it came about."""

import datetime as dt
from dataclasses import replace

import pytest

from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.silver import refresh as silver
from wfm_pipeline_tests.silver_kit import DAY, RULES, SOURCE, at, ingest, leg, memory, refresh, rows_of, silver_of

TABLES = ("call_legs", "calls", "queue_intervals", "calendar_days", "rejected_rows")


def days(first, count):
    return [first + dt.timedelta(days=number) for number in range(count)]


def test_measures_of_an_interval():
    rows = [
        leg("c1", wait=20, talk=100, hold=0, wrap=0),
        leg("c2", created=at("10:29:59"), caller="1", wait=21, talk=200, hold=0, wrap=0, agent="bob"),
        leg("c3", created=at("10:10:00"), caller="2222222", status="ABANDONED", agent=None),
        leg("c4", created=at("10:12:00"), caller="2222222", talk=-1, hold=None, wrap=None, wait=None),
        leg("c5", created=at("10:15:00"), caller="3", status="OVERFLOW"),
        leg("c6", created=at("10:30:00"), caller="4"),
    ]

    with silver_of(rows) as warehouse:
        by_start = {row["interval_start_local"]: row for row in rows_of(warehouse, "queue_intervals")}

    row = by_start[at("10:00:00")]
    assert (5, 3, 1, 1) == tuple(row[f"calls_{name}"] for name in ("offered", "answered", "abandoned", "other"))
    assert (1, 4) == (row["calls_redial"], row["calls_first_attempt"])  # c4 follows c3 after 120 s
    assert (300, 150) == (row["handle_seconds"], row["aht_seconds"])  # (100 + 200), and / 2: c4 is unknown
    assert (2, 2) == (row["answered_handle_known"], row["answered_wait_known"])
    # 1 of 2 known waits is in the target, so half of the 3 answered, of 5 offered
    assert (1, 0.3, 20.5) == (row["answered_in_target"], row["service_level"], row["asa_seconds"])
    assert 2 == row["agents_active"]
    assert 1 == by_start[at("10:30:00")]["calls_offered"]
    empty = by_start[at("12:00:00")]
    assert (0, 0, None, None) == tuple(
        empty[name] for name in ("calls_offered", "handle_seconds", "aht_seconds", "service_level")
    )


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(dt.date(2026, 3, 28), 96), (dt.date(2026, 3, 29), 92), (dt.date(2026, 10, 25), 100)],
)
def test_a_day_on_which_clocks_change_has_92_or_100_quarter_hours(day, quarters):
    quarterly = replace(SOURCE, site=replace(SOURCE.site, interval_minutes=15))

    with silver_of([leg(created=at("12:00:00", day))], source_map=quarterly, first=day, last=day) as warehouse:
        rows = rows_of(warehouse, "queue_intervals", "interval_start")

    expected = interval_grid(quarterly.site, day, day)
    assert quarters == len(rows)
    assert expected["interval_start"].dt.to_pydatetime().tolist() == [row["interval_start"] for row in rows]
    assert expected["is_open"].tolist() == [row["is_open"] for row in rows]


@pytest.mark.parametrize(("reading", "utc"), [("earlier", "00:30:00"), ("later", "01:30:00")])
def test_an_hour_that_comes_twice_is_read_as_the_site_says(reading, utc):
    day = dt.date(2026, 10, 25)  # 03:00 goes back to 02:00: 02:30 is 00:30 UTC, then 01:30 UTC
    site = replace(SOURCE, site=replace(SOURCE.site, ambiguous_times=reading))

    with silver_of([leg(created=at("02:30:00", day))], source_map=site, first=day, last=day) as warehouse:
        [call] = rows_of(warehouse, "calls")
        offered = {row["interval_start"] for row in rows_of(warehouse, "queue_intervals") if row["calls_offered"]}

    assert at(utc, day) == call["arrived_at"]
    assert {at(utc, day)} == offered


def test_a_source_that_writes_utc_gets_the_local_day():
    utc = replace(SOURCE, times_are="utc")
    late = at("23:30:00", dt.date(2026, 3, 9))  # 00:30 on the 10th in Stockholm

    with silver_of([leg(created=late)], source_map=utc) as warehouse:
        [call] = rows_of(warehouse, "calls")

    assert (late, at("00:30:00"), DAY) == (call["arrived_at"], call["arrived_at_local"], call["business_date"])


def test_an_open_day_without_rows_is_missing_and_a_closed_one_is_zero():
    friday, monday = dt.date(2026, 3, 13), dt.date(2026, 3, 16)
    rows = [leg("c1", created=at("10:00:00", dt.date(2026, 3, 12))), leg("c2", created=at("10:00:00", monday))]

    with silver_of(rows, first=DAY, last=monday) as warehouse:
        offered = {}
        for row in rows_of(warehouse, "queue_intervals"):
            offered.setdefault(row["business_date"], []).append((row["calls_offered"], row["is_missing"]))
        missing = [row["date"] for row in rows_of(warehouse, "calendar_days", "date") if row["is_missing"]]

    assert {(None, True)} == set(offered[friday])
    assert {(0, False)} == set(offered[friday + dt.timedelta(days=1)])
    assert [friday] == missing


def test_a_queue_has_rows_from_its_first_date_to_the_last_of_the_source():
    first, second, third = days(DAY, 3)
    rows = [
        leg("c1", created=at("10:00:00", first)),
        leg("c2", created=at("10:00:00", second), queue="new"),
        leg("c3", created=at("10:00:00", third)),
    ]

    with silver_of(rows, first=first, last=third) as warehouse:
        dates = {(row["queue_id"], row["business_date"]) for row in rows_of(warehouse, "queue_intervals")}

    assert {("sales", day) for day in (first, second, third)} | {("new", second), ("new", third)} == dates


def test_calendar_reaches_400_days_beyond_the_last_date():
    with silver_of([leg()]) as warehouse:
        dates = [row["date"] for row in rows_of(warehouse, "calendar_days", "date")]

    assert (DAY, DAY + dt.timedelta(days=400), 401) == (dates[0], dates[-1], len(dates))


def many_days():
    """Five days with a hole in the middle, redials and a transfer over midnight, and something to refuse."""
    rows = []
    for number, day in enumerate(days(DAY, 5)):
        if number == 2:
            continue
        rows += [
            leg(f"a{number}", created=at("23:58:00", day), status="ABANDONED", agent=None),
            leg(f"b{number}", created=at("00:01:00", day), queue="sales" if number else "late"),
            leg(f"t{number}", created=at("23:59:00", day), status="TRANSFERRED", caller="5555555"),
            leg(f"t{number}", 2, created=at("00:03:00", day + dt.timedelta(days=1)), queue="support", caller="5555555"),
            leg(f"x{number}", created=at("12:00:00", day), talk=-1),
            leg(f"y{number}", created=at("12:00:00", day), queue="test"),
        ]
    return [*rows, leg("undated", created=None)]


def hashes(warehouse):
    return {table: content_hash(warehouse, f"silver.{table}") for table in TABLES}


@pytest.mark.parametrize("order", [(3, 0, 5, 1, 4, 2, 3)], ids=str)
def test_day_by_day_in_any_order_ends_in_the_same_tables(order):
    rows, dates = many_days(), days(DAY, 6)
    with silver_of(rows, first=dates[0], last=dates[-1]) as whole:
        expected = hashes(whole)

    with memory() as warehouse:
        for number in order:
            ingest(warehouse, [row for row in rows if row["created"] and row["created"].date() == dates[number]])
            pad = dt.timedelta(days=1)  # a run refreshes its neighbours: calls and redials cross midnight
            refresh(warehouse, dates[number] - pad, dates[number] + pad)
        ingest(warehouse, [row for row in rows if row["created"] is None])
        refresh(warehouse, dates[0], dates[0])

        assert expected == hashes(warehouse)
        assert set() == silver.stale_interval_dates(warehouse, SOURCE)


def test_refreshing_twice_changes_nothing():
    with silver_of(many_days(), first=DAY, last=DAY + dt.timedelta(days=5)) as warehouse:
        before = hashes(warehouse)
        refresh(warehouse, DAY, DAY + dt.timedelta(days=1))

        assert before == hashes(warehouse)


def test_dates_whose_grid_is_not_whole_are_known_and_mended():
    first, second = days(DAY, 2)
    with silver_of([leg("c1", created=at("10:00:00", second))], first=second, last=second) as warehouse:
        ingest(warehouse, [leg("c2", created=at("10:00:00", first))])
        silver.refresh_legs(warehouse, SOURCE, RULES, Dates.of([first]))
        silver.refresh_calls(warehouse, SOURCE, RULES, Dates.of([first]))

        assert {first} == silver.stale_interval_dates(warehouse, SOURCE)
        silver.refresh_intervals(warehouse, SOURCE, RULES, Dates.of([second]))
        assert set() == silver.stale_interval_dates(warehouse, SOURCE)


def test_content_hash_tells_a_changed_value_and_not_an_order():
    rows = [leg("c1"), leg("c2", created=at("11:00:00"))]
    with (
        silver_of(rows) as one,
        silver_of(rows[::-1]) as other,
        silver_of([rows[0], rows[1] | {"wait": 11}]) as changed,
    ):
        same = content_hash(one, "silver.calls") == content_hash(other, "silver.calls")
        differs = content_hash(one, "silver.calls") != content_hash(changed, "silver.calls")

    assert same
    assert differs

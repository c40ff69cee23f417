"""A table that grows is kept by months on PostgreSQL: which rows go where, when a month is made, and what never changes."""

import contextlib
import dataclasses
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm_pipeline.contracts.columns import Table, day, instant, text
from wfm_pipeline.contracts.layout import PLAIN, Index, Layout
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.postgres_layout import months_of
from wfm_pipeline.warehouse.engines.schemas import arrow_schema
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.migrations.upgrade import pending_changes
from wfm_pipeline_tests.contract_kit import rows_of_contract

pytestmark = pytest.mark.postgres
NOW = dt.datetime(2026, 7, 1, 12)
VISITS = Table(
    "silver",
    "visits",
    "One row per visit.",
    ("visit_id",),
    (text("visit_id", "The visit.", nullable=False), day("seen_on", "Its date.", nullable=True)),
    layout=Layout("seen_on", (Index(("visit_id",), "one visit"),)),
)
ODD = {"unknown": None, "long ago": dt.date(1899, 12, 31), "never": dt.date(9999, 12, 31)}
FIRST, SECOND = dt.date(2026, 1, 31), dt.date(2026, 2, 1)


@pytest.fixture
def warehouse(postgres_url, tmp_path):
    with open_warehouse(postgres_url, tmp_path) as opened:
        yield opened


def cut_off():
    """A process that is stopped in the middle of a transaction."""
    return contextlib.suppress(KeyboardInterrupt)


def visits(dates):
    """Rows, one per given name and date."""
    return pa.table({"visit_id": list(dates), "seen_on": list(dates.values())}, schema=arrow_schema(VISITS))


def places(warehouse, name="silver.visits"):
    """Partition -> its rows' ids, in order; the table itself where it is plain."""
    found = {}
    for part, visit in warehouse.rows(
        f"select replace(tableoid::regclass::text, 'wfm_months.', ''), visit_id from {name} order by 1, 2"
    ):
        found.setdefault(part, []).append(visit)
    return found


def parts(warehouse, name="silver.visits"):
    query = f"select inhrelid::regclass::text from pg_inherits where inhparent = '{name}'::regclass order by 1"
    return [row[0].removeprefix("wfm_months.") for row in warehouse.rows(query)]


def test_rows_stand_in_their_month_and_those_without_a_usable_date_apart(warehouse):
    warehouse.create(VISITS)
    warehouse.append_arrow(VISITS.full_name, visits({"a": FIRST, "b": SECOND, "c": SECOND, **ODD}))

    assert {
        "silver_visits_2026_01": ["a"],
        "silver_visits_2026_02": ["b", "c"],
        "silver_visits_other": ["long ago", "never", "unknown"],
    } == places(warehouse)


def test_rows_of_an_expression_find_their_months_too(warehouse):
    warehouse.create(VISITS)
    given_rows = ibis.memtable(visits({"a": FIRST, "b": SECOND, "unknown": None}))

    warehouse.append(VISITS.full_name, given_rows)

    assert {
        "silver_visits_2026_01": ["a"],
        "silver_visits_2026_02": ["b"],
        "silver_visits_other": ["unknown"],
    } == places(warehouse)


def test_a_write_that_fails_leaves_neither_rows_nor_months(warehouse):
    warehouse.create(VISITS)

    with cut_off(), warehouse.transaction():
        warehouse.append_arrow(VISITS.full_name, visits({"a": FIRST}))
        raise KeyboardInterrupt

    assert ["silver_visits_other"] == parts(warehouse)
    warehouse.append_arrow(VISITS.full_name, visits({"a": FIRST}))
    assert {"silver_visits_2026_01": ["a"]} == places(warehouse)


def test_a_replaced_scope_of_unknown_dates_is_replaced_and_others_stay(warehouse):
    scope = Scope(column="seen_on", dates=Dates.of([SECOND]), is_null_included=True)
    warehouse.replace(VISITS, visits({"a": FIRST, "b": SECOND, "unknown": None}), Scope())

    warehouse.replace(VISITS, visits({"c": SECOND, "d": None}), scope)

    assert [["a"], ["c"], ["d"]] == list(places(warehouse).values())


def test_a_table_of_more_months_than_the_server_can_lock_keeps_the_rest_together(warehouse):
    warehouse.create(VISITS)
    dates = {f"{month:03d}": dt.date(2000 + month // 12, 1 + month % 12, 1) for month in range(250)}

    warehouse.append_arrow(VISITS.full_name, visits(dates))
    warehouse.append_arrow(VISITS.full_name, visits({"again": dates["249"]}))

    assert 241 == len(parts(warehouse))
    # 240 months from January 2000 on; the ten months after stay with the rest
    assert sorted([*list(dates)[240:], "again"]) == sorted(places(warehouse)["silver_visits_other"])


def test_months_follow_their_table_to_another_name(warehouse):
    warehouse.replace(VISITS, visits({"a": FIRST, "unknown": None}), Scope())

    warehouse.rename("silver.visits", "guests")
    warehouse.replace(VISITS, visits({"b": FIRST}), Scope())

    assert ["silver_guests_2026_01", "silver_guests_other"] == parts(warehouse, "silver.guests")
    assert {"silver_visits_2026_01": ["b"]} == places(warehouse)


def test_two_tables_with_long_names_have_months_of_their_own(warehouse):
    long = [dataclasses.replace(VISITS, name=f"{'n' * 60}{end}") for end in "ab"]

    for table in long:
        warehouse.replace(table, visits({"a": FIRST}), Scope())

    first, second = (parts(warehouse, table.full_name) for table in long)
    assert all(name.endswith(("_2026_01", "_other")) and len(name) <= 63 for name in first + second)
    assert not set(first) & set(second)


def test_a_layers_list_of_tables_is_without_its_months(warehouse):
    warehouse.replace(VISITS, visits({"a": FIRST}), Scope())

    assert ["visits"] == warehouse.base_tables("silver")
    assert {"silver.visits"} == set(warehouse.stored_columns(("bronze", "silver", "gold")))


def test_a_new_column_comes_to_every_month(warehouse):
    warehouse.replace(VISITS, visits({"a": FIRST, "unknown": None}), Scope())
    wider = dataclasses.replace(VISITS, columns=(*VISITS.columns, instant("left_at", "When it went.", nullable=True)))

    warehouse.create(wider)

    assert [("a", None), ("unknown", None)] == warehouse.rows("select visit_id, left_at from silver.visits order by 1")


def test_a_plain_table_stays_plain_until_an_upgrade_is_asked_for(warehouse):
    rows = rows_of_contract(CALLS)
    warehouse.replace(dataclasses.replace(CALLS, layout=PLAIN), rows, Scope())

    warehouse.replace(CALLS, rows, Scope())  # a run of this version on a table of an older one

    assert [] == parts(warehouse, CALLS.full_name)
    assert [] == [one.what for one in pending_changes(warehouse, now=NOW, steps=(), is_asked=False)]
    assert "silver.calls is kept by months of business_date" in "; ".join(
        one.what for one in pending_changes(warehouse, now=NOW, steps=())
    )


def test_an_upgrade_moves_every_row_and_again_does_nothing(warehouse):
    dates = {"a": FIRST, "b": SECOND, **ODD}
    warehouse.replace(dataclasses.replace(VISITS, layout=PLAIN), visits(dates), Scope())
    before = warehouse.rows("select * from silver.visits order by 1")

    warehouse.lay_out(VISITS.full_name, VISITS.layout)
    once = places(warehouse)
    warehouse.lay_out(VISITS.full_name, VISITS.layout)

    assert before == warehouse.rows("select * from silver.visits order by 1")
    assert ["a"] == once["silver_visits_2026_01"]
    assert once == places(warehouse)
    assert [] == warehouse.ill_laid_out(VISITS.full_name, VISITS.layout)


def test_an_upgrade_that_is_cut_off_leaves_the_table_as_it_was(warehouse):
    warehouse.replace(dataclasses.replace(VISITS, layout=PLAIN), visits({"a": FIRST, **ODD}), Scope())

    with cut_off(), warehouse.transaction():
        warehouse.lay_out(VISITS.full_name, VISITS.layout)
        raise KeyboardInterrupt

    assert {"silver.visits": ["a", "long ago", "never", "unknown"]} == places(warehouse)
    warehouse.lay_out(VISITS.full_name, VISITS.layout)
    assert {"silver_visits_2026_01", "silver_visits_other"} == places(warehouse).keys()


def test_two_writers_at_once_make_a_month_once(warehouse, postgres_url, tmp_path):
    warehouse.create(VISITS)
    with open_warehouse(postgres_url, tmp_path) as other, ThreadPoolExecutor(1) as pool:
        with warehouse.transaction():
            warehouse.append_arrow(VISITS.full_name, visits({"a": FIRST}))
            waiting = pool.submit(other.append_arrow, VISITS.full_name, visits({"b": FIRST}))
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result()

    assert {"silver_visits_2026_01": ["a", "b"]} == places(warehouse)


def test_the_planner_knows_a_table_of_months_after_a_write(warehouse):
    warehouse.replace(VISITS, visits({"a": FIRST, "b": SECOND, "unknown": None}), Scope())

    assert [(3.0,)] == warehouse.rows("select reltuples from pg_class where oid = 'silver.visits'::regclass")


@given(st.sets(st.dates(), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_date_lies_in_one_of_the_months_that_are_made_for_it(dates):
    usable = {date for date in dates if 1990 <= date.year < 2100}

    assert {date.replace(day=1) for date in usable} == months_of(Dates.of(dates))

"""Statements that come every night, or from every reader, look at the rows they are about and at no others.

Asked of PostgreSQL's own plans, on a warehouse of fourteen months; no test here takes the time.
"""

import datetime as dt
import json

import ibis
import numpy as np
import pyarrow as pa
import pytest
import sqlglot.expressions as sge

from wfm_pipeline.contracts.bronze import BRONZE_LAYOUT, DAY_LEDGER
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import QUEUE_INTERVAL_FINAL
from wfm_pipeline.contracts.silver import CALL_LEGS, CALLS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.schemas import arrow_schema
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.conftest import throw_away_database
from wfm_pipeline_tests.contract_kit import rows_of_contract

pytestmark = pytest.mark.postgres
FIRST = dt.date(2025, 1, 1)
DAYS, A_DAY = 420, 40
"""Dates of history, and calls of each: so many that a plan which looks at all of them is the dearer one."""
ISSUES, OF_AN_ISSUE = 120, 200
SOURCE = "desk"
DAY = FIRST + dt.timedelta(days=200)


def spread(table, rows, **columns):
    """So many rows of a contract, with these columns in place of its awkward ones."""
    one = rows_of_contract(table, rows=1)
    values = {
        name: columns[name] if name in columns else pa.array([one[name][0].as_py()] * rows, one.schema.field(name).type)
        for name in table.column_names
    }
    return pa.table(values, schema=arrow_schema(table))


@pytest.fixture(scope="module")
def url():
    yield from throw_away_database("WFM_TEST_POSTGRES_URL")


@pytest.fixture(scope="module")
def warehouse(url, tmp_path_factory):
    """Calls, legs and raw rows of fourteen months, issues of four months, published."""
    with open_warehouse(url, tmp_path_factory.mktemp("house")) as opened:
        rows = DAYS * A_DAY
        dates = [FIRST + dt.timedelta(days=number // A_DAY) for number in range(rows)]
        ids = [f"{number:06d}" for number in range(rows)]
        shared = {"source": [SOURCE] * rows, "call_id": ids, "business_date": dates}
        opened.replace(CALLS, spread(CALLS, rows, **shared), Scope())
        opened.replace(CALL_LEGS, spread(CALL_LEGS, rows, **shared), Scope())
        fill_bronze(opened, ids, dates)
        fill_issues(opened)
        for name in ("bronze.desk__calls", CALLS.full_name, CALL_LEGS.full_name, DAY_LEDGER.full_name):
            opened.renew_statistics(name)
        publish(opened, readers=Readers())
        yield opened


def fill_bronze(opened, ids, dates):
    ledger_dates = sorted(set(dates))
    ledger = spread(
        DAY_LEDGER, 5 * DAYS, source=[SOURCE] * 5 * DAYS,
        table_name=[f"t{number}" for number in range(5) for _ in ledger_dates], business_date=ledger_dates * 5,
    )  # fmt: skip
    opened.replace(DAY_LEDGER, ledger, Scope())
    batches = [f"{date}-batch" for date in dates]
    raw = {"_key_hash": ids, "_row_hash": ids, "_business_date": pa.array(dates), "_batch_id": batches}
    schema = ibis.schema(
        {"_key_hash": "string", "_row_hash": "string", "_business_date": "date", "_batch_id": "string"}
    )
    opened.create_from_schema("bronze.desk__calls", schema, BRONZE_LAYOUT)
    opened.append_arrow("bronze.desk__calls", pa.table(raw))


def fill_issues(opened):
    rows = ISSUES * OF_AN_ISSUE
    issued = np.repeat(
        [np.datetime64(FIRST, "us") + np.timedelta64(number, "D") for number in range(ISSUES)], OF_AN_ISSUE
    )
    starts = [moment + np.timedelta64(number % OF_AN_ISSUE, "h") for number, moment in enumerate(issued)]
    columns = {
        "source": [SOURCE] * rows,
        "queue_id": [f"q{number % 4}" for number in range(rows)],
        "interval_start": pa.array(starts, pa.timestamp("us")),
        "issued_at": pa.array(issued, pa.timestamp("us")),
    }
    for table in (QUEUE_INTERVAL_FORECAST, QUEUE_INTERVAL_FINAL):
        hindcast = {"is_hindcast": [False] * rows} if table == QUEUE_INTERVAL_FORECAST else {}
        opened.replace(table, spread(table, rows, **columns, **hindcast), Scope())
    few = slice(0, rows, OF_AN_ISSUE)
    days = {"source": columns["source"][few], "queue_id": columns["queue_id"][few], "issued_at": columns["issued_at"][few],
            "business_date": [moment.astype("datetime64[D]").item() for moment in issued[few]]}  # fmt: skip
    opened.replace(
        QUEUE_DAY_FORECAST, spread(QUEUE_DAY_FORECAST, ISSUES, **days, is_hindcast=[False] * ISSUES), Scope()
    )


class Plans:
    """A connection that asks for the plan of each statement and does not run it."""

    def __init__(self, warehouse):
        self.warehouse = warehouse

    def of(self, statement):
        text = statement if isinstance(statement, str) else statement.sql(dialect="postgres")
        ((found,),) = self.warehouse.rows(f"explain (format json) {text}")
        plan = found if isinstance(found, list) else json.loads(found)
        return list(nodes(plan[0]["Plan"]))


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def whole_scans(found):
    """Tables and months that a plan reads from end to end."""
    return {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}


def looked_at(found):
    """Tables and months that a plan reads at all."""
    return {node["Relation Name"] for node in found if "Relation Name" in node and node["Node Type"] != "ModifyTable"}


@pytest.fixture(scope="module")
def plans(warehouse):
    return Plans(warehouse)


@pytest.mark.parametrize("table", [CALLS, CALL_LEGS], ids=lambda table: table.name)
def test_the_replacement_of_a_day_looks_at_its_month_alone(plans, table):
    scope = Scope({"source": SOURCE}, "business_date", dates=Dates.of([DAY]))

    found = plans.of(sge.delete(sge.table_(table.name, db="silver"), where=scope.where()))

    assert {f"silver_{table.name}_{DAY:%Y_%m}"} == looked_at(found)


def test_the_first_and_last_date_of_a_source_are_read_from_the_ends(plans):
    found = plans.of(f"select min(business_date), max(business_date) from silver.call_legs where source = '{SOURCE}'")

    assert set() == whole_scans(found) - {"silver_call_legs_other"}


def test_the_versions_of_some_keys_are_found_without_reading_the_past(plans):
    found = plans.of("select * from bronze.desk__calls where _key_hash in ('000017', '004711')")

    assert set() == whole_scans(found) - {"bronze_desk__calls_other"}


def test_the_rows_of_a_batch_are_counted_without_reading_the_past(plans):
    query = sge.select("count(*)").from_("bronze.desk__calls").where(Scope({"_batch_id": f"{DAY}-batch"}).where())

    assert set() == whole_scans(plans.of(query)) - {"bronze_desk__calls_other"}


def test_the_legs_of_a_call_are_found_without_reading_the_past(plans):
    found = plans.of("select * from silver.call_legs where source = 'desk' and call_id = '004711'")

    assert set() == whole_scans(found) - {"silver_call_legs_other"}


def test_what_is_noted_of_compared_days_is_found_by_the_key(plans):
    scope = Scope({"source": SOURCE, "table_name": "t3"}, "business_date", dates=Dates.of([DAY]))

    assert set() == whole_scans(
        plans.of(sge.update("bronze.day_ledger", {"checked_at": sge.null()}, where=scope.where()))
    )


def test_a_queues_newest_forecast_is_read_without_the_former_issues(plans):
    query = """select * from gold_published."Frcast_Operative_Calls" where queue_id = 'q1'"""

    found = plans.of(query)

    assert {"queue_interval_forecast", "queue_interval_forecast_final"} <= looked_at(found)
    assert whole_scans(found) <= {"queue_day_forecast"}


def test_the_final_value_of_a_forecast_is_found_by_its_key(plans):
    found = plans.of(
        "select * from gold.queue_interval_forecast_final where queue_id = 'q1' "
        "and interval_start = timestamp '2025-02-10 01:00' and issued_at = timestamp '2025-02-10'"
    )

    assert {"gold_queue_interval_forecast_final_2025_02"} == looked_at(found)
    assert set() == whole_scans(found)


def test_an_issue_is_read_in_its_month_alone(plans):
    scope = Scope({"source": SOURCE, "issued_at": dt.datetime(2025, 2, 10)})

    found = plans.of(sge.select("*").from_("gold.queue_interval_forecast").where(scope.where()))

    assert {"gold_queue_interval_forecast_2025_02"} == looked_at(found)

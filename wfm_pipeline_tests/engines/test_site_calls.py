"""Calls of a site of several sources: never one across sources, whatever their ids, and redials across them are found."""

from dataclasses import replace

from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.shelves.legs import read_legs_with_redials
from wfm_pipeline.warehouse.silver.refresh import refresh_calls, refresh_legs
from wfm_pipeline_tests.silver_kit import CUSTOMERS, DAY, LEGS, RULES, SOURCE, at, ingest, leg, rows_of

HEAD = replace(SOURCE, name="head", tables=(LEGS, CUSTOMERS))
BRANCH = replace(SOURCE, name="branch", tables=(replace(LEGS, legs="at_once"), CUSTOMERS))
SITE = replace(HEAD, tables=(), members=(HEAD, BRANCH))
LOST = {"status": "ABANDONED", "agent": None, "talk": None, "hold": None, "wrap": None}


def calls_of(warehouse, head, branch):
    """(source, call) -> row of silver.calls."""
    for part, rows in ((HEAD, head), (BRANCH, branch)):
        ingest(warehouse, rows, part)
        customer = {"landing": "0771-100", "customer": f"customer of {part.name}", "parent": None}
        ingest(warehouse, [customer], part, "customers")
    dates = Dates.of([DAY])
    for part in SITE.parts:
        refresh_legs(warehouse, part, RULES, dates)
    refresh_calls(warehouse, SITE, RULES, dates)
    return {(row["source"], row["call_id"]): row for row in rows_of(warehouse, "calls")}


def test_a_redial_that_comes_by_the_other_source_is_found_and_its_namesake_is_none(warehouse):
    calls = calls_of(warehouse, [leg("c1", **LOST)], [leg("c1", created=at("10:02:00"))])

    assert {("head", "c1"): False, ("branch", "c1"): True} == {key: row["is_redial"] for key, row in calls.items()}
    legs = read_legs_with_redials(warehouse, SITE)
    assert [False, True] == sorted(legs["is_redial"])


def test_each_source_says_how_its_legs_relate_and_whose_its_numbers_are(warehouse):
    ringing = [leg("c1", 1, **LOST), leg("c1", 2, agent="bob")]

    calls = calls_of(warehouse, [leg("c1", 1, status="TRANSFERRED"), leg("c1", 2, created=at("10:05:00"))], ringing)

    assert {("head", "c1"): 1, ("branch", "c1"): 0} == {key: row["transfers"] for key, row in calls.items()}
    assert {"customer of head", "customer of branch"} == {row["customer_key"] for row in calls.values()}

"""The customers' assets on calls whose segments are known: shares by hand, last runs as they were known, both engines."""

import datetime as dt
import json

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.assets.customers import CUSTOMER_TABLES, build_customer_assets
from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR, CUSTOMER_SEGMENT, CUSTOMER_SEGMENT_CHANGE
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.contract_check import inspect_contract
from wfm_pipeline.warehouse.engines.scope import Scope

FIRST = dt.date(2026, 3, 30)
LAST = FIRST + dt.timedelta(days=7)
MONDAY = pd.Timestamp("2026-01-05 09:00")


@pytest.fixture
def house(engine_url, clean):
    return House(load_settings(home=clean / "home", warehouse_url=engine_url))


def calls_until(date, *, mover=False):
    """20 customers with 4 calls of 100 s for `sales`, 20 with 60 of 400 s for `support`, 80 calls of nobody known.

    The mover is a customer of few calls who calls 70 times in the last week.
    """
    days = (date - MONDAY.date()).days
    rows = [("few", customer, call) for customer in range(20) for call in range(4)]
    rows += [("many", customer, call) for customer in range(20) for call in range(60)]
    rows += [("mover", 0, call) for call in range(70 * mover)]
    rows += [(None, 0, call) for call in range(80)]
    frame = pd.DataFrame(rows, columns=["group", "customer", "call"])
    share = frame["call"] / frame["group"].map({"few": 4, "many": 60}).fillna(80)
    day = np.floor(share * days).where(frame["group"] != "mover", days - 6 + frame["call"] % 6)
    few, last = (
        frame["group"].isin(["few", "mover"]),
        frame.groupby("group", dropna=False).cumcount(ascending=False) < 1,
    )
    arrived = MONDAY + pd.to_timedelta(day.where(~last, days), unit="D")
    length = np.where(few, 100.0, 400.0) + (frame["call"] % 3 - 1) * 20
    keys = np.where(frame["group"] == "many", "m", "f") + frame["customer"].astype(str).str.zfill(2)
    return pd.DataFrame(
        {
            "source": "telephony",
            "call_id": [f"c{number}" for number in range(len(frame))],
            "queue_id": np.where(few, "sales", "support"),
            "final_queue_id": "support",
            "transfers": 0,
            "arrived_at": arrived,
            "arrived_at_local": arrived,
            "business_date": arrived.dt.date,
            "customer_key": pd.Series(keys).where(frame["group"].notna(), None),
            "outcome": np.where(frame["call"] % 4 == 3, "abandoned", "answered"),
            "handle_seconds": pd.Series(length).where(frame["call"] % 4 != 3),
            "is_redial": frame["call"] % 4 == 0,
            "is_open": True,
        }
    ).reindex(columns=list(CALLS.column_names))


def run(house, calls):
    with house.open_warehouse() as warehouse:
        warehouse.replace(CALLS, calls, Scope())
    result = dg.materialize(
        [*build_customer_assets(), dg.AssetSpec(["silver", "calls"])],
        resources={"house": house},
        selection=dg.AssetSelection.assets(*(["gold", table.name] for table in CUSTOMER_TABLES)),
        instance=dg.DagsterInstance.ephemeral(),
    )
    return {one.asset_key.path[-1]: one.materialization.metadata for one in result.get_asset_materialization_events()}


def rows_of(house, table):
    with house.open_warehouse() as warehouse:
        return warehouse.frame(warehouse.table(table.full_name).order_by(*table.key))


def fingerprints(house):
    with house.open_warehouse() as warehouse:
        return {table.name: content_hash(warehouse, table.full_name) for table in CUSTOMER_TABLES}


def test_segments_say_what_their_calls_are_and_keep_their_contracts(house):
    metadata = run(house, calls_until(FIRST))

    many, few = rows_of(house, CUSTOMER_SEGMENT).to_dict("records")
    # 20 x 60 and 20 x 4 of 1,360 calls; 3 of 4 are answered: 900 x 400 s, 60 x 100 s, and 60 x 400 s of nobody known
    assert (1200, 80) == (many["calls"], few["calls"])
    assert (1200 / 1360, 80 / 1360) == pytest.approx((many["call_share"], few["call_share"]))
    work = 900 * 400 + 60 * 93.333 + 60 * 400  # the few have calls of 80, 100 and 120 s, and the last is not answered
    assert 900 * 400 / work == pytest.approx(many["workload_share"], rel=0.01)
    assert ({"support": 1.0}, {"sales": 1.0}) == tuple(json.loads(one["queue_mix"]) for one in (many, few))
    assert (0.25, 0.25) == (many["abandon_share"], few["redial_share"])
    assert many["description"].startswith("88.2% of calls, ")
    assert many["stability"] >= 0.75
    assert many["p_value"] <= 0.025
    assert many["silhouette"] > many["silhouette_by_chance"]
    assert 2 == metadata["customer_segment"]["segments"].value
    assert 80 == metadata["customer_segment"]["calls_without_customer"].value
    with house.open_warehouse() as warehouse:
        assert [()] * 3 == [inspect_contract(warehouse, table).violations for table in CUSTOMER_TABLES]


def test_the_same_day_again_says_the_same_and_an_older_day_knows_no_later_run(house):
    run(house, calls_until(FIRST))
    first = fingerprints(house)
    segments, changes = rows_of(house, CUSTOMER_SEGMENT), rows_of(house, CUSTOMER_SEGMENT_CHANGE)

    run(house, calls_until(FIRST))
    again = fingerprints(house)
    run(house, calls_until(LAST, mover=True))
    later = rows_of(house, CUSTOMER_SEGMENT)
    run(house, calls_until(FIRST))

    assert first == again
    pd.testing.assert_frame_equal(segments, rows_of(house, CUSTOMER_SEGMENT).iloc[:2])
    pd.testing.assert_frame_equal(later, rows_of(house, CUSTOMER_SEGMENT))
    told = rows_of(house, CUSTOMER_SEGMENT_CHANGE)
    pd.testing.assert_frame_equal(changes, told[told["changed_on"].astype(str) == str(FIRST)])
    assert first["customer_behavior"] == fingerprints(house)["customer_behavior"]


def test_a_day_that_is_corrected_knows_nothing_of_its_own_former_answer(house):
    alike = calls_until(LAST)
    run(house, calls_until(FIRST)[lambda calls: calls["queue_id"] == "sales"])
    run(house, calls_until(LAST))
    mistaken = rows_of(house, CUSTOMER_SEGMENT)

    run(house, alike[alike["queue_id"] == "sales"])

    assert [1, 2, 3] == mistaken["segment_id"].tolist()  # one group of all, then two others
    assert [1, 1] == rows_of(house, CUSTOMER_SEGMENT)["segment_id"].tolist()
    assert {"first_seen"} == set(rows_of(house, CUSTOMER_SEGMENT_CHANGE)["change"])


def test_a_week_later_segments_keep_their_names_and_who_moved_is_told(house):
    run(house, calls_until(FIRST))

    metadata = run(house, calls_until(LAST, mover=True))

    segments = rows_of(house, CUSTOMER_SEGMENT)
    assert [1, 2, 1, 2] == segments["segment_id"].tolist()
    assert 2 == segments["segment_name"].nunique()
    assert {str(FIRST)} == set(segments["segment_since"].astype(str).str[:10])
    changes = rows_of(house, CUSTOMER_SEGMENT_CHANGE)
    [moved] = changes[changes["change"] != "first_seen"].to_dict("records")
    assert ("f00", "moved", 2, 1) == tuple(
        moved[name] for name in ("customer_key", "change", "previous_segment_id", "segment_id")
    )
    customers = rows_of(house, CUSTOMER_BEHAVIOR).set_index("customer_key")
    assert segments["segment_name"].iloc[1] == customers.loc["f00", "previous_segment_name"]
    assert str(LAST) == str(customers.loc["f00", "segment_since"])[:10]
    assert str(FIRST) == str(customers.loc["f01", "segment_since"])[:10]
    assert (1, 0) == tuple(
        metadata["customer_segment"][name].value for name in ("customers_moved", "customers_regrouped")
    )


def test_no_calls_at_all_leave_three_empty_tables(house):
    run(house, calls_until(FIRST).iloc[:0])

    assert [0, 0, 0] == [len(rows_of(house, table)) for table in CUSTOMER_TABLES]

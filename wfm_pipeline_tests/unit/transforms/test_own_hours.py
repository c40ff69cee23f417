"""An interval that its queue's own hours close is not missing where the source has no row of it, and one that they open is."""

import datetime as dt

import ibis
import pandas as pd

from wfm_pipeline.contracts.source.site import OpeningHours
from wfm_pipeline.transforms.intervals import measures, queue_intervals, rows_of_queues
from wfm_pipeline.transforms.opening import OwnHours, with_own_hours

DAY = dt.date(2026, 3, 10)
NOON = dt.datetime(2026, 3, 10, 12)
EVENING = dt.datetime(2026, 3, 10, 19)


def test_an_absent_interval_is_missing_by_the_hours_of_its_queue():
    starts = [NOON, EVENING]
    grid = ibis.memtable(
        pd.DataFrame(
            {
                "slot": [0, 14], "interval_start": starts, "interval_start_local": starts, "business_date": [DAY, DAY],
                "is_open": [True, False], "is_missing": False,
            }
        ).astype({"interval_start": "datetime64[us]", "interval_start_local": "datetime64[us]"})
    )  # fmt: skip
    queues = ibis.memtable(pd.DataFrame({"queue_id": ["own", "plain"], "first_date": [DAY, DAY]}))
    hours = ((OpeningHours(480, 720), OpeningHours(1140, 1200)),)
    own = OwnHours(ibis.memtable(pd.DataFrame({"own_queue_id": ["own"], "own_date": [DAY], "pattern": [0]})), hours)
    calls = ibis.table(
        {
            "queue_id": "string", "arrived_at": "timestamp", "outcome": "string", "is_redial": "boolean", "agent_id": "string",
            "handle_seconds": "float64", "wait_seconds": "float64",
        },
        name="calls",
    )  # fmt: skip
    con = ibis.duckdb.connect()
    con.create_table("calls", schema=calls.schema())

    rows = with_own_hours(rows_of_queues(grid, queues), own, local="interval_start_local")
    full = queue_intervals(rows, measures(calls, NOON, 30, 20), "s", is_absent_missing=True)
    found = con.execute(full.order_by("queue_id", "interval_start"))

    assert [False, True, True, False] == found["is_missing"].tolist()
    assert [False, True, True, False] == found["calls_offered"].isna().tolist()

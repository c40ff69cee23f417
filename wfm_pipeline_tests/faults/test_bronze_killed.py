"""A process that is killed while it brings a batch leaves bronze as it was, and the next one brings it whole."""

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path

from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.bronze.versions import BronzeCounts, append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse

MAP = """
name = "desk"
title = "A desk"
[tables.calls]
role = "call_legs"
load = "incremental"
key = ["id"]
business_date = "at"
[tables.calls.types]
id = "int64"
at = "timestamp"
[tables.calls.columns]
call_id = "id"
queue_id = { constant = "q" }
status = { constant = "answered" }
started_at = "at"
"""
# Brings all rows, but stops for good once the first chunk is in the staging table.
CHILD = """
import datetime as dt, sys, time
from pathlib import Path
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse
folder, url = Path(sys.argv[1]), sys.argv[2]
desk = load_map(str(folder / "desk.toml"))
def chunks():
    with open_reader(str(folder)) as reader:
        for chunk in reader.read(desk.tables[0]):
            yield chunk
            print("staged", flush=True)
            time.sleep(60)
with open_warehouse(url, folder) as warehouse:
    append_versions(warehouse, source_map=desk, table_map=desk.tables[0], read=chunks, batch_id="2",
                    ingested_at=dt.datetime(2026, 3, 2))
"""


def test_a_killed_batch_leaves_no_trace_and_is_brought_again(tmp_path: Path, engine_url: str) -> None:
    url = engine_url
    (tmp_path / "desk.toml").write_text(MAP)
    desk = load_map(str(tmp_path / "desk.toml"))

    def bring(batch_id: str) -> BronzeCounts:
        with open_reader(str(tmp_path)) as reader, open_warehouse(url, tmp_path) as warehouse:
            return append_versions(
                warehouse, source_map=desk, table_map=desk.tables[0], read=lambda: reader.read(desk.tables[0]),
                batch_id=batch_id, ingested_at=dt.datetime(2026, 3, 2),
            )  # fmt: skip

    (tmp_path / "calls.csv").write_text("id,at\n1,2026-03-01 10:00:00\n")
    bring("1")
    (tmp_path / "calls.csv").write_text("id,at\n1,2026-03-01 10:00:00\n2,2026-03-02 10:00:00\n")

    (tmp_path / "child.py").write_text(CHILD)  # a file: PySpark takes what has none for its own doctests
    words = [sys.executable, str(tmp_path / "child.py"), str(tmp_path), url]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "staged\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()

    with open_warehouse(url, tmp_path) as warehouse:
        assert ledger(warehouse, desk, desk.tables[0]) == {dt.date(2026, 3, 1): 1}
        assert warehouse.con.execute(warehouse.table("bronze.desk__calls").count()) == 1
    assert bring("3") == BronzeCounts(rows_in=2, rows_loaded=1, rows_duplicate=1)
    assert bring("4") == BronzeCounts(rows_in=2, rows_loaded=0, rows_duplicate=2)

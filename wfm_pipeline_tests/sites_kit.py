"""Sites of several sources for tests: the sample's calls dealt out over databases of their own, and one site of them."""

import shutil
import sqlite3
from contextlib import closing

from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import RUN_COLUMNS, content_hash

FIRST_LEGS = "select CallId, QueueId, date(Created) as day from queue_cdr where LegNumber = 1"
BY_QUEUE = f"CallId in (select CallId from ({FIRST_LEGS}) where QueueId in (select QueueId from queuegroups order by QueueId limit 2))"
BY_DAY = f"CallId in (select CallId from ({FIRST_LEGS}) where cast(strftime('%d', day) as integer) % 2 = 0)"


def change(path, *statements):
    """Run SQL on a source's database."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def deal_out(sample, folder, condition):
    """Two copies of the sample: `north` has the calls that meet a condition and all cases with their events, `south` the other calls."""
    folder.mkdir(parents=True, exist_ok=True)
    north, south = folder / "north.sqlite", folder / "south.sqlite"
    for path in (north, south):
        shutil.copyfile(sample, path)
    keep = f"create table kept as select distinct CallId from queue_cdr where {condition}"
    change(north, keep, "delete from queue_cdr where CallId not in (select CallId from kept)")
    others = "delete from queue_cdr where CallId in (select CallId from kept)"
    change(south, keep, others, "delete from cases", "delete from case_events")
    return north, south


def entry(path, name=None, source_map="telephony"):
    """An entry of the setting."""
    return {"map": source_map, "url": f"sqlite:///{path}", "name": name or path.stem}


def make_site(home, *entries, **settings):
    """A house whose sources are one site."""
    home.mkdir(parents=True, exist_ok=True)
    return House(
        load_settings(home=home, sources=list(entries), backtest_origins=1, num_threads=1, retry_attempts=1, **settings)
    )


def hashes_but_for_source(house, tables):
    """Content of tables without the names of sources."""
    with house.open_warehouse() as warehouse:
        without = RUN_COLUMNS | {"source", "content_hash"}  # of an issue: its rows name their source
        return {name: content_hash(warehouse, name, without=without) for name in tables if warehouse.has(name)}

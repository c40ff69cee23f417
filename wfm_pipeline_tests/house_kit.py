"""A small simulated centre and the whole graph on it, for tests of the house."""

import datetime as dt
import shutil
import sqlite3
from contextlib import closing, contextmanager

import dagster as dg
import pytest

from wfm_pipeline.contracts.gold import GOLD_TABLES, PIPELINE_HEALTH
from wfm_pipeline.contracts.planning.planners_input import PLANNERS_GOLD_TABLES, PLANNERS_INPUTS
from wfm_pipeline.contracts.silver import INTERVAL_STATISTICS, SILVER_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.main_run import main_request, run_news
from wfm_pipeline.orchestration.runs.running import JobRequest, run_job
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash

LAST_DATE = dt.date(2026, 6, 25)  # a Thursday; 3 and 30 days before are working days too
MADE_SILVER = tuple(table for table in SILVER_TABLES if table is not INTERVAL_STATISTICS)
"""Silver of a source of calls: it has no counts of its own."""
MADE = (*MADE_SILVER, *GOLD_TABLES, *PLANNERS_GOLD_TABLES)
TABLES = [table.full_name for table in (*MADE, *PLANNERS_INPUTS) if table is not PIPELINE_HEALTH]


@contextmanager
def apart(folder):
    """A folder to work in, with no Dagster but its own: what `clean` is to a test, for what many tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.chdir(folder)
        yield folder


def make_house(sample, home, *, warehouse_url=None, **settings):
    """A house of its own: a copy of the sample as source, an empty warehouse, more settings by name."""
    home.mkdir(parents=True, exist_ok=True)
    source = home / "source.sqlite"
    shutil.copyfile(sample, source)
    return House(
        load_settings(
            home=home,
            source_url=f"sqlite:///{source}",
            warehouse_url=warehouse_url,
            backtest_origins=1,
            num_threads=1,
            **settings,
        )
    )


def run(house, *, as_of=None, on_step=lambda _step, _what: None, instance=None):
    """The main job as `wfm run` does it."""
    definitions = build_definitions(house.settings, is_partitioned=False)
    request = main_request(find_stale_dates(house).dates, as_of)
    return run_job(definitions, house, request, on_step=on_step, instance=instance)


def do(house, request, *, on_step=lambda _step, _what: None, instance=None):
    """One job without the Dagster UI's storage, unless an instance is given."""
    definitions = build_definitions(house.settings, is_partitioned=False)
    kept = instance or dg.DagsterInstance.ephemeral()
    return run_job(definitions, house, request, on_step=on_step, instance=kept)


def follow(house, *, as_of=None, is_reissue=False, on_step=lambda _step, _what: None):
    """What `wfm run` does: the main job for what is new, or nothing; gives the outcome and what was said."""
    said = []
    outcome = run_news(
        house,
        find_stale_dates(house),
        lambda: build_definitions(house.settings, is_partitioned=False),
        as_of=as_of,
        on_step=on_step,
        say=said.append,
        is_reissue=is_reissue,
        instance=dg.DagsterInstance.ephemeral(),
    )
    return outcome, " ".join(said)


def refresh(house, *, on_step=lambda _step, _what: None):
    """Bronze and silver of everything stale, as the main job does it before the forecast."""
    assert refresh_outcome(house, on_step=on_step).problems == ()


def refresh_outcome(house, *, on_step=lambda _step, _what: None):
    """The same, whether it ends well or not."""
    return do(house, JobRequest(REFRESH, find_stale_dates(house).dates), on_step=on_step)


def hashes(house, tables=None):
    """Content of every table, without batches and times."""
    with house.open_warehouse() as warehouse:
        return {name: content_hash(warehouse, name) for name in tables or TABLES if warehouse.has(name)}


def count(house, query):
    """One number from the warehouse."""
    with house.open_warehouse() as warehouse:
        return warehouse.con.raw_sql(query).fetchone()[0]


def change_source(house, *statements):
    """Run SQL on the house's own source database."""
    with closing(sqlite3.connect(house.settings.home / "source.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


NUMBERS = (dg.IntMetadataValue, dg.FloatMetadataValue)


def says_what_was_compared(check):
    """True where a check's result has words, and expected and found as numbers; what was not judged says so."""
    if check.description.startswith("not judged: "):
        return {"expected", "found"} <= set(check.metadata)
    return len(check.description.split()) > 3 and all(
        isinstance(check.metadata.get(name), NUMBERS) for name in ("expected", "found")
    )

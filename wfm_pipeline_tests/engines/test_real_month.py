"""A month of a real bank's calls through the whole main job: every engine makes the tables that DuckDB makes."""

import datetime as dt
import os
import time
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.load import load_file
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline_tests.engine_kit import OTHERS, empty_warehouse
from wfm_pipeline_tests.house_kit import follow, hashes

MONTH = (dt.date(1999, 5, 1), dt.date(1999, 5, 31))
CALLS = 39_553


def one_month(real_data, folder):
    """URL of a source with the calls of the month alone."""
    calls = pq.read_table(real_data / "anonymous_bank_1999" / "calls.parquet")
    date = calls["date"].cast("date32")
    file = folder / "month.parquet"
    pq.write_table(calls.filter(pc.and_(pc.greater_equal(date, MONTH[0]), pc.less_equal(date, MONTH[1]))), file)
    url = f"sqlite:///{folder / 'source.sqlite'}"
    assert CALLS == load_file(load_map("anonymous_bank"), file, url)
    return url


def a_run(kind, source_url, folder):
    """Hashes of all tables after the main job on an engine, and its seconds."""
    with empty_warehouse(kind, folder) as url:
        chosen = {"source": "anonymous_bank", "source_url": source_url, "backtest_origins": 1, "num_threads": 1}
        house = House(load_settings(home=folder / "home", warehouse_url=url, **chosen))
        began = time.perf_counter()
        outcome, _ = follow(house)
        seconds = time.perf_counter() - began
        assert () == outcome.problems
        return hashes(house), seconds


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory):
    """The source, and the tables that DuckDB makes of it."""
    if os.environ.get("WFM_TEST_ENGINES") != "each":
        pytest.skip("a real month on every engine: make test-engines (WFM_TEST_ENGINES=each)")
    if not os.environ.get("WFM_REAL_DATA"):
        pytest.skip("WFM_REAL_DATA is not set: the public call-centre data are not tested in this run")
    folder = tmp_path_factory.mktemp("month")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.chdir(folder)
        source_url = one_month(Path(os.environ["WFM_REAL_DATA"]), folder)
        tables, seconds = a_run("duckdb", source_url, folder)
    return source_url, tables, seconds


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("kind", OTHERS)
def test_a_real_month_makes_the_same_tables_on_every_engine(on_duckdb, clean_environment, kind):
    source_url, tables, first_seconds = on_duckdb

    made, seconds = a_run(kind, source_url, clean_environment)

    print(f"{kind}: {seconds:.1f} s, DuckDB {first_seconds:.1f} s")  # noqa: T201  (figures for whoever asks with -s)
    assert len(tables) > 20
    assert tables == made

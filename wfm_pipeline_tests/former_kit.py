"""A small warehouse as an older version left it, on either engine, and the source it had read."""

import lzma
from pathlib import Path

import ibis

from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.engines.opening import open_warehouse

FOLDER = Path(__file__).parent / "former"


def former_house(home, url="duckdb:///warehouse/wfm.duckdb", **settings):
    """A house whose warehouse the older version wrote, restored into the URL's engine."""
    (home / "warehouse").mkdir(parents=True)
    (home / "planning").mkdir()
    packed = home / "warehouse" / "wfm.duckdb"
    packed.write_bytes(lzma.decompress((FOLDER / "warehouse.duckdb.xz").read_bytes()))
    former_source(home)
    (home / "planning" / "forecast_overrides.csv").write_bytes((FOLDER / "forecast_overrides.csv").read_bytes())
    if not url.startswith("duckdb"):
        _restore(packed, url, home)
    return House(
        load_settings(
            home=home,
            source_url=f"sqlite:///{home / 'source.sqlite'}",
            warehouse_url=url,
            planning_folder=home / "planning",
            backtest_origins=1,
            num_threads=1,
            **settings,
        )
    )


def former_source(home):
    """The source: six weeks of one queue up to LAST_DATE."""
    (home / "source.sqlite").write_bytes(lzma.decompress((FOLDER / "source.sqlite.xz").read_bytes()))


def _restore(packed, url, home):
    """Every table of the file into another engine, as a restored dump has them."""
    former = ibis.duckdb.connect(packed, read_only=True)
    with open_warehouse(url, home) as warehouse:
        for layer in ("bronze", "silver", "gold"):
            for table in former.list_tables(database=layer):
                stored = former.table(table, database=layer)
                warehouse.create_from_schema(f"{layer}.{table}", stored.schema())
                warehouse.append_arrow(f"{layer}.{table}", former.to_pyarrow(stored))
    former.disconnect()

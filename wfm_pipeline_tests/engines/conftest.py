"""An empty warehouse of each engine in turn, for tests that hold all engines to the same promise."""

import pytest

from wfm_pipeline.warehouse.engines.opening import open_warehouse


@pytest.fixture
def warehouse(engine_url, tmp_path):
    """Open for writing."""
    with open_warehouse(engine_url, tmp_path) as opened:
        yield opened

"""The whole house on every engine: the same tables as on DuckDB."""

import datetime as dt

import pytest

from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline_tests.engine_kit import OTHERS, empty_warehouse
from wfm_pipeline_tests.house_kit import LAST_DATE, follow, hashes, make_house


@pytest.fixture(params=OTHERS)
def warehouse_url(request, clean):
    with empty_warehouse(request.param, clean) as url:
        yield url


@pytest.mark.slow
def test_the_main_job_makes_the_same_tables_on_every_engine(finished, sample, clean, warehouse_url):
    whole, _ = finished
    house = make_house(sample, clean / "home", warehouse_url=warehouse_url)

    outcome, _ = follow(house, as_of=LAST_DATE + dt.timedelta(days=1))
    again, said = follow(house)

    assert outcome.problems == ()
    assert (again.is_idle, again.run_id) == (True, outcome.run_id), said
    assert hashes(whole) == hashes(house)
    with GoldReader.open(warehouse_url, house.settings.home) as gold:
        assert 4 * 14 == len(gold.latest("queue_day_forecast", "issued_at", is_hindcast=False))

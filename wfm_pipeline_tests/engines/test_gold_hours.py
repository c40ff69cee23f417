"""Hours of gold are read alike on every engine: a stretch of them, and the newest by an instant."""

import pandas as pd
import pytest

from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.backlog_view_kit import DESK, HOUR, NOON, TABLES, desk

ROWS = desk(DESK[:2], hours=30)


@pytest.fixture
def gold(engine_url, tmp_path):
    with open_warehouse(engine_url, tmp_path) as warehouse:
        warehouse.replace(TABLES["backlog_hour"], ROWS["backlog_hour"], Scope())
        publish(warehouse, readers=Readers(folder_mode=0o755))
    with GoldReader.open(engine_url, tmp_path) as opened:
        yield opened


def test_a_stretch_of_hours_is_read_over_midnight_with_both_its_ends(gold):
    first, last = NOON - 14 * HOUR, NOON - 8 * HOUR

    found = gold.hours("backlog_hour", first, last, source="telephony", queue_id="billing")

    assert pd.date_range(first, last, freq="h").tolist() == found["hour_start"].tolist()


def test_the_newest_instant_is_that_of_the_rows_asked_for(gold):
    assert NOON == gold.newest("backlog_hour", "hour_start", source="telephony")
    assert NOON - 3 * HOUR == gold.newest("backlog_hour", "hour_start", until=NOON - 2.5 * HOUR, source="telephony")
    assert gold.newest("backlog_hour", "hour_start", source="other") is None
    assert gold.newest("backlog_hour", "hour_start", until=NOON - 400 * HOUR, source="telephony") is None
    assert (True, False) == (gold.has("backlog_hour"), gold.has("headcount_hour"))


def test_what_was_asked_long_before_the_last_hours_is_found_too(engine_url, tmp_path):
    asked, newest = NOON - 30 * 24 * HOUR, NOON
    old, new = (desk(DESK[:1], newest=at - HOUR, hours=1, ahead=2)["headcount_hour"] for at in (asked, newest))
    with open_warehouse(engine_url, tmp_path) as warehouse:
        warehouse.replace(TABLES["headcount_hour"], pd.concat([old, new]), Scope())
        publish(warehouse, readers=Readers(folder_mode=0o755))

    with GoldReader.open(engine_url, tmp_path) as gold:
        assert newest == gold.newest("headcount_hour", "as_of", source="telephony")
        assert asked == gold.newest("headcount_hour", "as_of", until=newest - HOUR, source="telephony")

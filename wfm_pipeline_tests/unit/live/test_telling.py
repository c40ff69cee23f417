"""What follows a cycle stops no cycle: a channel that is down, a store that cannot be written, a warehouse that another writes."""

import asyncio
import dataclasses
import datetime as dt

import pytest

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.coverage.keeping import Keeper
from wfm_pipeline.monitoring.coverage.looks import LookLimits
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline_tests.coverage_kit import QUARTER
from wfm_pipeline_tests.live_kit import NOW, centre, gold, reading_of, worker


@pytest.fixture
def house(clean_environment):
    return House(
        load_settings(
            home=clean_environment / "home",
            time_zone="UTC",
            alert_channels=("log",),
            alert_pending_seconds={"coverage_gap": 0},
        )
    )


@pytest.fixture(scope="module")
def cycle():
    return worker(gold(), most_gaps=0).cycle(reading_of(centre()), looked_at=NOW.to_pydatetime(), read_seconds=0.0)


def later(cycle, minutes):
    return dataclasses.replace(
        cycle,
        looked_at=cycle.looked_at + dt.timedelta(minutes=minutes),
        as_of=cycle.as_of + dt.timedelta(minutes=minutes),
    )


def test_a_channel_that_is_down_stops_no_cycle_and_its_alert_comes_later(house, cycle):
    heard, now = [], [NOW.to_pydatetime()]

    def hear(alert):
        heard.append(alert.alert_id)
        if len(heard) == 1:
            raise ConnectionError("down")

    async def watch():
        teller = Teller("tel", QUARTER, AlertDesk(house, callback=hear, clock=lambda: now[0]), None, LookLimits())
        told = await teller.tell(cycle)
        await teller.settle()
        now[0] += dt.timedelta(minutes=5)
        assert [] == await teller.tell(later(cycle, 1))  # nothing is new
        await teller.settle()
        return told

    told = asyncio.run(watch())

    assert ["coverage_gap", "coverage_gap"] == [alert.kind for alert in told]
    assert {alert.alert_id for alert in told} == set(heard)
    assert 3 == len(heard)


def test_a_store_that_cannot_be_written_is_counted_and_the_next_cycle_says_it_again(house, cycle, monkeypatch):
    desk = AlertDesk(house)
    take = desk.take
    faults = [WarehouseError("the disk is full")]

    def failing(looks, **words):
        if faults:
            raise faults.pop()
        return take(looks, **words)

    monkeypatch.setattr(desk, "take", failing)

    async def watch():
        teller = Teller("tel", QUARTER, desk, None, LookLimits())
        told = [len(await teller.tell(later(cycle, minutes))) for minutes in (0, 1)]
        await teller.settle()
        return told, teller.lost

    assert ([0, 2], 1) == asyncio.run(watch())


def test_history_of_the_day_is_kept_once_an_interval(house, cycle):
    keeper = Keeper(house, QUARTER)

    due = [keeper.is_due(cycle), keeper.keep(cycle), keeper.is_due(later(cycle, 1)), keeper.is_due(later(cycle, 10))]

    assert [True, True, False, True] == due
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table("gold.coverage_interval"))
        gaps = warehouse.frame(warehouse.table("gold.coverage_gap"))
    assert (192, {"2026-03-02"}) == (len(rows), set(rows["business_date"].astype(str)))
    assert len(cycle.answer.gaps) == len(gaps)


def test_history_waits_for_no_other_writer_and_is_tried_again(house, cycle):
    keeper = Keeper(house, QUARTER)

    with House(house.settings).writing(owner="wfm run"):
        is_kept_here = keeper.house.settings.writer_wait_seconds
    assert 0.0 == is_kept_here

    async def watch():
        teller = Teller("tel", QUARTER, None, keeper, LookLimits())
        await teller.tell(cycle)
        await teller.settle()

    def busy(*_words, **_more):
        raise WarehouseError("another writes")

    before = House.writing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(House, "writing", busy)
        asyncio.run(watch())
        assert keeper.is_due(cycle)
    assert before is House.writing
    asyncio.run(watch())
    assert not keeper.is_due(cycle)


def test_a_monitor_that_only_looks_writes_nothing(house, cycle):
    async def watch():
        teller = Teller("tel", QUARTER, None, None, LookLimits())
        await teller.tell(cycle)
        await teller.settle()

    asyncio.run(watch())

    assert not (house.settings.home / "warehouse").exists()
    with pytest.raises(WarehouseError):
        GoldReader.open(house.warehouse_url, house.settings.home)

"""What callers use: one cycle for all services, callbacks, outages that leave the last numbers and say so, a cadence without drift."""

import asyncio
import datetime as dt
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.errors import DataError
from wfm_pipeline.monitoring.coverage.analyzer import CoverageAnalyzer
from wfm_pipeline.monitoring.coverage.cadence import steps
from wfm_pipeline.monitoring.coverage.looks import LookLimits
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.sources.operational.live.reading import SourceOutageError
from wfm_pipeline_tests.coverage_kit import DAY, QUARTER, at
from wfm_pipeline_tests.live_kit import NOW, centre, gold, later, live_centre, queues

MORNING = (at("09:00").to_pydatetime(), at("11:00").to_pydatetime())


def analyzer(*answers, **words):
    return CoverageAnalyzer(live_centre(*answers, **words), Teller("tel", QUARTER, None, None, LookLimits()))


def test_a_status_and_statistics_of_a_service():
    async def ask():
        async with analyzer(centre()) as opened:
            return await opened.get_real_time_coverage_status("a"), await opened.analyze_coverage_real_time(
                "a", MORNING
            )

    status, found = asyncio.run(ask())

    assert ("a", 1.0, 3, True) == tuple(
        status[name] for name in ("service_id", "agents_available", "calls_waiting", "action_required")
    )
    # two people are split half and half, two are needed of each service: everywhere half is there
    assert (0.5, 0.5, 0.5) == (found.average_coverage, found.min_coverage, found.max_coverage)
    assert (8, {"a"}) == (len(found.to_frame()), set(found.to_frame()["service_id"]))
    assert 1 == len(found.coverage_gaps)
    assert () == found.no_data


def counted(queue):
    """What the centre counted on four same weekdays: 12 calls of 300 seconds in each quarter from 08:00 to 18:00."""
    starts = pd.date_range(DAY + pd.Timedelta(hours=8), periods=40, freq="15min", unit="us")
    weeks = [starts - pd.Timedelta(weeks=back) for back in range(1, 5)]
    local = pd.DatetimeIndex(np.concatenate(weeks))
    return pd.DataFrame(
        {
            "queue_id": queue,
            "interval_start": local,
            "interval_start_local": local,
            "calls_offered": 12.0,
            "aht_seconds": 300.0,
        }
    ).astype({"queue_id": object})


def test_a_service_that_no_forecast_and_no_warehouse_knows_is_needed_as_the_centre_itself_has_counted_and_is_labelled_so():
    async def ask():
        async with analyzer(centre(services=("a", "z")), past=counted("z")) as opened:
            for _ in range(3):
                await opened.centre.cycle()
            return opened.centre.last.answer.intervals, opened.centre.reader.looked_back

    intervals, looked_back = asyncio.run(ask())

    at_ten = intervals[intervals["interval_start"] == at("10:00")].set_index("service_id")
    assert {"a": "forecast", "z": "same_weekdays"} == at_ten["basis"].to_dict()
    assert 12.0 == at_ten.loc["z", "calls_mean"]
    assert at_ten.loc["z", "agents_required"] > 4  # 12 x 300 s in 900 s: four are busy all the time
    ((dates, _),) = looked_back  # once a date, and not with each cycle
    assert [(DAY - pd.Timedelta(weeks=back)).date() for back in (4, 3, 2, 1)] == list(dates)


def test_past_days_that_cannot_be_read_stop_no_cycle_and_are_asked_for_again_later():
    minutes = [0]
    gone = SourceOutageError({"sqlite:///centre": "takes too long"}, since=NOW.to_pydatetime(), failed_reads=1)

    async def ask():
        words = {"past": gone, "now": lambda: later(minutes[0]).to_pydatetime()}
        async with analyzer(centre(services=("a", "z")), **words) as opened:
            found = []
            for minutes[0] in (0, 1, 9, 11):
                cycle = await opened.centre.cycle()
                found.append((cycle.board["service_id"].tolist(), len(opened.centre.reader.looked_back)))
            return found

    found = asyncio.run(ask())

    assert [{"a", "z"}] * 4 == [set(services) for services, _ in found]
    assert [1, 1, 1, 2] == [tries for _, tries in found]


def test_a_centre_whose_services_are_all_forecast_is_not_asked_for_its_past():
    async def ask():
        async with analyzer(centre()) as opened:
            await opened.centre.cycle()
            return opened.centre.reader.looked_back

    assert [] == asyncio.run(ask())


def test_a_stretch_without_any_need_has_no_coverage_and_says_why():
    async def ask():
        async with analyzer(centre(services=("z",))) as opened:
            return await opened.analyze_coverage_real_time("z", MORNING)

    found = asyncio.run(ask())

    assert (None, None, None) == (found.average_coverage, found.min_coverage, found.max_coverage)
    assert "gold.queue_interval_staffing" in found.no_data[0]


def test_a_stretch_may_have_a_zone_and_must_hold_time():
    zoned = tuple(one.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=5))) for one in MORNING)

    async def ask():
        async with analyzer(centre()) as opened:
            found = await opened.analyze_coverage_real_time(None, zoned)
            with pytest.raises(DataError, match="runs from an instant to a later one"):
                await opened.analyze_coverage_real_time(None, MORNING[::-1])
            return found

    assert 16 == len(asyncio.run(ask()).to_frame())


def test_a_service_that_the_centre_does_not_have_is_refused():
    async def ask():
        async with analyzer(centre()) as opened:
            with pytest.raises(DataError, match="no service 'zz'"):
                await opened.get_real_time_coverage_status("zz")
            with pytest.raises(DataError, match="no service 'zz'"):
                await opened.analyze_coverage_real_time("zz", MORNING)

    asyncio.run(ask())


def test_one_cycle_serves_all_who_listen_and_a_callback_that_fails_stops_nobody():
    heard, enough = [], None

    async def listen(status):
        heard.append(status["service_id"])
        if heard.count("a") == 3:
            enough.set()

    def fail(_):
        raise RuntimeError("of the caller")

    async def watch():
        nonlocal enough
        enough = asyncio.Event()
        async with analyzer(centre()) as opened:
            await opened.start_real_time_monitoring("a", listen, 0.05)
            await opened.start_real_time_monitoring("b", fail, 0.05)
            await opened.start_real_time_monitoring(None, lambda every: heard.append(len(every)), 0.05)
            await enough.wait()
            latest = await opened.get_real_time_coverage_status("b")  # no cycle of its own
            return opened, latest

    opened, latest = asyncio.run(watch())

    assert "b" == latest.service_id
    assert ["a", 2, "a", 2] == heard[:4]
    assert len(opened.centre.reader.questions) - heard.count("a") in (0, 1)  # the last one may have been stopped
    assert opened.centre.reader.is_closed


def test_stopping_in_the_middle_of_a_cycle_leaves_no_task():
    async def watch():
        async with analyzer(centre()) as opened:
            before = asyncio.all_tasks()
            await opened.start_real_time_monitoring("a", print, 0.01)
            await asyncio.sleep(0.02)
            await opened.stop()
            return asyncio.all_tasks() - before

    assert set() == asyncio.run(watch())


def test_monitoring_in_other_steps_is_refused():
    async def watch():
        async with analyzer(centre()) as opened:
            await opened.start_real_time_monitoring("a", lambda _: None, 1)
            with pytest.raises(DataError, match="every 1 s already"):
                await opened.start_real_time_monitoring("b", lambda _: None, 2)

    asyncio.run(watch())


def test_an_outage_leaves_the_last_numbers_with_since_when_they_are_old():
    async def ask():
        async with analyzer(centre(), None, centre()) as opened:
            return [await opened.centre.cycle() for _ in range(3)]

    before, during, after = asyncio.run(ask())

    assert (None, at("10:00").to_pydatetime(), None) == tuple(one.stale_since for one in (before, during, after))
    assert (before.as_of, before.board["agents_actual"].tolist()) == (
        during.as_of,
        during.board["agents_actual"].tolist(),
    )
    assert "cannot be read since 2026-03-02 10:00:00 UTC" in during.fault
    assert during.board["stale_since"].notna().all()
    assert after.board["stale_since"].isna().all()


def test_a_centre_that_never_answered_has_an_empty_board_and_a_question_fails():
    async def ask():
        async with analyzer(None) as opened:
            with pytest.raises(SourceOutageError):
                await opened.get_real_time_coverage_status("a")
            return await opened.centre.cycle_or_fault()

    found = asyncio.run(ask())

    assert (0, None) == (len(found.board), found.as_of)
    assert "does not answer" in found.fault


def test_the_day_that_the_centre_says_it_is_is_read():
    recorded = at("09:00") - dt.timedelta(days=9_000)

    async def ask():
        async with analyzer(centre(updated=recorded), day=gold(date=recorded.normalize())) as opened:
            return await opened.centre.cycle(), opened.centre.reader.questions

    cycle, questions = asyncio.run(ask())

    assert recorded == cycle.as_of
    assert [at("00:00").date(), recorded.date()] == [one.starts_at.date() for one in questions]


def test_what_is_old_at_first_sight_is_looked_at_again_before_it_is_called_stale():
    moved, still = (at("08:00"), at("08:01")), (at("08:00"), at("08:00"))

    async def ask(times):
        async with analyzer(*(centre(updated=one) for one in times)) as opened:
            return await opened.centre.cycle()

    assert asyncio.run(ask(moved)).stale_since is None
    assert at("08:00").to_pydatetime() == asyncio.run(ask(still)).stale_since


class Clock:
    """Time that passes when somebody waits or works."""

    def __init__(self):
        self.now = 100.0

    async def sleep(self, seconds):
        self.now += seconds


def walk(work, count, every=30.0):
    """When each of so many steps begins, while step n takes `work[n]` seconds; and how many were missed before it."""

    async def go():
        clock, seen = Clock(), []
        async for due in steps(every, clock=lambda: clock.now, sleep=clock.sleep):
            seen.append((clock.now - 100.0, due.missed))
            clock.now += work(due.number)
            if len(seen) == count:
                break
        return seen

    return asyncio.run(go())


def test_a_thousand_cycles_do_not_drift():
    times = [at for at, _ in walk(lambda number: 0.1 + (number % 7), 1000)]

    assert [30.0] * 999 == [round(second - first, 6) for first, second in pairwise(times)]


def test_a_cycle_that_takes_too_long_is_told_and_its_steps_are_left_out():
    assert [(0, 0), (30, 0), (150, 3), (180, 0)] == walk(lambda number: 95.0 if number == 1 else 1.0, 4)


def test_a_cycle_that_takes_a_whole_step_misses_none():
    assert [(0, 0), (30, 0), (60, 0)] == walk(lambda _: 30.0, 3)


def test_a_board_of_which_nothing_is_known_of_the_queue_still_has_its_people():
    empty = queues("a", "b").assign(calls_waiting=None, longest_wait_seconds=None)

    async def ask():
        async with analyzer(centre(queue_current_metrics=empty)) as opened:
            return await opened.get_real_time_coverage_status("a")

    found = asyncio.run(ask())

    assert (None, None, 1.0, NOW) == (found.calls_waiting, found.longest_wait_seconds, found.agents_actual, found.as_of)

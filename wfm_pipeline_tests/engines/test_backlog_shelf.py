"""The shelf of the hourly backlog, on every engine alike: cases carried on, versions of the calendar."""

import pandas as pd

from wfm_pipeline.contracts.backlog.carried import BACKLOG_CARRY
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.hours import BacklogRequest, backlog_hours
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.warehouse.shelves.backlog.calendar_versions import calendar_versions, note_calendar
from wfm_pipeline.warehouse.shelves.backlog.carry import keep_carry
from wfm_pipeline.warehouse.shelves.backlog.hour_events import read_hour_events
from wfm_pipeline.warehouse.shelves.backlog.readings import HoursAsked
from wfm_pipeline_tests.backlog_kit import case_event_rows, put_case_events

SOURCE = SourceMap("s", "", is_simulated=True, site=Site(country="SE"), tables=())
START = pd.Timestamp("2026-03-02 08:00")
HOUR = pd.Timedelta(hours=1)


def event(case, kind, hour):
    at = START + hour * HOUR
    told = {"case_id": case, "kind": kind, "happened_at": at, "queue_id": "a" if kind == "opened" else None}
    return told | {"known_at": at, "ingested_at": at, "row_hash": f"{case}{kind}"}


ROWS = [
    event("1", "opened", 0.5),
    event("2", "opened", 0.6),
    event("2", "resolved", 1.5),
    event("3", "opened", 1.7),
    event("2", "re_opened", 5.5),
    event("1", "resolved", 9.5),
]


def made(warehouse, first, *, is_whole=False):
    start = START + first * HOUR
    asked = HoursAsked(
        start=start, end=start + HOUR, as_of=start + HOUR, rules=BacklogRules(), queues=("a",),
        renew_after=2 * HOUR, carry_behind=HOUR,
    )  # fmt: skip
    read = read_hour_events(warehouse, SOURCE, asked, is_whole=is_whole)
    answer = backlog_hours(
        BacklogRequest(
            events=read.events,
            hours=pd.DataFrame({"hour_start": [start], "hour_end": [start + HOUR]}),
            as_of=asked.as_of,
            queues=("a",),
            done_cycles=read.done_cycles,
            carry_at=None if is_whole else read.carry_at,
        )
    )
    if answer.carried is not None:
        keep_carry(warehouse, SOURCE, asked, read, answer.carried)
    return answer.by_queue, read.carry is not None


def test_hours_are_the_same_as_from_the_whole_history(warehouse):
    put_case_events(warehouse, "s", case_event_rows(ROWS))

    carried = []
    for first in (3, 5, 9, 9):
        rows, is_carried = made(warehouse, first)
        carried.append(is_carried)
        pd.testing.assert_frame_equal(made(warehouse, first, is_whole=True)[0], rows)

    assert [False, True, True, True] == carried
    assert 1 == warehouse.count(BACKLOG_CARRY.full_name)


def test_versions_of_the_calendar_are_noted_once(warehouse):
    note_calendar(warehouse, SOURCE, START)
    note_calendar(warehouse, SOURCE, START + HOUR)

    assert [START] == [one.known_from for one in calendar_versions(warehouse, SOURCE)]

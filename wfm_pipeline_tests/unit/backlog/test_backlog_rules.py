"""Each rule of the backlog, both ways, on cases small enough to count by hand."""

import pandas as pd
import pytest

from wfm_pipeline.domain.backlog.cycles import case_cycles
from wfm_pipeline.domain.backlog.events import usable_events
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.domain.backlog.timeline import case_timeline
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline_tests.backlog_kit import as_events, backlog, hour_grid

HOURS = hour_grid("2026-03-02 08:00", "2026-03-02 14:00")
"""Six hours; the first ends at 9:00."""


def at(clock):
    return f"2026-03-02 {clock}"


def event(kind, clock, case="1", **more):
    return {"case_id": case, "kind": kind, "at": at(clock), **more}


OPENED = event("opened", "08:10", queue_id="a", priority=1)
TWO = pd.Timestamp(at("14:00"))


def column(made, name, queue="a"):
    rows = made.by_queue[made.by_queue["queue_id"] == queue]
    return [None if pd.isna(value) else value for value in rows[name]]


@pytest.mark.parametrize(
    ("done", "opened"),
    [
        pytest.param("resolved", [1, 0, 0, 0, 0, 0], id="done_once_resolved"),
        pytest.param("closed", [1, 1, 1, 0, 0, 0], id="done_once_closed"),
    ],
)
def test_what_counts_as_done_is_a_rule(done, opened):
    made = backlog([OPENED, event("resolved", "09:30"), event("closed", "11:30")], HOURS, done=done)

    assert opened == column(made, "open_cases")
    assert 1 == sum(column(made, "outflow"))


def test_a_case_closed_without_being_resolved_is_done_under_both_rules():
    rows = [OPENED, event("closed", "09:30")]

    assert [[1, 0, 0, 0, 0, 0]] * 2 == [
        column(backlog(rows, HOURS, done=done), "open_cases") for done in ("resolved", "closed")
    ]


def test_a_re_opened_case_is_open_in_every_later_hour_and_keeps_both_cycles():
    rows = [OPENED, event("resolved", "09:30"), event("re_opened", "11:00"), event("resolved", "13:00")]

    made = backlog(rows, HOURS)
    cycles = case_cycles(case_timeline(usable_events(as_events(rows), as_of=TWO, queues=None), BacklogRules()))

    assert [1, 0, 0, 1, 1, 0] == column(made, "open_cases")  # re-opened at 11:00 sharp: the hour that begins then
    assert [0, 0, 0, 1, 0, 0] == column(made, "re_opened")
    assert [at("09:30"), at("13:00")] == [str(one)[:16] for one in cycles["done_at"]]
    assert ([1, 2], [False, True]) == (cycles["case_cycle"].tolist(), cycles["is_last"].tolist())


@pytest.mark.parametrize(
    ("restart", "over_due"),
    [
        # Two hours from 8:10 are over at 10:10; from the re-open at 11:00 they are over at 13:00.
        pytest.param(False, [None, None, None, 1, 1, 1], id="the_former_due_time_stands"),
        pytest.param(True, [None, None, None, 0, 0, 1], id="the_allowance_begins_again"),
    ],
)
@pytest.mark.parametrize("own", [pytest.param(False, id="by_priority"), pytest.param(True, id="the_sources_own")])
def test_whether_a_re_open_restarts_the_due_time_is_a_rule(own, restart, over_due):
    rows = [OPENED, event("resolved", "08:40"), event("re_opened", "11:00")]
    rule = {"due_seconds": {1: 7200.0}}
    if own:
        rows, rule = [*rows, event("due", "08:10", due_at=at("10:10"))], {}

    made = backlog(rows, HOURS, reopen_restarts_due=restart, **rule)

    assert over_due[3:] == column(made, "over_due")[3:]
    assert [0, 0, 0] == column(made, "over_due")[:3]


@pytest.mark.parametrize(
    ("count", "over_due"),
    [
        # Due at 10:10; an hour of pause puts it off to 11:10.
        pytest.param(True, [0, 0, 1, 1], id="the_due_time_passes"),
        pytest.param(False, [0, 0, 0, 1], id="it_is_put_off"),
    ],
)
def test_whether_pauses_count_towards_the_due_time_is_a_rule(count, over_due):
    rows = [OPENED, event("paused", "09:00"), event("resumed", "10:00")]

    made = backlog(rows, HOURS, pauses_count_in_due=count, due_seconds={1: 7200.0})

    assert over_due == column(made, "over_due")[:4]


@pytest.mark.parametrize(
    ("count", "oldest"), [pytest.param(True, 110, id="as_it_passes"), pytest.param(False, 65, id="without_pauses")]
)
def test_whether_pauses_count_towards_age_is_a_rule(count, oldest):
    made = backlog([OPENED, event("paused", "09:15")], HOURS, pauses_count_in_age=count)

    assert oldest * 60 == column(made, "oldest_seconds")[1]  # 8:10 to 10:00, less 45 min of pause that still lasts


def test_a_restarted_due_time_is_put_off_by_pauses_after_the_re_open_alone():
    rows = [
        event("opened", "08:00", queue_id="a"),
        event("due", "08:00", due_at=at("09:30")),
        event("paused", "08:10"),
        event("resolved", "09:10"),  # an hour of pause in the first cycle
        event("re_opened", "10:00"),
    ]

    made = backlog(rows, HOURS, reopen_restarts_due=True, pauses_count_in_due=False)

    assert [0, 0, 0, 1, 1, 1] == column(made, "over_due")  # due at 11:30 again, not at 12:30


def test_a_re_open_of_a_case_that_never_left_restarts_nothing():
    rows = [OPENED, event("resolved", "09:30"), event("re_opened", "10:30")]

    made = backlog(rows, HOURS, done="closed", reopen_restarts_due=True, due_seconds={1: 3600.0})

    assert [0, 1, 1, 1, 1, 1] == column(made, "over_due")
    assert [0] * 6 == column(made, "re_opened")


def test_a_pause_of_a_done_case_is_no_pause():
    rows = [OPENED, event("resolved", "08:20"), event("paused", "08:30"), event("re_opened", "09:30")]

    made = backlog(rows, HOURS, pauses_count_in_age=False)

    assert 110 * 60 == column(made, "oldest_seconds")[1]  # 8:10 to 10:00


def test_a_case_due_at_the_hours_end_is_not_over_due_yet():
    made = backlog([event("opened", "08:00", queue_id="a", priority=1)], HOURS, due_seconds={1: 3600.0})

    assert [0, 1] == column(made, "over_due")[:2]


def test_over_due_is_unknown_where_no_due_time_is_known():
    made = backlog([OPENED], HOURS, queues=("a", "b"))

    assert ([None] * 6, [1] * 6) == (column(made, "over_due"), column(made, "without_due"))
    assert [0] * 6 == column(made, "over_due", "b")  # nobody is open there: that is known


def test_a_case_is_in_the_older_bucket_from_the_limit_on():
    made = backlog([event("opened", "08:00", queue_id="a")], HOURS, age_limits_seconds=(3600.0, 10800.0))

    buckets = [column(made, name)[:3] for name in ("open_from_0s", "open_from_3600s", "open_from_10800s")]
    assert [[0, 0, 0], [1, 1, 0], [0, 0, 1]] == buckets


def test_a_case_moved_more_often_than_the_limit_is_stuck():
    rows = [OPENED, *(event("moved", f"{9 + n}:10", to_queue=queue) for n, queue in enumerate("baab"))]

    made = backlog(rows, HOURS, stuck_moves=2)

    assert [0, 0, 0, 0, 1, 1] == column(made, "stuck_moved", "b")  # to a a second time is no move: three moves by 12:10
    assert [1, 0, 1, 1, 0, 0] == column(made, "open_cases")


@pytest.mark.parametrize(
    ("windows", "stuck"),
    [
        pytest.param(None, [0, 0, 1, 1, 1, 1], id="every_hour_is_a_working_hour"),
        # From 8:10 to 9:10 and from 12:00 on: two hours are full at 13:00.
        pytest.param([("08:00", "09:10"), ("12:00", "14:00")], [0, 0, 0, 0, 1, 1], id="only_windows_of_work_count"),
    ],
)
def test_a_case_without_progress_for_working_hours_is_stuck(windows, stuck):
    frame = None
    if windows is not None:
        starts, ends = (pd.to_datetime([at(clock) for clock in clocks]) for clocks in zip(*windows, strict=True))
        frame = pd.DataFrame({"starts_at": starts, "ends_at": ends})

    made = backlog([OPENED], HOURS, working=frame, stuck_working_hours=2.0)

    assert stuck == column(made, "stuck_no_progress") == column(made, "stuck")


def test_an_assignment_is_progress_and_a_move_is_none():
    rows = [OPENED, event("moved", "09:50", to_queue="b"), event("assigned", "11:30")]

    made = backlog(rows, HOURS, stuck_working_hours=2.0)

    assert [0, 0, 1, 0, 0, 1] == column(made, "stuck_no_progress", "b")


def test_a_paused_case_rests_for_a_reason():
    made = backlog([OPENED, event("paused", "08:20"), event("resumed", "10:30")], HOURS, stuck_working_hours=1.0)

    assert [0, 0, 0, 1, 1, 1] == column(made, "stuck_no_progress")


def test_work_in_hours_is_unknown_where_the_handle_time_is():
    rows = [OPENED, event("opened", "08:20", case="2", queue_id="b")]

    made = backlog(rows, HOURS, handle_seconds={"a": 1800.0, "b": None}, queues=("a", "b", "c"))

    assert ([0.5], [None], [0.0]) == tuple(column(made, "work_hours", queue)[:1] for queue in "abc")


@pytest.mark.parametrize(
    ("rows", "finding", "opened"),
    [
        pytest.param([event("closed", "08:00"), OPENED], "closed_before_opened", 1, id="closed_before_opened"),
        pytest.param([event("assigned", "08:00"), OPENED], "before_opened", 1, id="assigned_before_opened"),
        pytest.param([event("closed", "08:30")], "never_opened", None, id="never_opened"),
        pytest.param([OPENED, event("opened", "08:30", queue_id="b")], "opened_again", 1, id="opened_again"),
        pytest.param([OPENED, event("closed", "20:30")], "in_the_future", 1, id="in_the_future"),
        pytest.param([OPENED, event("re_opened", "08:30")], "re_open_of_open_case", 1, id="re_open_of_an_open_case"),
        pytest.param(
            [OPENED, event("moved", "08:30", to_queue="z")], "unknown_queue", 0, id="moved_to_an_unknown_queue"
        ),
        pytest.param([OPENED, event("closed", "08:30"), event("closed", "08:40")], "done_again", 0, id="closed_twice"),
        pytest.param(
            [OPENED, event("closed", "08:30"), event("paused", "08:40")], "paused_when_done", 0, id="paused_when_done"
        ),
        pytest.param([OPENED, event("reassigned", "08:30")], "unknown_kind", 1, id="unknown_kind"),
        pytest.param([OPENED, {"case_id": "1", "kind": "closed"}], "no_time", 1, id="no_time"),
        pytest.param([OPENED, {"kind": "closed", "at": at("08:30")}], "no_case", 1, id="no_case"),
    ],
)
def test_what_cannot_be_true_is_a_finding(rows, finding, opened):
    made = backlog(rows, HOURS[:1], queues=("a",))

    assert [finding] == made.findings["finding"].tolist()
    assert [opened or 0] == column(made, "open_cases")


def test_a_clean_life_has_no_finding():
    rows = [
        OPENED,
        event("resolved", "08:20"),
        event("closed", "08:30"),
        event("re_opened", "08:40"),
        event("resolved", "08:50"),
    ]

    assert backlog(rows, HOURS).findings.empty
    assert backlog(rows, HOURS, done="closed").findings.empty


def test_a_case_of_an_unknown_queue_is_counted_and_told():
    made = backlog([event("opened", "08:10", queue_id="z")], HOURS[:1], queues=("a",))

    assert ([0], [1]) == (column(made, "open_cases"), column(made, "open_cases", "(unknown)"))


def test_a_closing_time_is_not_used_before_it_was_told():
    rows = [OPENED, event("closed", "08:30", known_at=at("10:30"))]

    then, later = (backlog(rows, HOURS[:2], as_of=at(clock)) for clock in ("10:00", "11:00"))

    assert ([1, 1], 1) == (column(then, "open_cases"), then.not_yet_known)
    assert ([0, 0], 0) == (column(later, "open_cases"), later.not_yet_known)


def test_events_of_one_instant_happen_in_the_order_of_the_rows_and_an_opening_first():
    ends, begins = event("closed", "08:10"), event("re_opened", "08:10")

    assert [1] == column(backlog([ends, begins, OPENED], HOURS[:1]), "open_cases")
    assert [0] == column(backlog([begins, ends, OPENED], HOURS[:1]), "open_cases")


def test_no_events_give_empty_queues():
    made = backlog([], HOURS[:2], queues=("a",))

    assert [0, 0] == column(made, "open_cases")
    assert [None, None] == column(made, "oldest_seconds")


@pytest.mark.parametrize(
    "options",
    [
        {"done": "over"},
        {"age_limits_seconds": (5.0, 5.0)},
        {"due_seconds": {1: 0.0}},
        {"stuck_moves": -1},
        {"stuck_working_hours": 0.0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_rules_that_say_nothing_are_refused(options):
    with pytest.raises(SettingsError, match=f"{next(iter(options))}.*got"):
        BacklogRules(**options)


def test_an_hour_that_is_not_over_and_events_without_their_columns_are_refused():
    with pytest.raises(DataError, match="after as_of"):
        backlog([OPENED], HOURS, as_of=at("13:30"))
    with pytest.raises(DataError, match="overlap"):
        backlog([OPENED], HOURS[::-1])
    with pytest.raises(DataError, match="lack"):
        usable_events(pd.DataFrame({"case_id": ["1"]}), as_of=TWO, queues=None)

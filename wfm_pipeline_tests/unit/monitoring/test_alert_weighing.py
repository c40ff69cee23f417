"""When a look becomes an alert: how long it must be wrong, how long well, and when it is told that it got worse."""

import datetime as dt
import math

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.grouping import keys_of, weigh_all
from wfm_pipeline.monitoring.alerts.incidents import Sighting, severity_of
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP, KINDS, NO_DATA
from wfm_pipeline.monitoring.alerts.limits import TwoLimits
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.waiting import acknowledged, due_steps, reminded
from wfm_pipeline.monitoring.alerts.weighing import Known, weigh
from wfm_pipeline.settings import load_settings
from wfm_pipeline.settings_groups import EscalationStep

NOON = dt.datetime(2026, 3, 2, 12)
RULES = Rules(pending_seconds={"coverage_gap": 120}, clear_seconds={"coverage_gap": 180})
HEAD = EscalationStep(severity="high", minutes=15, channels=("webhook",))
BOSS = EscalationStep(severity="critical", minutes=5, channels=("email",), email_to=("boss@example.org",))


def after(seconds):
    return NOON + dt.timedelta(seconds=seconds)


def gap(look, seconds, severity=None, *, key="gap:billing", parent=None, kind=COVERAGE_GAP):
    return Sighting(
        key, kind, look == "wrong", after(seconds), "billing", "2 short", {}, severity, look == "between", parent
    )


def weighed(*looks, rules=RULES, known=None):
    """What is known after looks that are told at once, and what was told: (seconds, event)."""
    known, told = known or Known(), []
    for look in looks:
        known, event = weigh(known, look, rules, now=look.at)
        told += [(int((look.at - NOON).total_seconds()), event)] if event else []
    return known, told


# -- pending and clear -------------------------------------------------------------------------


def test_a_gap_is_told_once_it_lasted_long_enough_and_counts_from_its_first_look():
    known, told = weighed(gap("wrong", 0), gap("wrong", 60), gap("wrong", 119), gap("wrong", 120), gap("wrong", 180))

    assert [(120, "opened")] == told
    assert (NOON, 5, None) == (known.incident.opened_at, known.incident.times, known.timer.wrong_since)


def test_a_gap_that_ends_before_is_never_told_and_the_next_begins_anew():
    known, told = weighed(
        gap("wrong", 0), gap("wrong", 100), gap("well", 110), gap("wrong", 120), gap("wrong", 230), gap("wrong", 240)
    )

    assert [(240, "opened")] == told
    assert after(120) == known.incident.opened_at


def test_a_gap_is_over_once_it_was_well_long_enough_and_since_the_first_good_look():
    known, told = weighed(
        gap("wrong", 0), gap("wrong", 120),
        gap("well", 200), gap("wrong", 300),  # a moment of luck
        gap("well", 400), gap("well", 579), gap("well", 580), gap("well", 700),
    )  # fmt: skip

    assert [(120, "opened"), (580, "closed")] == told
    assert after(400) == known.incident.closed_at


def test_a_look_between_the_limits_stops_no_timer_and_starts_none():
    _, told = weighed(
        gap("between", 0), gap("wrong", 60), gap("between", 120), gap("between", 180),  # pending since 60, not told
        gap("wrong", 190), gap("well", 200), gap("between", 380), gap("well", 381),
    )  # fmt: skip

    assert [(190, "opened"), (381, "closed")] == told


def test_a_value_that_flaps_around_its_limit_is_one_alert():
    limits = TwoLimits(open_limit=0.80, clear_limit=0.90)
    coverage = [0.79 if minute % 2 else 0.81 for minute in range(600)]

    looks = [gap(limits.look(value), 60 * minute) for minute, value in enumerate(coverage)]

    assert [(180, "opened")] == weighed(*looks)[1]


def test_a_value_that_flaps_past_both_limits_is_told_no_more_often_than_the_two_times_allow():
    looks = [gap("wrong" if second // 150 % 2 else "well", second) for second in range(0, 7_200, 10)]

    assert [(270, "opened")] == weighed(*looks)[1]  # well for 150 s is less than the 180 s that would close it


@pytest.mark.parametrize("clear", [0.9, 0.7], ids=["lower_is_worse", "higher_is_worse"])
def test_the_side_of_the_clear_limit_says_which_way_is_worse(clear):
    limits, worse, better = TwoLimits(0.8, clear), 1.6 - clear, clear

    assert ["wrong", "wrong", "between", "well", "well"] == [
        limits.look(value) for value in (worse, 0.8, (0.8 + clear) / 2, better, 2 * clear - 0.8)
    ]


@pytest.mark.parametrize("clear", [0.8, math.nan, math.inf])
def test_one_limit_is_no_hysteresis(clear):
    with pytest.raises(SettingsError, match="must be two numbers"):
        TwoLimits(0.8, clear)


def test_what_is_not_known_is_neither_wrong_nor_well():
    with pytest.raises(SettingsError, match="no_data"):
        TwoLimits(0.8, 0.9).look(math.nan)


# -- severity ----------------------------------------------------------------------------------


def test_what_gets_worse_is_told_at_once_and_what_gets_better_after_a_while():
    known, told = weighed(
        gap("wrong", 0, "medium"), gap("wrong", 120, "medium"), gap("wrong", 130, "critical"),
        gap("wrong", 140, "medium"), gap("wrong", 200, "high"), gap("wrong", 319, "low"), gap("wrong", 320, "low"),
    )  # fmt: skip

    assert [(120, "opened"), (130, "changed"), (320, "changed")] == told
    assert "high" == severity_of(known.incident)  # the worst since it eased at 140


def test_a_severity_that_flaps_is_told_once_each_way():
    looks = [gap("wrong", second, "high" if second // 60 % 2 else "medium") for second in range(0, 3_600, 10)]

    assert [(120, "opened"), (180, "changed")] == weighed(*looks)[1]


# -- acknowledgement and escalation ------------------------------------------------------------


def opened(severity="high", rules=RULES):
    return weighed(gap("wrong", 0, severity), gap("wrong", 120, severity), rules=rules)[0].incident


def steps(known, minutes, rules):
    return [step.name for step in due_steps(known, rules, now=after(120 + 60 * minutes))]


def test_nobody_further_is_told_before_the_escalations_minutes_nor_below_its_severity():
    rules = Rules(pending_seconds={"coverage_gap": 120}, steps=(BOSS, HEAD))

    assert [[], ["high-15"], []] == [
        steps(opened("high", rules), 14.9, rules), steps(opened("high", rules), 15, rules),
        steps(opened("medium", rules), 999, rules),
    ]  # fmt: skip
    assert ["critical-5", "high-15"] == steps(opened("critical", rules), 15, rules)


def test_what_somebody_takes_is_neither_escalated_nor_reminded_of_until_that_runs_out():
    rules = Rules(pending_seconds={"coverage_gap": 120}, steps=(HEAD,), reminder=dt.timedelta(minutes=30))
    taken = acknowledged(opened("high", rules), by="Ada", until=after(120 + 3_600), now=after(120))

    assert [[], [], ["high-15"]] == [steps(taken, minutes, rules) for minutes in (59, 60 + 14, 60 + 15)]
    assert reminded(taken, rules, now=after(120 + 59 * 60)) is None
    assert reminded(taken, rules, now=after(120 + 60 * 60)) is not None


def test_what_gets_worse_is_told_though_somebody_takes_it_and_has_to_be_taken_anew():
    taken = acknowledged(opened("medium"), by="Ada", until=None, now=after(120))

    known, told = weighed(gap("wrong", 200, "critical"), known=Known(taken))

    assert [(200, "changed")] == told
    assert (None, "critical") == (known.incident.acknowledged_by, known.incident.severity)


def test_what_gets_better_is_not_told_to_who_takes_it_but_its_end_is():
    taken = acknowledged(opened("high"), by="Ada", until=None, now=after(120))

    known, told = weighed(
        gap("wrong", 200, "low"), gap("wrong", 380, "low"), gap("well", 400), gap("well", 580), known=Known(taken)
    )

    assert [(580, "closed")] == told
    assert "low" == known.incident.severity


def test_a_new_matter_is_nobodys():
    taken = acknowledged(opened(), by="Ada", until=None, now=after(120))
    known, _ = weighed(gap("well", 200), gap("well", 380), gap("wrong", 400), gap("wrong", 520), known=Known(taken))

    assert (True, None) == (known.is_open, known.incident.acknowledged_by)


# -- many at once ------------------------------------------------------------------------------


def cycle(known, looks, rules=RULES, *, at):
    """One turn of a loop: what is known then, and the (key, event, children) that were told."""
    asked = {key: known.get(key, Known()) for key in keys_of(looks)}
    done = weigh_all(asked, looks, rules, now=after(at))
    return {**known, **done.changed}, [(one.key, event, one.children) for one, event in done.told]


def source(look, at):
    return gap(look, at, key="source", kind=NO_DATA)


def services(look, at, count=761):
    return [gap(look, at, key=f"service {number}", parent="source", kind=NO_DATA) for number in range(count)]


def test_an_outage_of_a_source_is_one_alert_with_its_services_counted_and_is_over_within_two_cycles():
    known, told = {}, []
    for at, look in ((0, "wrong"), (30, "wrong"), (60, "wrong"), (90, "wrong"), (120, "well"), (150, "well")):
        known, new = cycle(known, [*services(look, at), source(look, at)], at=at)
        told += [(at, *one) for one in new]

    assert [(60, "source", "opened", 761), (150, "source", "closed", 761)] == told


def test_what_stays_wrong_when_the_source_is_back_is_told_by_itself_and_waits_from_then_on():
    known, told = {}, []
    for at in range(0, 300, 30):
        look = "wrong" if at < 120 else "well"
        looks = [source(look, at), *services("wrong", at, 1), *services("well", at, 5)[1:]]
        known, new = cycle(known, looks, at=at)
        told += [(at, key, event) for key, event, _ in new]

    # The source is over at 150; from that look on the service waits for its own 60 s.
    assert [(60, "source", "opened"), (150, "source", "closed"), (210, "service 0", "opened")] == told


def test_what_was_open_before_the_outage_stays_open_and_closes_by_its_own_looks():
    known, _ = cycle({}, services("wrong", 0, 1), at=0)
    known, first = cycle(known, services("wrong", 60, 1), at=60)
    for at in (90, 120, 150):
        known, new = cycle(known, [source("wrong", at), *services("wrong", at, 1)], at=at)
        first += new
    known, last = cycle(known, [source("well", 180), *services("well", 180, 1)], at=180)
    known, end = cycle(known, [source("well", 210), *services("well", 210, 1)], at=210)

    assert [("service 0", "opened"), ("source", "opened")] == [told[:2] for told in first]
    assert ([], {("source", "closed"), ("service 0", "closed")}) == (last, {told[:2] for told in end})


def test_what_hangs_on_a_thing_that_hangs_on_another_is_swallowed_with_it():
    looks = [
        gap("wrong", at, key=key, parent=parent, kind=NO_DATA)
        for at in (0, 60)
        for key, parent in (("leaf", "branch"), ("branch", "tree"), ("tree", None))
    ]

    known, told = cycle({}, looks[:3], at=0)
    _, then = cycle(known, looks[3:], at=60)

    assert [("tree", "opened", 2)] == told + then


def test_the_order_of_looks_in_one_cycle_does_not_matter():
    def ends(looks):
        known, told = {}, []
        for at in (0, 60):
            known, new = cycle(known, [one for one in looks if one.at == after(at)], at=at)
            told += new
        return known, told

    looks = [one for at in (0, 60) for one in (source("wrong", at), *services("wrong", at, 3))]

    assert ends(looks) == ends(looks[::-1])


def test_things_that_hang_on_each_other_in_a_circle_are_told_and_do_not_hang_the_loop():
    looks = [gap("wrong", 0, key="a", parent="b", kind=NO_DATA), gap("wrong", 0, key="b", parent="a", kind=NO_DATA)]

    known, _ = cycle({}, looks, at=0)

    assert 1 == sum(state.is_pending for state in known.values())


# -- settings ----------------------------------------------------------------------------------


def test_how_long_a_kind_waits_is_its_own_unless_the_settings_say_otherwise(tmp_path):
    settings = load_settings(home=tmp_path, alert_pending_seconds={"no_data": 5}, alert_clear_seconds={"run_failed": 7})

    rules = Rules.of(settings, time_zone="UTC")

    assert [5.0, 1.0] == [rules.pending(NO_DATA).total_seconds(), rules.clear(NO_DATA).total_seconds()]
    assert [120.0, 7.0] == [
        rules.pending(COVERAGE_GAP).total_seconds(), rules.clear(KINDS["run_failed"]).total_seconds()
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["alert_pending_seconds", "alert_clear_seconds"])
def test_a_kind_that_there_is_not_is_refused_with_those_there_are(tmp_path, name):
    with pytest.raises(SettingsError, match=rf"{name} has coverage_gaps; kinds of alerts are .*coverage_gap"):
        Rules.of(load_settings(home=tmp_path, **{name: {"coverage_gaps": 5}}), time_zone="UTC")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"alert_quiet_hours": "22-06"}, "two different times of day", id="no_times"),
        pytest.param({"alert_quiet_hours": "22:00-22:00"}, "two different times of day", id="the_same"),
        pytest.param(
            {
                "alert_escalation": [
                    {"severity": "high", "minutes": 5, "channels": ["log"], "email_to": ["a@b.example"]}
                ]
            },
            "with email in channels",
            id="mail_without_mail",
        ),
        pytest.param(
            {"alert_escalation": [{"severity": "high", "minutes": 5, "channels": ["log"]}] * 2},
            "one entry per severity, minutes and who",
            id="twice",
        ),
    ],
)
def test_a_rule_that_says_nothing_is_refused_by_name(tmp_path, settings, words):
    with pytest.raises(SettingsError, match=words):
        load_settings(home=tmp_path, **settings)


# -- levels at work ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "is_at_work"),
    [
        pytest.param("2026-03-06 23:00", True, id="friday_evening"),
        pytest.param("2026-03-07 05:59", True, id="the_night_that_began_on_friday"),
        pytest.param("2026-03-07 06:00", False, id="its_end"),
        pytest.param("2026-03-07 23:00", False, id="saturday_evening"),
        pytest.param("2026-03-06 03:00", False, id="the_night_that_began_on_thursday"),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(local, is_at_work):
    night = EscalationStep(severity="low", minutes=0, channels=("log",), hours="22:00-06:00", weekdays=("fri",))

    assert is_at_work == night.is_at_work(dt.datetime.fromisoformat(local))


def test_a_level_without_hours_is_always_at_work():
    assert HEAD.is_at_work(dt.datetime(2026, 3, 7, 23, 59, 59, 999_999))
    assert ("high-15", "low-0-operations_lead") == (
        HEAD.name,
        EscalationStep(severity="low", minutes=0, channels=("log",), who="Operations lead").name,
    )

"""Gaps and outages as looks: one outage is one alert, a number that flaps is one alert, what is not known is not looked at."""

import datetime as dt
from functools import lru_cache

import pandas as pd
import pytest

from wfm_pipeline.monitoring.alerts.grouping import keys_of, weigh_all
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.weighing import Known
from wfm_pipeline.monitoring.coverage.looks import centre_look, service_looks
from wfm_pipeline_tests.coverage_kit import QUARTER, at
from wfm_pipeline_tests.live_kit import NOW, centre, gold, queues, reading_of, shifts, states, table, worker

EVERY = dt.timedelta(seconds=30)


def looks_of(tables, *, day=None, as_of=NOW):
    told = reading_of({**tables, "queue_current_metrics": queues(*tables["services"]["id"], updated=as_of)})
    found = worker(day, most_gaps=0).cycle(told, looked_at=as_of.to_pydatetime(), read_seconds=0.0)
    looks = service_looks("tel", found.answer, found.reached, as_of=as_of, interval_seconds=QUARTER)
    return {look.key: look for look in looks}


def people(count):
    """A service that so many people idle for, and 10 are needed."""
    tables = centre(services=("a",), idle=[f"agent {n}" for n in range(count)])
    return looks_of(tables, day=gold(queues=("a",), exact=10.0))["coverage:tel:a"].look


def test_a_shortage_is_wrong_enough_people_are_well_and_between_the_limits_nothing_changes():
    # 10 needed: below 8.5 is short, from 9 on it is over
    tables = centre(services=("a",), idle=[f"agent {n}" for n in range(9)])
    partly = states(*((f"agent {n}", "ready", "09:00", None) for n in range(8)), ("agent 8", "ready", "10:01", None))
    between = looks_of({**tables, "agent_states": partly}, day=gold(queues=("a",), exact=10.0))["coverage:tel:a"]

    assert ("wrong", "between", "well") == (people(8), between.look, people(9))


def counted(level, starts="09:45"):
    """What the centre has counted of service a in the quarter that begins then."""
    row = {"service_id": "a", "interval_start_time": at(starts), "received_calls": 9, "service_level": level}
    return table("contact_statistics", row)


@pytest.mark.parametrize(
    ("agents", "reached", "look", "severity"),
    [
        pytest.param(20, 0.02, "wrong", "critical", id="people_suffice_and_the_line_says_otherwise"),
        pytest.param(20, 0.05, "between", None, id="near_the_limit_nothing_changes"),
        pytest.param(20, 0.90, "well", None, id="both_are_well"),
        pytest.param(8, 0.99, "well", None, id="people_are_short_and_the_line_stands"),
        pytest.param(2, 0.70, "wrong", "high", id="far_too_few_people"),
    ],
)
def test_the_level_to_expect_decides_where_the_line_has_shown_one(agents, reached, look, severity):
    tables = centre(services=("a",), idle=[f"agent {n}" for n in range(agents)], contact_statistics=counted(reached))

    found = looks_of(tables, day=gold(queues=("a",), exact=10.0))["coverage:tel:a"]

    assert (look, severity) == (found.look, found.severity)


def test_a_line_that_closes_is_no_shortage_however_its_last_calls_went():
    evening = counted(0.02, "17:45")
    tables = centre(services=("a",), idle=("ann", "bob"), contact_statistics=evening)

    looks = [looks_of(tables, day=gold(queues=("a",)), as_of=at(when))["coverage:tel:a"] for when in ("18:01", "18:10")]

    assert ["well", "well"] == [look.look for look in looks]


def test_a_low_target_is_missed_below_its_half():
    tables = centre(services=("a",), idle=("ann",), contact_statistics=counted(0.0))
    services = tables["services"].assign(target_service_level=0.1)

    found = looks_of({**tables, "services": services}, day=gold(queues=("a",), exact=30.0, calls=300.0))[
        "coverage:tel:a"
    ]

    assert "wrong" == found.look


def test_a_line_that_fails_though_people_suffice_says_so_and_what_to_look_at():
    tables = centre(services=("a",), idle=[f"agent {n}" for n in range(20)], contact_statistics=counted(0.02))

    found = looks_of(tables, day=gold(queues=("a",), exact=10.0))["coverage:tel:a"]

    assert "by forecast and roster people suffice: look at who waits" in found.what
    assert found.facts["gap_id"] is None
    assert found.facts["service_level_ahead"] < found.facts["service_level_target"]


@pytest.mark.parametrize("starts", [pytest.param("09:15", id="too_old"), pytest.param("10:00", id="not_over")])
def test_a_count_that_is_no_news_leaves_coverage_to_decide(starts):
    tables = centre(services=("a",), idle=[f"agent {n}" for n in range(20)], contact_statistics=counted(0.1, starts))

    assert "well" == looks_of(tables, day=gold(queues=("a",), exact=10.0))["coverage:tel:a"].look


def test_a_gap_that_begins_within_a_quarter_of_an_hour_is_seen_before_it_begins():
    goes = shifts(("ann", "08:00", "16:00"), ("bob", "08:00", "10:00"))
    looks = [
        looks_of(centre(services=("a",), shifts=goes), day=gold(queues=("a",)), as_of=at(when))["coverage:tel:a"]
        for when in ("09:40", "09:45", "09:58")
    ]

    assert ["well", "wrong", "wrong"] == [look.look for look in looks]
    assert (
        "2 agents short from 2026-03-02 10:00 to 18:00 UTC" in looks[1].what
    )  # at the worst: nobody is rostered from 16:00 on


def test_what_is_not_known_is_not_looked_at():
    assert {} == looks_of(centre(agent_states=table("agent_states"), shifts=table("shifts")))


def test_a_look_has_numbers_for_machines_and_names_no_person():
    look = looks_of(centre())["coverage:tel:a"]

    assert ("a", 2, None) == (look.facts["service_id"], look.facts["agents_short"], look.facts["cost"])
    assert "cost not known" in look.what
    assert not any(name in f"{look.what} {look.facts}" for name in ("ann", "bob"))
    assert "live:tel" == look.parent


def weighed(turns):
    """What is told over turns of looks, half a minute apart, by the rules as they come."""
    known, told, begin = {}, [], NOW.to_pydatetime()
    for number, make in enumerate(turns):
        now = begin + number * EVERY
        looks = make(now)
        done = weigh_all({key: known.get(key, Known()) for key in keys_of(looks)}, looks, Rules(), now=now)
        known |= done.changed
        told += [(number, incident.key, event) for incident, event in done.told]
    return told


@lru_cache
def answer_of(count):
    """Three services, each of which needs 2 of so many people."""
    tables = centre(services=tuple("abc"), idle=[f"agent {n}" for n in range(count)])
    made = worker(gold(queues=tuple("abc")), most_gaps=0)
    return made.cycle(reading_of(tables), looked_at=NOW.to_pydatetime(), read_seconds=0.0).answer


def short(now, *, level="wrong"):
    answer = answer_of(1 if level == "wrong" else 20)
    as_of = NOW + (now - NOW.to_pydatetime())
    return service_looks("tel", answer, pd.Series(dtype="float64"), as_of=as_of, interval_seconds=QUARTER)


def test_one_outage_of_the_source_is_one_alert_and_is_over_two_cycles_after_it_is_back():
    def out(now):
        return [centre_look("tel", "does not answer", at=now)]

    def well(now):
        return [centre_look("tel", "", at=now), *short(now, level="well")]

    told = weighed([well, *[out] * 6, well, well, well])

    assert [(3, "live:tel", "opened"), (8, "live:tel", "closed")] == told


def test_services_of_a_source_that_is_out_are_not_told_besides():
    def stale(now):
        return [centre_look("tel", "stands still", at=now), *short(now)]

    assert [(2, "live:tel", "opened")] == weighed([stale] * 8)


def test_a_shortage_that_comes_and_goes_within_two_minutes_is_never_told():
    turns = [short, lambda now: short(now, level="well")] * 6

    assert [] == weighed(turns)


def test_a_shortage_that_lasts_is_told_once_for_each_service_and_once_when_it_is_over():
    turns = [*[short] * 10, *[lambda now: short(now, level="well")] * 6]

    told = weighed(turns)

    assert [(4, f"coverage:tel:{one}", "opened") for one in "abc"] == told[:3]
    assert [(14, f"coverage:tel:{one}", "closed") for one in "abc"] == told[3:]

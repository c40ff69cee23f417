"""Alerts of the backlog as looks: a queue's own up to a number of queues, then one of the site; what has no alert any more is well."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.backlog.ahead import ALERT_KINDS
from wfm_pipeline.monitoring.alerts.grouping import keys_of, weigh_all
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.alerts.kinds import KINDS
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.weighing import Known
from wfm_pipeline.monitoring.backlog.looks import backlog_looks, source_look
from wfm_pipeline.monitoring.backlog.telling import tell_backlog
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings

NINE = dt.datetime(2026, 3, 2, 9)
FOUR = 4


def after(hours):
    return NINE + dt.timedelta(hours=hours)


def alerts_of(*queues, kind="surge_inflow", severity="medium"):
    """Rows as gold.backlog_alert."""
    return pd.DataFrame(
        {
            "queue_id": queues,
            "kind": kind,
            "severity": severity,
            "value": 31.0,
            "limit": np.nan,
            "words": "31 cases came in the last hour, 18.0 expected",
            "advice": None,
        },
        columns=["queue_id", "kind", "severity", "value", "limit", "words", "advice"],
    )


def told_of(*hours, faults=()):
    """Hours of alerts one after the other; gives (hour, thing, event)."""
    known, told = {}, []
    for number, alerts in enumerate(hours):
        trouble = [key for key, one in known.items() if one.is_open or one.is_pending]
        looks = [source_look("desk", "cases could not be read" if number in faults else "", at=after(number))]
        if number not in faults:
            looks += backlog_looks("desk", alerts, at=after(number), in_trouble=trouble, group_from=FOUR)
        before = {key: known.get(key, Known()) for key in keys_of(looks)}
        weighed = weigh_all(before, looks, Rules(), now=after(number))
        known.update(weighed.changed)
        told += [(number, incident.thing, event) for incident, event in weighed.told]
    return told


def test_every_kind_of_the_contract_is_a_kind_of_the_alerts_room():
    assert set(ALERT_KINDS) <= set(KINDS)


def test_a_queue_s_surge_opens_and_closes_once():
    told = told_of(alerts_of("a"), alerts_of("a"), alerts_of(), alerts_of())

    assert [(0, "queue a", "opened"), (2, "queue a", "closed")] == told


def test_five_hundred_queues_are_one_alert():
    many = alerts_of(*(f"q{number}" for number in range(500)))

    told = told_of(many, many, alerts_of())

    assert [(0, "several queues of desk", "opened"), (2, "several queues of desk", "closed")] == told


def test_queues_left_over_when_many_have_gone_are_told_one_by_one():
    told = told_of(alerts_of("a", "b", "c", "d"), alerts_of("a", "b"), alerts_of("a"))

    assert (0, "several queues of desk", "opened") == told[0]
    assert {(2, "several queues of desk", "closed"), (2, "queue a", "opened")} == set(told[1:])


def test_a_breach_that_flutters_by_the_hour_is_one_alert():
    risk = alerts_of("a", kind="breach_risk")

    told = told_of(risk, alerts_of(), risk, alerts_of(), alerts_of())

    assert [(0, "queue a", "opened"), (4, "queue a", "closed")] == told


def test_while_cases_are_not_known_nothing_of_queues_opens_or_closes():
    told = told_of(alerts_of("a"), alerts_of(), alerts_of(), alerts_of("a"), alerts_of(), faults=(1, 2))

    assert [
        (0, "queue a", "opened"), (2, "cases of desk", "opened"), (4, "queue a", "closed"), (4, "cases of desk", "closed")
    ] == sorted(told, key=lambda one: (one[0], one[1] != "queue a"))  # fmt: skip


def test_kinds_that_could_not_be_judged_stay_as_they_are():
    looks = backlog_looks(
        "desk",
        alerts_of(),
        at=NINE,
        in_trouble=["backlog:desk:surge_age:a:b", "backlog:desk:stuck:a", "backlog:other:stuck:a", "run:desk:nightly"],
        group_from=FOUR,
        not_judged=("surge_age",),
    )

    assert {"backlog:desk:surge_age:a:b": "between", "backlog:desk:stuck:a": "well"} == {
        look.key: look.look for look in looks if look.key.count(":") > 2
    }


@pytest.fixture
def house(tmp_path, clean_environment):
    return House(load_settings(home=tmp_path))


def test_an_hour_is_told_once_however_often_it_is_asked(house):
    desk = AlertDesk(house, clock=lambda: after(1))

    first = tell_backlog(house, alerts_of("a"), at=after(1), desk=desk)
    again = tell_backlog(house, alerts_of("a"), at=after(1), desk=desk)
    closed = tell_backlog(house, alerts_of(), at=after(2), desk=desk)

    assert [["opened"], [], ["closed"]] == [[alert.facts["event"] for alert in told] for told in (first, again, closed)]
    assert "a" == first[0].facts["queue_id"]
    assert None is first[0].facts["limit"]


def test_a_fault_of_telling_stops_nothing_and_is_said(house, caplog):
    told = tell_backlog(house, alerts_of("a").drop(columns="words"), at=NINE)

    assert [] == told
    assert "are not told, the next hour says them again: KeyError" in caplog.text

"""The desk on both stores: written with what is known, sent at least once, given up in the end and not before."""

import datetime as dt
import os
import signal
import subprocess
import sys

import pytest

from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import RUN_FAILED
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.ops.incidents import open_incidents
from wfm_pipeline.warehouse.ops.outbox import forget, not_delivered, posted
from wfm_pipeline_tests.alert_kit import web_server

NIGHT = dt.datetime(2026, 3, 1, 3)
# Takes a sighting, and is killed by its own channel while it sends: after the alert was written, before it is marked.
CHILD = """
import datetime as dt, os, signal, sys
from wfm_pipeline.monitoring.alerts import handling as desk, channels
from wfm_pipeline_tests.engines.test_alert_desk import failed, house_at
house = house_at(sys.argv[1], sys.argv[2], sys.argv[3])
desk.chosen_channels = lambda settings: {"webhook": lambda alert: os.kill(os.getpid(), signal.SIGKILL)}
desk.AlertDesk(house, clock=lambda: dt.datetime(2026, 3, 1, 3)).take([failed()])
"""


class Clock:
    """A clock that tests move."""

    def __init__(self):
        self.now = NIGHT

    def __call__(self):
        return self.now

    def wait(self, **span):
        self.now += dt.timedelta(**span)


def house_at(url, home, hook, **settings):
    return House(
        load_settings(
            home=home, warehouse_url=url, alert_channels=("webhook",), alert_webhook_url=hook,
            alert_first_wait_seconds=30, **settings,
        )
    )  # fmt: skip


def failed(at=NIGHT, *, wrong=True):
    return Sighting("run:desk:nightly", RUN_FAILED, wrong, at, "nightly", "no answer", {"run_id": "r-1"})


@pytest.fixture
def url(engine_url):
    return engine_url


def waiting(house):
    with house.open_ops() as store, store.reading() as ops:
        return not_delivered(ops)


def test_a_failure_is_told_once_and_its_end_once(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server() as (got, hook):
        desk = AlertDesk(house_at(url, tmp_path, hook), clock=clock)
        for hours in range(3):
            clock.wait(hours=1)
            desk.take([failed(NIGHT + dt.timedelta(hours=hours))])
        clock.wait(hours=1)
        desk.take([failed(clock.now, wrong=False)])
        desk.take([failed(clock.now, wrong=False)])

    assert ["opened", "closed"] == [body["event"] for _, body in got]
    assert 1 == len({body["incident_id"] for _, body in got})
    assert 2 == len({body["alert_id"] for _, body in got})


def test_a_refused_alert_goes_out_later_with_the_same_id(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server(503, 503) as (got, hook):
        desk = AlertDesk(house_at(url, tmp_path, hook), clock=clock)
        desk.take([failed()])
        clock.wait(seconds=29)
        assert [] == desk.send()
        clock.wait(seconds=1)
        assert ["the webhook answered 503"] == [sent.error for sent in desk.send()]
        clock.wait(seconds=59)
        assert [] == desk.send()  # the second wait is twice the first
        clock.wait(seconds=1)
        assert [None] == [sent.error for sent in desk.send()]

    assert 3 == len(got)
    assert 1 == len({body["alert_id"] for _, body in got})


def test_an_alert_is_given_up_after_so_many_tries_and_stays_to_be_seen(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server(500, 500, 500, 500) as (got, hook):
        house = house_at(url, tmp_path, hook, alert_attempts=3)
        desk = AlertDesk(house, clock=clock)
        desk.take([failed()])
        sent = []
        for _ in range(5):
            clock.wait(hours=1)
            sent += desk.send()

    assert [False, True] == [one.is_given_up for one in sent]
    assert 3 == len(got)
    assert [(True, 3, "the webhook answered 500")] == [
        (letter.is_given_up, letter.attempts, letter.last_error) for letter in waiting(house)
    ]


def test_who_is_killed_between_writing_and_sending_loses_nothing(url, tmp_path, clean_environment):
    with web_server() as (got, hook):
        child = subprocess.run([sys.executable, "-c", CHILD, url, str(tmp_path), hook], env=os.environ, check=False)
        house = house_at(url, tmp_path, hook)
        (letter,) = waiting(house)
        clock = Clock()
        clock.wait(minutes=1)

        AlertDesk(house, clock=clock).send()

    assert -signal.SIGKILL == child.returncode
    assert [letter.alert_id] == [body["alert_id"] for _, body in got]
    assert [] == waiting(house)


def test_two_desks_send_a_letter_once_while_one_of_them_is_at_it(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server() as (got, hook):
        house = house_at(url, tmp_path, hook)
        first, second = (AlertDesk(house, clock=clock) for _ in range(2))
        first._channels = {"webhook": lambda alert: second.send()}
        first.take([failed()])

    assert [] == got
    assert [] == waiting(house)


def test_what_stays_wrong_is_told_again_after_the_reminders_hours(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server() as (got, hook):
        desk = AlertDesk(house_at(url, tmp_path, hook, alert_reminder_hours=12), clock=clock)
        desk.take([failed()])
        for _ in range(25):
            clock.wait(hours=1)
            desk.remind()

    assert ["opened", "reminder", "reminder"] == [body["event"] for _, body in got]
    assert 3 == len({body["alert_id"] for _, body in got})


def test_a_channel_that_breaks_does_not_hold_up_the_others(url, tmp_path, clean_environment):
    def broken(alert):
        raise ZeroDivisionError

    with web_server() as (got, hook):
        desk = AlertDesk(house_at(url, tmp_path, hook), clock=Clock())
        desk._channels = {"broken": broken, **desk._channels}
        desk.take([failed()])

    assert ["opened"] == [body["event"] for _, body in got]


def test_a_channel_that_is_no_longer_chosen_keeps_its_letters_until_they_are_given_up(url, tmp_path, clean_environment):
    with web_server(500) as (_, hook):
        house = house_at(url, tmp_path, hook)
        AlertDesk(house, clock=Clock()).take([failed()])
    clock = Clock()
    clock.wait(hours=1)

    (sent,) = AlertDesk(House(load_settings(home=tmp_path, warehouse_url=url)), clock=clock).send()

    assert "alert_channels does not name this channel any more" == sent.error
    assert not sent.is_given_up


def test_what_could_not_be_written_is_not_known_and_is_told_at_the_next_look(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server() as (got, hook):
        house = house_at(url, tmp_path, hook)
        desk = AlertDesk(house, clock=clock)
        unwritable = Sighting("run:desk:nightly", RUN_FAILED, True, NIGHT, "nightly", facts={1: "a", "b": 2})
        with pytest.raises(TypeError):  # keys of two kinds cannot be sorted into JSON: it breaks half way
            desk.take([unwritable])
        with house.open_ops() as store, store.reading() as ops:
            assert ([], []) == (open_incidents(ops), posted(ops, limit=9))
        desk.take([failed()])

    assert ["opened"] == [body["event"] for _, body in got]


def test_old_letters_are_forgotten_but_none_that_is_on_its_way(url, tmp_path, clean_environment):
    clock = Clock()
    with web_server(204, 500) as (_, hook):
        house = house_at(url, tmp_path, hook)
        desk = AlertDesk(house, clock=clock)
        desk.take([failed()])
        desk.take([failed(NIGHT + dt.timedelta(hours=1), wrong=False)])

    with house.open_ops() as store, store.writing() as ops:
        assert 1 == forget(ops, before=NIGHT + dt.timedelta(days=100))
        assert ["closed"] == [letter.alert_id.rsplit("-", 1)[1] for letter in posted(ops, limit=9)]

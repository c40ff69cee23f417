"""What waits in the ops store of both kinds: timers, acknowledgements, escalation, letters of the quiet hours, and older stores."""

import datetime as dt
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.alerts.incidents import Sighting, severity_of
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP, NO_DATA
from wfm_pipeline.monitoring.alerts.overview import alert_tables, for_people
from wfm_pipeline.monitoring.alerts.taking import acknowledge
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.ops.incidents import open_incidents
from wfm_pipeline.warehouse.ops.opening import open_ops
from wfm_pipeline.warehouse.ops.outbox import forget, posted
from wfm_pipeline.warehouse.ops.tables import OPS_VERSION
from wfm_pipeline_tests.alert_kit import mail_server, web_server

NOON = dt.datetime(2026, 3, 2, 11)  # noon in Stockholm, where the sample's site is
OLD_STORE = Path(__file__).parents[1] / "former" / "ops_store_version_1.sql"
"""What version 1 wrote: an open incident, one that is over, a letter on its way."""


class Clock:
    """A clock that tests move."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now

    def wait(self, **span):
        self.now += dt.timedelta(**span)


@pytest.fixture(params=["duckdb", "postgres"])
def url(request):
    return "duckdb:///w.duckdb" if request.param == "duckdb" else request.getfixturevalue("postgres_url")


@pytest.fixture
def file_url():
    return "duckdb:///w.duckdb"


@pytest.fixture
def house_at(tmp_path, clean_environment):
    def _house_at(url, **settings):
        return House(load_settings(home=tmp_path, warehouse_url=url, alert_first_wait_seconds=30, **settings))

    return _house_at


def hooked(hook, **settings):
    return {"alert_channels": ("webhook",), "alert_webhook_url": hook, **settings}


def gap(clock, wrong=True, severity=None, key="gap:billing", **more):
    return Sighting(key, COVERAGE_GAP, wrong, clock.now, "service billing", "2 agents short", {}, severity, **more)


def events(got):
    return [body["event"] for _, body in got]


def opened(desk, clock, severity=None):
    """A gap that was wrong for long enough."""
    desk.take([gap(clock, severity=severity)])
    clock.wait(minutes=2)
    (alert,) = desk.take([gap(clock, severity=severity)])
    return alert


# -- timers ------------------------------------------------------------------------------------


def test_a_timer_goes_on_in_the_next_process(url, house_at):
    clock = Clock()
    with web_server() as (got, hook):
        for seconds in (0, 60, 59, 1):
            clock.wait(seconds=seconds)
            AlertDesk(house_at(url, **hooked(hook)), clock=clock).take([gap(clock)])
            tables = alert_tables(house_at(url), recent=9)
            if seconds != 1:
                assert ["2026-03-02 11:00:00"] == list(tables["pending"]["wrong_since"])
                assert ["2026-03-02 11:02:00"] == list(tables["pending"]["told_from"])

    assert ["opened"] == events(got)
    assert 0 == len(tables["pending"])
    assert "2026-03-02 11:00:00 UTC" == got[0][1]["since"]


# -- acknowledgement and escalation ------------------------------------------------------------


def test_what_nobody_takes_is_told_to_others_once_and_what_somebody_takes_is_not(url, house_at):
    clock = Clock()
    step = {"severity": "high", "minutes": 15, "channels": ["email"], "email_to": ["head@example.org"]}
    with web_server() as (got, hook), mail_server() as (box, port):
        house = house_at(
            url, **hooked(hook), alert_escalation=[step], alert_email_host="127.0.0.1", alert_email_port=port,
            alert_email_security="none", alert_email_from="wfm@example.org", alert_email_to="desk@example.org",
        )  # fmt: skip
        desk = AlertDesk(house, clock=clock)
        first = opened(desk, clock, "high")
        for _ in range(4):
            clock.wait(minutes=10)
            desk.remind()
        (mail,) = box.messages

        taken = acknowledge(house, first.alert_id, by=" Ada  Lovelace ", until="13:30", now=clock.now)
        clock.wait(minutes=40)  # 13:22 on the site's clock
        desk.remind()
        clock.wait(minutes=20)  # 13:42: it ran out twelve minutes ago
        desk.remind()
        assert 1 == len(box.messages)
        clock.wait(minutes=5)
        desk.remind()

    assert ["opened"] == events(got)  # the others are not told what only goes further
    assert "head@example.org" == mail["To"]
    assert "[wfm telephony] nobody takes it: service billing is falling short of its service level" == mail["Subject"]
    assert ("Ada Lovelace", dt.datetime(2026, 3, 2, 12, 30)) == (taken.acknowledged_by, taken.acknowledged_until)
    assert 2 == len({mail["X-Wfm-Alert-Id"] for mail in box.messages}) == len(box.messages)
    assert not any("Ada" in mail.as_string() for mail in box.messages)  # who takes it is nobody else's matter


def test_who_takes_what_is_listed_and_ends_with_the_matter(file_url, house_at):
    clock, house = Clock(), house_at(file_url)
    desk = AlertDesk(house, clock=clock)
    opened(desk, clock)
    (incident_id,) = alert_tables(house, recent=9)["wrong_now"]["id"]

    acknowledge(house, incident_id[:8], by="Ada", until=None, now=clock.now)

    (row,) = alert_tables(house, recent=9)["wrong_now"].to_dict("records")
    assert ("Ada", "2026-03-02 11:02", "", "medium") == tuple(
        row[name] for name in ("acknowledged_by", "acknowledged_at", "acknowledged_until", "severity")
    )
    shown = for_people(alert_tables(house, recent=9)["wrong_now"])
    assert [incident_id[:8]] == list(shown["id"])
    assert not {"acknowledged_until", "escalated", "children"} & set(shown.columns)
    clock.wait(minutes=1)
    desk.take([gap(clock, wrong=False)])
    clock.wait(minutes=2)
    desk.take([gap(clock, wrong=False)])
    with pytest.raises(SettingsError, match=r"no open alert has the id .* lists what is open"):
        acknowledge(house, incident_id, by="Ada", until=None, now=clock.now)


@pytest.mark.parametrize(
    ("by", "until", "words"),
    [
        pytest.param(" ", None, "--by must say who", id="nobody"),
        pytest.param("a\x1b[0m", None, "--by must say who", id="signs_that_steer_a_terminal"),
        pytest.param("Ada", "soon", "--until must be a time such as", id="no_time"),
        pytest.param("Ada", "2026-03-02 12:01", "--until must be a time to come", id="the_past"),
    ],
)
def test_an_acknowledgement_that_says_nothing_is_refused(file_url, house_at, by, until, words):
    clock, house = Clock(), house_at(file_url)
    alert = opened(AlertDesk(house, clock=clock), clock)  # it is 12:02 now

    with pytest.raises(SettingsError, match=words):
        acknowledge(house, alert.alert_id, by=by, until=until, now=clock.now)


@pytest.mark.parametrize(
    ("until", "ends"),
    [
        pytest.param("11:00", "2026-03-03 10:00", id="the_next_time_that_it_is_eleven"),
        pytest.param("9:30", "2026-03-03 08:30", id="one_digit"),
        pytest.param("2026-03-29 02:30", "2026-03-29 01:30", id="a_time_that_the_clock_skips"),
        pytest.param("2026-10-25 02:30", "2026-10-25 00:30", id="a_time_that_comes_twice_is_the_first"),
        pytest.param("2026-03-02 15:00+00:00", "2026-03-02 15:00", id="with_an_offset"),
    ],
)
def test_until_is_on_the_sites_clock(file_url, house_at, until, ends):
    clock, house = Clock(), house_at(file_url)
    alert = opened(AlertDesk(house, clock=clock), clock)

    taken = acknowledge(house, alert.alert_id, by="Ada", until=until, now=clock.now)

    assert dt.datetime.fromisoformat(ends) == taken.acknowledged_until


# -- quiet hours -------------------------------------------------------------------------------


def test_what_can_wait_comes_as_one_digest_in_the_morning_and_what_is_critical_at_once(url, house_at):
    clock = Clock(dt.datetime(2026, 3, 28, 22))  # 23:00 in Stockholm, in the night in which an hour is skipped
    with web_server() as (got, hook):
        house = house_at(url, **hooked(hook, alert_quiet_hours="22:00-06:00"))
        desk = AlertDesk(house, clock=clock)
        opened(desk, clock, "high")
        desk.take([Sighting("no_data:x", NO_DATA, True, clock.now, "source x", severity="critical")])
        clock.wait(minutes=1)
        desk.take([Sighting("no_data:x", NO_DATA, True, clock.now, "source x", severity="critical")])
        desk.take([gap(clock, wrong=False)])
        clock.wait(minutes=2)
        desk.take([gap(clock, wrong=False)])
        assert ["source x"] == [body["thing"] for _, body in got]
        assert ["high", "high"] == list(alert_tables(house, recent=9)["held_for_quiet_hours"]["severity"])
        assert 0 == len(alert_tables(house, recent=9)["not_gone_out"])
        clock.now = dt.datetime(2026, 3, 29, 3, 59, 59)
        AlertDesk(house, clock=clock).remind()
        assert 1 == len(got)
        clock.wait(seconds=1)  # 06:00 of summer time
        AlertDesk(house, clock=clock).remind()
        AlertDesk(house, clock=clock).remind()

    assert ["opened", "digest"] == events(got)
    assert ["opened", "closed"] == [one["event"] for one in got[1][1]["alerts"]]
    assert 0 == len(alert_tables(house, recent=9)["held_for_quiet_hours"])


def test_an_alert_of_the_night_is_escalated_from_the_morning_on(file_url, house_at):
    clock = Clock(dt.datetime(2026, 3, 10, 22))
    step = {"severity": "low", "minutes": 15, "channels": ["webhook"]}
    with web_server() as (got, hook):
        house = house_at(file_url, **hooked(hook, alert_quiet_hours="22:00-06:00"), alert_escalation=[step])
        desk = AlertDesk(house, clock=clock)
        opened(desk, clock)
        for minutes in (420, 14, 1):  # to a little after 06:00 local time, then a quarter of an hour
            clock.now = max(clock.now, dt.datetime(2026, 3, 11, 5)) if minutes == 420 else clock.now
            clock.wait(minutes=0 if minutes == 420 else minutes)
            desk.remind()

    assert ["digest", "escalated"] == events(got)


def test_the_log_waits_for_nobody(file_url, house_at, caplog):
    clock = Clock(dt.datetime(2026, 3, 10, 22))
    house = house_at(file_url, alert_quiet_hours="22:00-06:00")

    alert = opened(AlertDesk(house, clock=clock), clock)

    assert [alert.alert_id in line.getMessage() for line in caplog.records] == [True]


def test_letters_that_wait_are_not_forgotten(file_url, house_at):
    clock = Clock(dt.datetime(2026, 3, 10, 22))
    house = house_at(file_url, **hooked("http://127.0.0.1:1/", alert_quiet_hours="22:00-06:00"))
    opened(AlertDesk(house, clock=clock), clock)

    with house.open_ops() as store, store.writing() as ops:
        assert 0 == forget(ops, before=dt.datetime(2027, 1, 1))


# -- channels ----------------------------------------------------------------------------------


def test_a_callback_hears_every_alert_and_again_after_an_error(url, house_at):
    clock, heard, faults = Clock(), [], [ValueError("busy")]

    def callback(alert):
        heard.append(alert.alert_id)
        if faults:
            raise faults.pop()

    desk = AlertDesk(house_at(url), callback=callback, clock=clock)
    opened(desk, clock)
    AlertDesk(house_at(url), clock=clock).send()  # another process sends its own channels and leaves this one alone
    clock.wait(seconds=30)
    AlertDesk(house_at(url), clock=clock).send()
    desk.send()

    assert 2 == len(heard)
    assert 1 == len(set(heard))


def test_a_callback_that_hangs_holds_up_neither_the_loop_nor_the_other_channels(file_url, house_at):
    clock, never, entered = Clock(), threading.Event(), []

    def hangs(alert):
        entered.append(alert.alert_id)
        never.wait(60)

    with web_server() as (got, hook):
        house = house_at(file_url, **hooked(hook, alert_timeout_seconds=0.2))
        desk = AlertDesk(house, callback=hangs, clock=clock)
        opened(desk, clock)
        clock.wait(minutes=1)
        sent = desk.send()
        never.set()

    assert ["opened"] == events(got)
    assert ["the channel is still busy with an earlier alert"] == [one.error for one in sent]
    assert 1 == len(entered)


def test_a_channel_that_is_down_is_asked_once_a_turn_and_brings_everything_later(file_url, house_at):
    clock = Clock()
    with mail_server() as (box, port):
        pass  # it was there, and is down now
    mail = {
        "alert_email_host": "127.0.0.1", "alert_email_port": port, "alert_email_security": "none",
        "alert_email_from": "a@example.org", "alert_email_to": "b@example.org",
    }  # fmt: skip
    with web_server() as (got, hook):
        house = house_at(file_url, **hooked(hook, alert_channels=("email", "webhook")), **mail)
        desk = AlertDesk(house, clock=clock)
        for seconds in (0, 120):
            clock.wait(seconds=seconds)
            desk.take([gap(clock, key=f"gap:{number}") for number in range(20)])
    with house.open_ops() as store, store.reading() as ops:
        letters = posted(ops, limit=99)
    tries = sorted(letter.attempts for letter in letters if letter.channel == "email")

    assert 20 == len(got)
    assert [0] * 19 + [1] == tries
    with mail_server(port=port) as (box, _):
        clock.wait(minutes=2)
        desk.send()
    assert 20 == len({mail["X-Wfm-Alert-Id"] for mail in box.messages}) == len(box.messages)


def test_sending_may_be_left_to_another(file_url, house_at):
    clock = Clock()
    with web_server() as (got, hook):
        desk = AlertDesk(house_at(file_url, **hooked(hook)), clock=clock)
        desk.take([gap(clock)], is_sent=False)
        clock.wait(minutes=2)
        desk.take([gap(clock)], is_sent=False)
        assert [] == got
        desk.send()

    assert ["opened"] == events(got)


# -- stores of an older version ----------------------------------------------------------------


def test_what_version_1_left_is_known_sent_and_closed(url, house_at, tmp_path):
    clock = Clock()
    with web_server() as (got, hook):
        house = house_at(url, **hooked(hook))
        write_old_store(url, tmp_path)
        desk = AlertDesk(house, clock=clock)
        (known,) = wrong_now(house)
        desk.send()
        acknowledge(house, known.incident_id, by="Ada", until=None, now=clock.now)
        run = Sighting("run:desk:nightly", COVERAGE_GAP, False, clock.now, "nightly")
        desk.take([run])
        clock.wait(minutes=2)
        desk.take([Sighting("run:desk:nightly", COVERAGE_GAP, False, clock.now, "nightly")])

    assert ("run_failed", "high", (), 0) == (known.kind, severity_of(known), known.escalated, known.children)
    assert ["opened", "closed"] == events(got)
    assert 1 == len({body["incident_id"] for _, body in got})
    with open_ops(url, tmp_path) as store:
        assert ([], OPS_VERSION) == (store.pending(), store.version())


def test_an_older_store_says_what_it_lacks(url, tmp_path):
    write_old_store(url, tmp_path)

    with open_ops(url, tmp_path, is_made=False) as store:
        lacks = store.pending()

    assert {"new column ops.alert_state.severity", "new column ops.alert_pending.wrong_since"} <= set(lacks)
    assert f"ops store from version 1 to {OPS_VERSION}" in lacks


def wrong_now(house):
    with house.open_ops() as store, store.reading() as ops:
        return open_incidents(ops)


def write_old_store(url, home):
    """The tables and rows of version 1, by its own statements."""
    with open_ops(url, home, is_made=False) as store, store.writing() as ops:
        if store.schema:
            ops.execute(sa.schema.CreateSchema("ops"))
            ops.exec_driver_sql("set local search_path = ops")
        for statement in OLD_STORE.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                ops.exec_driver_sql(statement)

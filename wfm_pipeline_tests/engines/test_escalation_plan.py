"""The escalation plan: coordinator at once, planner and lead when nobody takes it, each of their own alerts and in their own hours."""

import datetime as dt

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.escalation import levels_table
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import BREACH_RISK, STUCK
from wfm_pipeline.monitoring.alerts.overview import alert_tables, history_tables
from wfm_pipeline.monitoring.alerts.taking import acknowledge, note_tried
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.alert_kit import mail_server

NOON = dt.datetime(2026, 3, 2, 11)  # Monday noon in Stockholm, where the sample's site is
LEAD = "operations lead"
PLAN = [
    {"severity": "low", "minutes": 0, "channels": ["email"], "email_to": ["coordinator@example.org"], "who": "coordinator",
     "kinds": ["breach_risk", "stuck"], "queues": ["billing*"]},
    {"severity": "medium", "minutes": 15, "channels": ["email"], "email_to": ["planner@example.org"], "who": "planner"},
    {"severity": "high", "minutes": 45, "channels": ["email"], "email_to": ["lead@example.org"], "who": LEAD,
     "hours": "08:00-18:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"]},
]  # fmt: skip


class Clock:
    """A clock that tests move; like a real one it says no instant twice, so that letters go out in the order in which they were written."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        self.now += dt.timedelta(microseconds=1)
        return self.now

    def wait(self, **span):
        self.now += dt.timedelta(**span)


@pytest.fixture(params=["duckdb", "postgres"])
def url(request):
    return "duckdb:///w.duckdb" if request.param == "duckdb" else request.getfixturevalue("postgres_url")


@pytest.fixture
def house_of(tmp_path, clean_environment):
    def _house_of(port=25, url="duckdb:///w.duckdb", plan=PLAN):
        return House(
            load_settings(
                home=tmp_path, warehouse_url=url, alert_channels=("email",), alert_escalation=plan, alert_reminder_hours=0,
                alert_email_host="127.0.0.1", alert_email_port=port, alert_email_security="none",
                alert_email_from="wfm@example.org", alert_email_to="desk@example.org",
            )
        )  # fmt: skip

    return _house_of


def risk(clock, queue="billing_nord", severity="high", kind=BREACH_RISK):
    words = "a case passes its due time with 60 % probability"
    return Sighting(f"b:{queue}", kind, True, clock.now, f"queue {queue}", words, {"queue_id": queue}, severity)


def receivers(box):
    return [mail["To"].split("@")[0] for mail in box.messages]


def test_each_level_is_told_once_in_turn_however_often_the_process_is_started_again(url, house_of):
    clock = Clock()
    with mail_server() as (box, port):
        AlertDesk(house_of(port, url), clock=clock).take([risk(clock)])
        for _ in range(12):
            clock.wait(minutes=5)
            AlertDesk(house_of(port, url), clock=clock).remind()

    assert ["desk", "coordinator", "planner", "lead"] == receivers(box)
    subjects = [mail["Subject"].removeprefix("[wfm telephony] ") for mail in box.messages]
    title = "due times of queue billing_nord are likely to be missed"
    assert [title, f"for coordinator: {title}", *[f"nobody takes it: {title}"] * 2] == subjects


def test_who_is_called_reads_what_was_told_to_whom_and_what_was_tried(url, house_of):
    clock = Clock()
    with mail_server() as (box, port):
        house = house_of(port, url)
        desk = AlertDesk(house, clock=clock)
        (alert,) = desk.take([risk(clock)])
        clock.wait(minutes=15)
        desk.remind()
        note_tried(
            house, alert.alert_id[:8], by="Ada", what="called two people in; asked  jo@example.org", now=clock.now
        )
        clock.wait(minutes=30)
        desk.remind()
    text = box.messages[-1].get_content()

    assert "lead@example.org" == box.messages[-1]["To"]
    for line in (
        "- 2026-03-02 11:00 UTC opened to receivers of every alert: email (out 11:00)",
        "- 2026-03-02 11:00 UTC escalated to coordinator: email (out 11:00)",
        "- 2026-03-02 11:15 UTC escalated to planner: email (out 11:15)",
        "- 2026-03-02 11:15 UTC called two people in; asked (address)",
    ):
        assert line in text.splitlines()
    assert "Ada" not in text  # who did it is nobody else's matter
    tables = history_tables(house, alert.alert_id[:8])
    assert [("Ada", "2026-03-02 11:15")] == list(
        tables["tried"][["tried_by", "tried_at"]].itertuples(index=False, name=None)
    )
    assert 4 == len(tables["told"])
    assert [1] == list(alert_tables(house, recent=9)["wrong_now"]["tried"])


def test_what_somebody_takes_goes_no_further(house_of):
    clock = Clock()
    with mail_server() as (box, port):
        desk = AlertDesk(house_of(port), clock=clock)
        (alert,) = desk.take([risk(clock)])
        acknowledge(house_of(port), alert.alert_id, by="Ada", until=None, now=clock.now)
        clock.wait(hours=3)
        desk.remind()

    assert ["desk", "coordinator"] == receivers(box)


def test_levels_are_told_of_their_own_kinds_queues_and_severities(house_of):
    clock = Clock()
    with mail_server() as (box, port):
        desk = AlertDesk(house_of(port), clock=clock)
        desk.take([risk(clock, "sales", "medium"), risk(clock, "billing", "low", STUCK)])
        clock.wait(hours=3)
        desk.remind()

    assert ["coordinator", "desk", "desk", "planner"] == sorted(receivers(box))


def test_an_alert_of_many_queues_is_told_to_whoever_has_one_of_them(house_of):
    clock = Clock()
    several = Sighting("b", STUCK, True, clock.now, "several queues", "", {"queues": ["billing", "sales"]}, "low")
    with mail_server() as (box, port):
        AlertDesk(house_of(port), clock=clock).take([several])

    assert ["coordinator", "desk"] == sorted(receivers(box))


def test_a_level_that_is_not_at_work_is_called_when_its_hours_begin(house_of):
    clock = Clock(dt.datetime(2026, 3, 27, 21))  # Friday 22:00; the clocks change on Sunday
    with mail_server() as (box, port):
        desk = AlertDesk(house_of(port), clock=clock)
        desk.take([risk(clock)])
        for at in (dt.datetime(2026, 3, 28, 12), dt.datetime(2026, 3, 30, 5, 59)):
            clock.now = at
            desk.remind()
        assert "lead" not in receivers(box)
        clock.wait(minutes=1)  # Monday 08:00 of summer time
        desk.remind()

    assert "lead" == receivers(box)[-1]


def test_the_plan_reads_as_a_table(house_of):
    table = levels_table(house_of().settings)

    assert ["receivers of every alert", "coordinator", "planner", LEAD] == list(table["who"])
    assert ["always", "always", "always", "08:00-18:00"] == list(table["hours"])
    assert ["all", "billing*", "all", "all"] == list(table["queues"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"kinds": ["breach"]}, "kinds of alerts are", id="no_kind"),
        pytest.param({"hours": "all day"}, "two different times of day", id="no_hours"),
        pytest.param({"weekdays": ["monday"]}, "weekdays of mon", id="no_weekday"),
        pytest.param({"who": "<script>"}, "match pattern", id="no_name"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(house_of, change, words):
    with pytest.raises(SettingsError, match=words):
        AlertDesk(house_of(plan=[{"severity": "low", "minutes": 5, "channels": ["log"], **change}]))


@pytest.mark.parametrize(
    ("by", "what", "words"), [(" ", "x", "--by must say who"), ("Ada", " ", "--note must say what")]
)
def test_a_note_that_says_nothing_is_refused(house_of, by, what, words):
    with pytest.raises(SettingsError, match=words):
        note_tried(house_of(), "12345678", by=by, what=what, now=NOON)

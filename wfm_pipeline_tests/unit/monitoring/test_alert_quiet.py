"""Quiet hours on the site's clock, also in nights in which it jumps (Europe/Stockholm: 29 March and 25 October 2026, at 01:00 UTC)."""

import datetime as dt

import pytest

from wfm_pipeline.monitoring.alerts.digest import digest_of
from wfm_pipeline.monitoring.alerts.quiet import QuietHours
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.warehouse.ops.outbox import Alert

STOCKHOLM = "Europe/Stockholm"


def night(begin, end, zone=STOCKHOLM):
    return QuietHours(dt.time.fromisoformat(begin), dt.time.fromisoformat(end), zone)


def utc(text):
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        pytest.param("2026-01-10 20:59", None, id="a_minute_before"),
        pytest.param("2026-01-10 21:00", "2026-01-11 05:00", id="begins_at_22_local"),
        pytest.param("2026-01-11 04:59", "2026-01-11 05:00", id="last_minute"),
        pytest.param("2026-01-11 05:00", None, id="the_end_is_not_quiet"),
        pytest.param("2026-03-28 23:00", "2026-03-29 04:00", id="the_short_night_ends_at_6_of_summer_time"),
        pytest.param("2026-10-24 21:00", "2026-10-25 05:00", id="the_long_night_ends_at_6_of_winter_time"),
    ],
)
def test_the_night_is_over_at_its_end_on_the_sites_clock(now, ends):
    assert (utc(ends) if ends else None) == night("22:00", "06:00").until(utc(now))


def test_a_time_of_the_day_may_be_quiet_too():
    assert utc("2026-01-10 12:00") == night("12:00", "13:00").until(utc("2026-01-10 11:30"))
    assert night("12:00", "13:00").until(utc("2026-01-10 12:00")) is None


def test_an_end_that_the_clock_skips_is_the_moment_of_the_jump():
    assert utc("2026-03-29 01:00") == night("22:00", "02:30").until(utc("2026-03-29 00:30"))
    assert night("22:00", "02:30").until(utc("2026-03-29 01:00")) is None


def test_a_beginning_that_the_clock_skips_is_the_moment_of_the_jump():
    assert night("02:30", "06:00").until(utc("2026-03-29 00:59")) is None
    assert utc("2026-03-29 04:00") == night("02:30", "06:00").until(utc("2026-03-29 01:00"))


@pytest.mark.parametrize("now", ["2026-10-25 00:29", "2026-10-25 00:45", "2026-10-25 01:15"])
def test_an_end_that_comes_twice_is_the_second_so_that_a_night_is_one_night(now):
    assert utc("2026-10-25 01:30") == night("22:00", "02:30").until(utc(now))


def test_a_beginning_that_comes_twice_is_the_first():
    assert utc("2026-10-25 05:00") == night("02:30", "06:00").until(utc("2026-10-25 00:30"))


@pytest.mark.parametrize("date", [dt.date(2026, 3, 28), dt.date(2026, 6, 1), dt.date(2026, 10, 24)])
@pytest.mark.parametrize("zone", [STOCKHOLM, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_every_minute_is_quiet_in_one_stretch_and_its_end_is_the_first_that_is_not(date, zone):
    quiet = night("22:00", "06:00", zone)
    minutes = [dt.datetime.combine(date, dt.time(0)) + dt.timedelta(minutes=number) for number in range(3 * 1_440)]

    found = [quiet.until(minute) for minute in minutes]

    changes = [place for place in range(1, len(found)) if (found[place] is None) != (found[place - 1] is None)]
    assert len(changes) in {5, 6}  # three days begin and end three nights, the first and last perhaps cut off
    assert all(minutes[place] == found[place - 1] for place in changes if found[place] is None)


def test_only_what_is_less_severe_waits():
    rules = Rules(quiet=night("22:00", "06:00"), quiet_below="high")
    midnight, noon = utc("2026-01-10 23:00"), utc("2026-01-11 12:00")

    assert [utc("2026-01-11 05:00")] * 2 + [None, None] == [
        rules.held_until(severity, midnight) for severity in ("low", "medium", "high", "critical")
    ]
    assert rules.held_until("low", noon) is None


def test_a_digest_tells_each_alert_in_order_with_the_worst_severity_and_its_id_is_its_alerts():
    alerts = [
        Alert(f"i-{number}-opened", "coverage_gap", severity, f"[wfm desk] {number}", "", {"event": "opened", "what": "short"})
        for number, severity in enumerate(("low", "high", "medium"))
    ]  # fmt: skip

    digest, again = (digest_of(alerts, channel="email", source="desk") for _ in range(2))

    assert (digest, "high", "[wfm desk] 3 alerts of the quiet hours") == (again, digest.severity, digest.subject)
    assert ["low: [wfm desk] 0; short", "high: [wfm desk] 1; short", "medium: [wfm desk] 2; short"] == (
        digest.body.splitlines()[2:5]
    )
    assert ["i-0-opened", "i-1-opened", "i-2-opened"] == [one["alert_id"] for one in digest.facts["alerts"]]
    assert digest.alert_id != digest_of(alerts, channel="webhook", source="desk").alert_id

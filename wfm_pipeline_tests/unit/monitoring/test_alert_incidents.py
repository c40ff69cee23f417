"""What is told and what is not: one incident per thing, from its beginning to its end."""

import datetime as dt
from pathlib import Path

import pytest

from wfm_pipeline.monitoring.alerts.incidents import Sighting, alert_id, is_due_again
from wfm_pipeline.monitoring.alerts.kinds import KINDS, RUN_FAILED, RUN_KILLED
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.weighing import Known, weigh
from wfm_pipeline.monitoring.alerts.words import alert_of, plain

NIGHT = dt.datetime(2026, 3, 1, 3)
HOUR = dt.timedelta(hours=1)


def look(*, wrong, at, what="no answer", kind=RUN_FAILED):
    return Sighting("run:desk:nightly", kind, wrong, at, "nightly", what, {"run_id": "r-1", "job": "nightly"})


def weighed(*sightings):
    """What is known and told after several looks, each told a minute after it was so."""
    known, events = Known(), []
    for seen in sightings:
        known, event = weigh(known, seen, Rules(), now=seen.at + dt.timedelta(minutes=1))
        events.append(event)
    return known.incident, events


def test_what_was_never_wrong_is_not_told():
    assert (None, [None, None]) == weighed(look(wrong=False, at=NIGHT), look(wrong=False, at=NIGHT + HOUR))


def test_what_begins_is_told_once_and_its_repetitions_are_counted():
    known, events = weighed(*(look(wrong=True, at=NIGHT + n * HOUR, what=f"try {n}") for n in range(3)))

    assert ["opened", None, None] == events
    assert (3, NIGHT, "try 2") == (known.times, known.opened_at, known.what)


def test_what_works_again_is_told_once():
    known, events = weighed(
        look(wrong=True, at=NIGHT), look(wrong=False, at=NIGHT + HOUR), look(wrong=False, at=NIGHT + 2 * HOUR)
    )

    assert ["opened", "closed", None] == events
    assert (False, NIGHT + HOUR) == (known.is_open, known.closed_at)


def test_what_fails_again_after_its_end_is_a_new_incident():
    first, _ = weighed(look(wrong=True, at=NIGHT))
    second, events = weighed(
        look(wrong=True, at=NIGHT), look(wrong=False, at=NIGHT + HOUR), look(wrong=True, at=NIGHT + 2 * HOUR)
    )

    assert "opened" == events[-1]
    assert first.incident_id != second.incident_id
    assert (1, NIGHT + 2 * HOUR) == (second.times, second.opened_at)


@pytest.mark.parametrize("wrong", [True, False])
def test_a_look_that_is_not_later_changes_nothing(wrong):
    known, _ = weighed(look(wrong=True, at=NIGHT))

    for at in (NIGHT, NIGHT - HOUR):
        assert (Known(known), None) == weigh(Known(known), look(wrong=wrong, at=at), Rules(), now=NIGHT + HOUR)


def test_two_processes_that_see_the_same_thing_give_it_the_same_ids():
    (one, other) = (
        weigh(Known(), look(wrong=True, at=NIGHT), Rules(), now=NIGHT + hours * HOUR)[0].incident for hours in (1, 2)
    )

    assert alert_id(one, "opened") == alert_id(other, "opened")
    assert 5 == len({alert_id(one, event) for event in ("opened", "changed", "reminder", "escalated", "closed")})


@pytest.mark.parametrize(
    ("hours", "every", "due"),
    [
        pytest.param(23, 24, False, id="not_yet"),
        pytest.param(24, 24, True, id="a_day_after_it_was_told"),
        pytest.param(1_000, 0, False, id="zero_reminds_of_nothing"),
    ],
)
def test_a_reminder_is_due_so_long_after_the_last_word(hours, every, due):
    known = weigh(Known(), look(wrong=True, at=NIGHT), Rules(), now=NIGHT)[0].incident

    assert due == is_due_again(known, now=NIGHT + hours * HOUR, every=every * HOUR)


def test_what_is_over_is_not_reminded_of():
    known, _ = weighed(look(wrong=True, at=NIGHT), look(wrong=False, at=NIGHT + HOUR))

    assert not is_due_again(known, now=NIGHT + 1_000 * HOUR, every=HOUR)


def test_a_failure_that_turns_out_to_be_another_kind_is_told_as_that():
    known, _ = weighed(look(wrong=True, at=NIGHT), look(wrong=True, at=NIGHT + HOUR, kind=RUN_KILLED))

    assert "run_killed" == known.kind


# -- how it reads ------------------------------------------------------------------------------


def test_an_alert_says_what_since_when_which_run_and_what_to_do():
    known, _ = weighed(look(wrong=True, at=NIGHT), look(wrong=True, at=NIGHT + HOUR))

    alert = alert_of(known, "reminder", source="desk", ui_url="https://dagster.example.org/")

    assert "[wfm desk] still: job nightly failed" == alert.subject
    assert [
        "job nightly failed.",
        "",
        "what: no answer",
        "severity: high",
        "since: 2026-03-01 03:00:00 UTC",
        "times: 2",
        "job: nightly",
        "run: r-1",
        "look at: https://dagster.example.org/runs/r-1",
        "what to do: docs/runbook.md#run_failed",
        f"alert: {alert.alert_id}",
    ] == alert.body.splitlines()
    assert ("reminder", 2, known.incident_id) == tuple(alert.facts[name] for name in ("event", "times", "incident_id"))


def test_the_end_says_until_when():
    known, _ = weighed(look(wrong=True, at=NIGHT), look(wrong=False, at=NIGHT + HOUR))

    alert = alert_of(known, "closed", source="desk", ui_url=None)

    assert "[wfm desk] job nightly succeeds again" == alert.subject
    assert "until: 2026-03-01 04:00:00 UTC" in alert.body


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("postgresql://u:sekret@h/db is gone", "postgresql://h/db is gone", id="password"),
        pytest.param("anna.b+c@mail.example.org wrote", "(address) wrote", id="mail_address"),
        pytest.param("caller +46 70-123 45 67 twice", "caller (number) twice", id="caller_number"),
        pytest.param("caller 0701234567", "caller (number)", id="digits"),
        pytest.param("name 'Anna Smith' and \"x\" bad", "name '...' and '...' bad", id="quoted_values"),
        pytest.param("Dagster's run of 2026-03-01 02:00:00", "Dagster's run of 2026-03-01 02:00:00", id="dates_stay"),
        pytest.param("68155 rows\nof 37035", "68155 rows of 37035", id="counts_stay_on_one_line"),
    ],
)
def test_no_secret_and_no_personal_data_is_told(text, kept):
    assert kept == plain(text)


def test_every_kind_has_its_section_in_the_runbook():
    text = (Path(__file__).parents[3] / "docs" / "runbook.md").read_text(encoding="utf-8")

    sections = {line.removeprefix("### ").strip() for line in text.splitlines() if line.startswith("### ")}

    assert set() == set(KINDS) - sections

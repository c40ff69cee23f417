"""Presence inferred from services, on days that can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.staffing.presence import WaitingTime, first_to_last, presence_error, seen_available

NOBODY = WaitingTime(np.array([]), np.array([]))


def services(*rows):
    """(agent, starts, ends) in seconds."""
    return pd.DataFrame(rows, columns=["agent_id", "starts", "ends"])


def stretches(presence):
    names = [presence.agents[number] for number in presence.agent]
    return list(zip(names, presence.starts.tolist(), presence.ends.tolist(), strict=True))


def test_presence_is_from_the_first_service_to_the_end_of_the_last():
    found = first_to_last(services(("b", 50, 60), ("a", 300, 400), ("a", 100, 150)))

    assert [("a", 100, 400), ("b", 50, 60)] == stretches(found)
    assert 310 / 3600 == pytest.approx(found.hours)


def test_a_pause_of_more_than_four_hours_ends_the_day_whatever_the_date():
    late, next_day = 86_400 - 600, 86_400 + 600
    found = first_to_last(
        services(("a", late, late + 60), ("a", next_day, next_day + 60), ("a", next_day + 15_000, next_day + 15_060))
    )

    assert [("a", late, next_day + 60), ("a", next_day + 15_000, next_day + 15_060)] == stretches(found)


def test_a_gap_in_which_callers_waited_is_not_availability():
    rows = services(("a", 0, 100), ("a", 400, 500), ("a", 600, 700))
    waiting = WaitingTime(np.array([150.0, 560.0]), np.array([200.0, 570.0]))

    # 50 s of waiting in the first gap, 10 s in the second: 20 s are let pass
    assert [("a", 0, 100), ("a", 400, 700)] == stretches(seen_available(rows, waiting))
    assert [("a", 0, 700)] == stretches(seen_available(rows, waiting, tolerance_seconds=50))


def test_services_that_overlap_make_no_gap():
    found = seen_available(
        services(("a", 0, 300), ("a", 100, 200), ("a", 250, 350)), WaitingTime(np.array([0.0]), np.array([400.0]))
    )

    assert [("a", 0, 350)] == stretches(found)


def test_waiting_of_several_callers_counts_once():
    waiting = WaitingTime(np.array([10.0, 0.0, 50.0]), np.array([30.0, 20.0, 60.0]))

    assert [30, 40, 5] == waiting.between(np.array([0.0, 0.0, 55.0]), np.array([50.0, 70.0, 100.0])).tolist()
    assert [0] == NOBODY.between(np.array([0.0]), np.array([9.0])).tolist()


def test_calls_without_an_agent_are_nobodys_presence_and_are_counted():
    rows = services(("a", 0, 90), (None, 0, 10), ("a", 1000, 1090))
    error = presence_error(rows, WaitingTime(np.array([200.0]), np.array([300.0])))

    assert 1 == error.unnamed_calls
    assert 10 / 190 == pytest.approx(error.unnamed_busy_share)
    assert 1090 / 3600 == pytest.approx(error.hours_first_to_last)
    assert 180 / 3600 == pytest.approx(error.hours_seen_available) == pytest.approx(error.busy_hours)
    assert 100 / 1090 == pytest.approx(error.idle_while_waiting_share)
    assert 0 == error.start_gap_seconds  # the only gap is one with waiting

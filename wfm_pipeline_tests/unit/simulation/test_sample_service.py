"""One made day by hand: waiting, giving up, redialling, passing on, lunch. Chance is replaced by constants."""

from collections.abc import Iterator
from itertools import repeat
from math import exp

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.simulation.sample.people import Companies
from wfm_pipeline.domain.simulation.sample.service import (
    ABANDONED,
    ANSWERED,
    OVERFLOW,
    TRANSFERRED,
    Draws,
    Leg,
    ServiceDay,
)
from wfm_pipeline.domain.simulation.sample.spec import Behavior, ContactCentreSpec, QueueSpec

TALK = 3 + 100 * exp(-(0.75**2) / 2)  # every talk: 3 s and the median of a log-normal with mean 100
AFTER = 10.0
BUSY = TALK + AFTER  # 78.48 + 10 = 88.5 s
SPEC = ContactCentreSpec(
    queues=(
        QueueSpec("one", "One", 10, talk_seconds=100, after_call_seconds=10, patience_seconds=60, transfer_share=0.5),
        QueueSpec("two", "Two", 10, talk_seconds=100, after_call_seconds=10, patience_seconds=60, transfer_share=0.5),
    ),
    behavior=Behavior(redial_share=0.5, quick_share=0.5, quick_seconds=30, redial_pause_seconds=5, attempts_max=2),
)


def _run(
    first: list[tuple[int, int, float, bool]],
    stints: list[tuple[int, float, int, float]],
    *,
    patience: float = 100.0,
    uniform: Iterator[float] | None = None,
    closes: float = 10_000.0,
) -> tuple[ServiceDay, list[Leg]]:
    """Patience in means of 60 s; a uniform of 0.99 means no hold, no transfer, no redial."""
    ones = repeat(1.0)
    draws = Draws(repeat(patience), repeat(0.0), ones, ones, uniform or repeat(0.99), ones)
    attempts = pd.DataFrame({"queue": [queue for _, queue, _, _ in first], "customer": 0})
    nothing = np.zeros(1, dtype=np.int64)
    companies = Companies(pd.DataFrame(), np.ones((2, 1)), np.ones(1), nothing, nothing)
    day = ServiceDay(SPEC, attempts, companies, np.ones(3), draws)
    day.run(first, stints, midnight=0.0, closes=closes)
    return day, day.legs


def test_second_caller_waits_until_talk_and_after_call_work_are_done():
    _, legs = _run([(0, 0, 100.0, False), (1, 0, 110.0, False)], [(0, 0.0, 0, 5000.0)])

    assert [ANSWERED, ANSWERED] == [leg.status for leg in legs]
    # the agent is free again at 100 + 88.5 = 188.5: a wait of 78.5
    assert [leg.wait for leg in legs] == pytest.approx([0.0, BUSY - 10.0])
    assert legs[1].talk == pytest.approx(TALK)


def test_impatient_caller_leaves_and_does_not_delay_the_next():
    first = [(0, 0, 100.0, False), (1, 0, 110.0, False), (2, 0, 100.0 + BUSY - 1.0, False)]

    # patience 0.5 x 60 = 30 s: the second leaves after 30 s, the third waits 1 s
    _, legs = _run(first, [(0, 0.0, 0, 5000.0)], patience=0.5)

    assert [ANSWERED, ABANDONED, ANSWERED] == [leg.status for leg in legs]
    assert [leg.wait for leg in legs] == pytest.approx([0.0, 30.0, 1.0])
    assert legs[1].agent == -1


def test_who_gives_up_may_come_back_from_the_other_phone():
    # order of draws: hold and transfer of the first call; then redial 0.1 < 0.5 yes, quick 0.1 < 0.5 yes, other
    # phone 0.01 < 0.08 yes; the rest says no
    chance = iter([0.99, 0.99, 0.1, 0.1, 0.01, *[0.99] * 10])

    day, legs = _run([(0, 0, 100.0, False), (1, 0, 110.0, False)], [(0, 0.0, 0, 5000.0)], patience=0.5, uniform=chance)

    # gave up at 110 + 30 = 140, came back 5 + 30 s later, at 175; still 13.5 s to wait
    assert [ANSWERED, ABANDONED, ANSWERED] == [leg.status for leg in legs]
    assert legs[2].starts == pytest.approx(175.0)
    assert legs[2].wait == pytest.approx(100.0 + BUSY - 175.0)
    assert (1, 1, 1, 2) == tuple(day.calls[2])  # first attempt 1, previous call 1, other phone, second try


def test_nobody_redials_after_closing():
    chance = iter([0.99, 0.99, 0.1, 0.1, 0.99])

    _, legs = _run(
        [(0, 0, 100.0, False), (1, 0, 110.0, False)],
        [(0, 0.0, 0, 5000.0)],
        patience=0.5,
        uniform=chance,
        closes=170.0,
    )

    assert [ANSWERED, ABANDONED] == [leg.status for leg in legs]


def test_passed_on_call_goes_on_as_the_next_leg_in_the_other_queue():
    # hold no, transfer 0.1 < 0.5 yes, target the first of the list; then hold no, transfer no
    chance = iter([0.99, 0.1, 0.0, 0.99, 0.99])

    _, legs = _run([(0, 0, 100.0, False)], [(0, 0.0, 0, 5000.0), (1, 0.0, 1, 5000.0)], uniform=chance)

    assert [(1, 0, TRANSFERRED, 0), (2, 1, ANSWERED, 1)] == [
        (leg.leg_number, leg.queue, leg.status, leg.agent) for leg in legs
    ]
    assert legs[1].starts == pytest.approx(100.0 + TALK)  # after-call work is not the caller's time


def test_a_call_that_runs_into_lunch_is_finished_before_the_next():
    # one agent: on the phones until 150 and again from 160; the call taken at 140 keeps them until 228.5
    stints = [(0, 0.0, 0, 150.0), (0, 160.0, 0, 5000.0)]

    _, legs = _run([(0, 0, 140.0, False), (1, 0, 155.0, False)], stints)

    assert [leg.wait for leg in legs] == pytest.approx([0.0, 140.0 + BUSY - 155.0])


def test_longest_idle_agent_answers():
    stints = [(0, 50.0, 0, 5000.0), (0, 20.0, 1, 5000.0)]

    _, legs = _run([(0, 0, 100.0, False), (1, 0, 101.0, False)], stints)

    assert [1, 0] == [leg.agent for leg in legs]


def test_with_nobody_on_shift_everybody_gives_up():
    _, legs = _run([(0, 0, 100.0, False)], [(0, 0.0, 0, 90.0)])

    assert legs[0].status == ABANDONED
    assert legs[0].wait == pytest.approx(100.0 * 60.0)


def test_call_outside_the_opening_hours_meets_an_announcement():
    _, legs = _run([(0, 0, 100.0, True)], [(0, 0.0, 0, 5000.0)])

    assert legs[0].status == OVERFLOW
    assert legs[0].wait == pytest.approx(8.0 + 10.0 * 0.99)

"""At which instants a replay writes: none twice, the first and the last always, and late ones not at all."""

import pandas as pd

from wfm_pipeline.domain.replay.pace import ticks

FIRST = pd.Timestamp("2026-03-02 09:00")


class Hand:
    """A clock that moves when somebody waits, and while somebody works."""

    def __init__(self):
        self.seconds, self.waits = 100.0, []

    def now(self):
        return self.seconds

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.seconds += seconds


def after(instants):
    return [(at - FIRST).total_seconds() for at in instants]


def test_without_a_speed_every_step_comes_and_nobody_waits():
    clock = Hand()

    found = after(ticks(FIRST, FIRST + pd.Timedelta(seconds=12), every_seconds=5, speed=0, clock=clock))

    assert ([0, 5, 10, 12], []) == (found, clock.waits)


def test_a_step_comes_when_it_is_due():
    clock = Hand()

    found = after(ticks(FIRST, FIRST + pd.Timedelta(seconds=60), every_seconds=30, speed=60, clock=clock))

    assert ([0, 30, 60], [0.5, 0.5]) == (found, clock.waits)


def test_who_is_late_misses_steps_and_never_the_last():
    clock, found = Hand(), []

    for at in ticks(FIRST, FIRST + pd.Timedelta(seconds=22), every_seconds=5, speed=1, clock=clock):
        found.append(at)
        clock.seconds += 12.0 if len(found) == 1 else 60.0

    assert [0, 10, 22] == after(found)


def test_where_the_first_instant_is_the_last_it_comes_once():
    assert [0] == after(ticks(FIRST, FIRST, every_seconds=5, speed=0, clock=Hand()))

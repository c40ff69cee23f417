"""What could be done: only what is possible, with what it gains and costs, cheapest per point first.

The trial here is a plain one of its own: service level = people over need. The real one is the calculator's.
"""

import json

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.coverage.actions import ActionLimits, ActionRequest, gap_actions
from wfm_pipeline.domain.coverage.gaps import GapRequest, coverage_gaps
from wfm_pipeline.domain.coverage.intervals import coverage_status
from wfm_pipeline.domain.coverage.trials import Action, Gain, actions_json, ranked
from wfm_pipeline.domain.staffing.forecast_teams import BANDS, StaffingPolicy
from wfm_pipeline_tests.coverage_kit import QUARTER, at, stretches, works_for

POLICY = StaffingPolicy(patience_seconds=300.0)
RATES = pd.DataFrame({"service_id": ["a"], "hourly_cost": [40.0], "overtime_multiplier": [1.5], "currency": ["EUR"]})
TEAM = works_for(ann="a", bob="a")
SHIFTS = stretches(("ann", "08:00", "12:00"), ("bob", "08:00", "12:00"))


def rows_of(service, people, *, required=10.0):
    """Quarters from 09:00 on: shortage where people are few."""
    starts = pd.date_range(at("09:00"), periods=len(people), freq="15min", unit="us")
    there, need = np.asarray(people, float), np.full(len(people), required)
    return pd.DataFrame(
        {
            "service_id": service,
            "interval_start": starts,
            "agents_required": need,
            "people": there,
            "calls_mean": 40.0,
            "aht_seconds": 180.0,
            "coverage": there / need,
            "status": coverage_status(there, need),
            "projected_service_level": 0.5,
            "service_level_target": 0.8,
            "people_from": "scheduled",
            "basis": "forecast",
            **dict.fromkeys(BANDS.values(), np.nan),
        }
    )


def by_people(before, after):
    """A trial without chance: mean people of the gap in tenths, and fewer calls are a gain too."""
    people = (after.people - before.people)[before.is_counted].mean() / 10
    calls = 1 - after.calls[before.is_counted].sum() / before.calls[before.is_counted].sum()
    return Gain(people + calls, people + calls - 0.01, people + calls + 0.01)


def offered(people=(12, 12, 7, 7, 12, 12, 12, 12), *, others=(), as_of="09:00", **words):
    """Actions of the one gap of service a, 09:30 to 10:00 where nobody says otherwise."""
    rows = pd.concat([rows_of("a", people), *others]).assign(as_of=at(as_of))
    asked = {"intervals": rows, "rates": RATES, "interval_seconds": QUARTER, "policies": {}, "default": POLICY}
    gaps = coverage_gaps(GapRequest(**asked))
    mine = gaps[gaps["service_id"] == "a"]
    assert 1 == len(mine)
    tables = {"registrations": TEAM, "shifts": SHIFTS, "breaks": stretches(), "off_product": stretches()}
    found = gap_actions(ActionRequest(**(asked | tables | words), gaps=gaps, simulate=by_people))
    return found[mine["gap_id"].iloc[0]]


def kinds(found):
    return [one.kind for one in found]


def test_where_nothing_is_possible_nothing_is_offered():
    assert () == offered()


def test_overtime_is_offered_to_people_whose_shift_ends_in_reach_of_the_gap():
    (one,) = offered(shifts=stretches(("ann", "06:00", "09:15"), ("bob", "05:00", "08:45")))

    # ann stays from 09:15 to 10:00: 45 minutes paid, 30 of them in the gap; bob left before now
    assert ("overtime", 1, ("ann",), 0.5) == (one.kind, one.agents, one.who, one.agent_hours)
    assert (0.75 * 40 * 1.5, "EUR") == (one.cost, one.currency)


def test_overtime_is_offered_to_people_who_could_come_early():
    (one,) = offered(shifts=stretches(("ann", "10:15", "18:00"), ("bob", "10:31", "18:00")))

    # ann comes at 09:30 and is paid to 10:15; half an hour is the reach, and bob is a minute further away
    assert (("ann",), 0.5, 0.75 * 60) == (one.who, one.agent_hours, one.cost)


def test_no_more_people_stay_than_are_short_and_those_who_help_most_come_first():
    team = works_for(**dict.fromkeys(["ann", "bob", "cyd", "dan", "eve"], "a"))
    ends = {"ann": "09:50", "bob": "09:30", "cyd": "09:40", "dan": "09:35", "eve": "09:45"}
    shifts = stretches(*((name, "06:00", end) for name, end in ends.items()))

    (one,) = offered(registrations=team, shifts=shifts)

    assert ("bob", "dan", "cyd") == one.who  # 3 short; 30, 25 and 20 minutes


def test_an_unknown_rate_leaves_the_cost_of_overtime_unknown():
    (one,) = offered(shifts=stretches(("ann", "06:00", "09:30")), rates=RATES.assign(hourly_cost=np.nan))

    assert np.isnan(one.cost)
    assert one.currency is None


def test_a_break_in_the_gap_moves_to_the_nearest_place_with_people_to_spare():
    (one,) = offered(breaks=stretches(("ann", "09:30", "09:45"), ("bob", "08:15", "08:30")))

    assert ("move_break", ("ann",), 0.25, 0.0) == (one.kind, one.who, one.agent_hours, one.cost)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param({"people": (8.6, 8.6, 7, 7, 8.6, 8.6, 8.6, 8.6)}, id="nobody_to_spare_elsewhere"),
        pytest.param(
            {"shifts": stretches(("ann", "09:15", "10:00"))}, id="no_place_in_the_same_shift_but_beside_the_work"
        ),
        pytest.param({"reach": ActionLimits(break_reach_seconds=600.0)}, id="no_place_within_reach"),
        pytest.param({"as_of": "09:31"}, id="it_has_begun"),
    ],
)
def test_a_break_without_a_place_to_go_is_not_offered(words):
    work = stretches(("ann", "09:15", "09:30")) if "shifts" in words else stretches()

    found = offered(**{"breaks": stretches(("ann", "09:30", "09:45")), "off_product": work} | words)

    assert "move_break" not in kinds(found)


def test_breaks_that_move_to_one_place_leave_no_shortage_there():
    # 9.6 of 10 people: 1.1 above the limit of adequate coverage, so one break fits into a quarter and not two
    breaks = stretches(("ann", "09:30", "09:45"), ("bob", "09:30", "09:45"))
    people = (8.6, 9.6, 7, 7, 8.6, 8.6, 8.6, 8.6)

    (one,) = offered(people, breaks=breaks)

    assert ("ann",) == one.who


def test_off_product_work_in_the_gap_moves_later_in_the_day():
    (one,) = offered(off_product=stretches(("ann", "09:30", "10:00")))

    assert ("move_off_product", 0.5, 0.0) == (one.kind, one.agent_hours, one.cost)


LENT = works_for(ann="a", cyd="b +a", dan="b +a", eve="b")
ALL_DAY = stretches(("cyd", "08:00", "17:00"), ("dan", "08:00", "17:00"), ("eve", "08:00", "17:00"))


def test_a_service_in_surplus_lends_no_more_people_with_the_skill_than_it_does_not_need():
    (one,) = offered(others=[rows_of("b", [12, 12, 11, 11.5, 12, 12, 12, 12])], registrations=LENT, shifts=ALL_DAY)

    # 11 of 10 needed: one person; 110 % is a surplus
    assert ("lend_skill", 1, ("cyd",), "b", 0.5) == (one.kind, one.agents, one.who, one.from_service, one.agent_hours)


@pytest.mark.parametrize(
    ("surplus", "registrations", "shifts"),
    [
        pytest.param([12, 12, 12, 10.5, 12, 12, 12, 12], LENT, ALL_DAY, id="no_surplus_all_along"),
        pytest.param([12] * 8, works_for(ann="a", cyd="b", dan="b"), ALL_DAY, id="nobody_has_the_skill"),
        pytest.param([12] * 8, LENT, stretches(("cyd", "08:00", "09:45")), id="nobody_is_rostered_all_along"),
    ],
)
def test_lending_that_is_not_possible_is_not_offered(surplus, registrations, shifts):
    found = offered(others=[rows_of("b", surplus)], registrations=registrations, shifts=shifts)

    assert "lend_skill" not in kinds(found)


def test_a_call_back_is_offered_where_the_share_that_accepts_is_known_and_people_are_to_spare_later():
    (one,) = offered(reach=ActionLimits(call_back_share=0.2))

    assert ("call_back", 0, 0.0) == (one.kind, one.agents, one.cost)
    assert 0 < one.calls <= 0.2 * 80
    assert () == offered(reach=ActionLimits(call_back_share=None))
    assert () == offered((12, 12, 7, 7, 10, 10, 10, 10), reach=ActionLimits(call_back_share=0.2))


def test_a_gap_that_is_over_has_no_actions_and_one_that_runs_only_its_rest():
    breaks = stretches(("ann", "09:45", "10:00"))
    shifts = stretches(("ann", "08:00", "12:00"), ("bob", "06:00", "09:50"))

    found = offered(breaks=breaks, shifts=shifts, as_of="09:40")

    assert () == offered(breaks=breaks, as_of="10:00")
    assert {"move_break": 0.25, "overtime": pytest.approx(10 / 60)} == {one.kind: one.agent_hours for one in found}


def action(kind, cost, gain, *, currency="EUR"):
    return Action("g", kind, 1, 0.5, 0.0, cost, currency, Gain(gain, gain - 0.01, gain + 0.01), ("ann",))


def test_the_cheapest_per_point_of_service_level_comes_first_and_an_unknown_cost_last():
    dear, cheap = action("overtime", 100.0, 0.10), action("lend_skill", 90.0, 0.20)  # 10.00 and 4.50 a point
    free, unknown = action("move_break", 0.0, 0.01), action("call_back", np.nan, 0.5)

    assert ["move_break", "lend_skill", "overtime", "call_back"] == kinds(ranked([unknown, dear, cheap, free]))
    assert (10.0, 4.5) == (pytest.approx(dear.cost_per_point), pytest.approx(cheap.cost_per_point))


def test_of_equal_costs_per_point_the_larger_gain_comes_first_and_then_what_disturbs_least():
    same = [action("call_back", 0.0, 0.2), action("move_off_product", 0.0, 0.1), action("move_break", 0.0, 0.1)]

    assert ["call_back", "move_break", "move_off_product"] == kinds(ranked(same))


def test_what_gains_nothing_is_not_offered():
    assert () == ranked([action("overtime", 10.0, 0.0), action("move_break", 0.0, -0.1)])


def test_the_column_of_actions_names_no_person_and_null_is_unknown():
    (told,) = json.loads(actions_json([action("overtime", np.nan, 0.1, currency=None)]))

    assert (None, None, 0.1, 1) == (told["cost"], told["cost_per_point"], told["gain"], told["agents"])
    assert "ann" not in json.dumps(told)

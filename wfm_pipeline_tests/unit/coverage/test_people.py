"""People per service: shares of one person, site totals, shifts and breaks, days on which clocks change."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.coverage.grid import DayGrid, grid_of
from wfm_pipeline.domain.coverage.presence import count_states
from wfm_pipeline.domain.coverage.scheduled import rostered_stretches, scheduled_people
from wfm_pipeline.domain.coverage.shares import known_seconds, registrations, service_people, site_people
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.coverage_kit import DAY, QUARTER, at, states, stretches, works_for

GRID = DayGrid(at("09:00"), QUARTER, 4)


def of(frame, service, column):
    return frame.loc[frame["service_id"] == service, column].tolist()


def there(rows, registered, load, *, as_of="10:00", known_from="00:00"):
    found = registrations(registered, pd.Index(sorted(load), dtype=object))
    matrix = np.array([load.get(name, [np.nan] * 4) for name in found.services], dtype=float)
    known = known_seconds(GRID, at(known_from) if known_from else None, at(as_of))
    return service_people(count_states(rows, as_of=at(as_of)).stretches, found, matrix, GRID, known)


def test_a_person_of_several_services_is_split_by_their_load_and_is_one_person_in_all():
    rows = states(("ann", "ready", "09:00", None), ("bob", "ready", "09:00", None))

    found = there(rows, works_for(ann="a b", bob="a"), {"a": [3.0, 3, 0, 0], "b": [1.0, 1, 0, 2]})

    # ann: 3 / 4 in a; nothing known to do in the third quarter: half and half; all in b in the last; bob is whole in a
    assert [1.75, 1.75, 1.5, 1.0] == of(found, "a", "agents_actual")
    assert [0.25, 0.25, 0.5, 1.0] == of(found, "b", "agents_actual")


def test_a_service_of_unknown_load_gets_an_even_part_and_not_none():
    found = there(states(("ann", "ready", "09:00", None)), works_for(ann="a b"), {"a": [3.0] * 4, "b": [np.nan] * 4})

    assert [0.5] * 4 == of(found, "a", "agents_actual")


def test_a_person_in_a_contact_is_there_and_not_available():
    found = there(states(("ann", "talk", "09:00", None)), works_for(ann="a"), {"a": [1.0] * 4})

    assert ([1.0] * 4, [0.0] * 4) == (of(found, "a", "agents_actual"), of(found, "a", "agents_available"))


def test_of_the_running_interval_only_the_part_that_is_over_is_measured():
    # since 09:30 for 5 of the 10 minutes that are over at 09:40; the last quarter has not begun
    found = there(states(("ann", "ready", "09:30", "09:35")), works_for(ann="a"), {"a": [1.0] * 4}, as_of="09:40")

    assert [0.0, 0.0, 0.5] == of(found, "a", "agents_actual")[:3]
    assert np.isnan(of(found, "a", "agents_actual")[3])


def test_people_of_whom_no_states_are_recorded_are_unknown_and_not_nobody():
    unknown = there(states(), works_for(ann="a"), {"a": [1.0] * 4}, known_from=None)
    later = there(states(("ann", "ready", "09:30", None)), works_for(ann="a"), {"a": [1.0] * 4}, known_from="09:30")

    assert np.isnan(of(unknown, "a", "agents_actual")).all()
    assert [True, True, False, False] == np.isnan(of(later, "a", "agents_actual")).tolist()


def test_a_service_for_which_nobody_is_registered_is_unknown():
    found = there(states(("ann", "ready", "09:00", None)), works_for(ann="a"), {"a": [1.0] * 4, "b": [1.0] * 4})

    assert np.isnan(of(found, "b", "agents_actual")).all()


def test_a_skill_that_is_not_registered_takes_nothing_of_a_person():
    found = there(
        states(("ann", "ready", "09:00", None)), works_for(ann="a +b", bob="b"), {"a": [1.0] * 4, "b": [9.0] * 4}
    )

    assert [1.0] * 4 == of(found, "a", "agents_actual")


def test_site_totals_count_a_person_of_many_services_once():
    rows = count_states(states(("ann", "ready", "09:00", None), ("bob", "talk", "09:15", None)), as_of=at("10:00"))

    found = site_people(rows.stretches, GRID, known_seconds(GRID, DAY, at("10:00")))

    assert [1.0, 2.0, 2.0, 2.0] == found["agents_actual"].tolist()
    assert [1.0] * 4 == found["agents_available"].tolist()


def scheduled(shifts, breaks, registered, *, has_shifts=True):
    found = registrations(registered, pd.Index(["a"], dtype=object))
    load = np.ones((len(found.services), GRID.intervals))
    return scheduled_people(rostered_stretches(shifts, breaks), found, load, GRID, has_shifts=has_shifts)


def test_rostered_are_shifts_without_their_breaks():
    shifts = stretches(("ann", "08:00", "17:00"), ("bob", "09:20", "17:00"))
    breaks = stretches(("ann", "09:10", "09:25"), ("bob", "08:00", "09:21"))  # bob's lies mostly before the shift

    found = scheduled(shifts, breaks, works_for(ann="a", bob="a"))

    # ann: 10 of 15 minutes, then 5 of 15; bob: 9 of 15 from 09:21 on
    assert [10 / 15, 5 / 15 + 9 / 15, 2.0, 2.0] == pytest.approx(of(found, "a", "agents_scheduled"))


def test_shifts_of_one_person_that_overlap_count_once():
    found = scheduled(stretches(("ann", "09:00", "09:30"), ("ann", "09:15", "10:00")), stretches(), works_for(ann="a"))

    assert [1.0] * 4 == of(found, "a", "agents_scheduled")


def test_the_gap_of_a_split_shift_is_not_rostered():
    found = scheduled(stretches(("ann", "09:00", "09:15"), ("ann", "09:45", "10:00")), stretches(), works_for(ann="a"))

    assert [1.0, 0.0, 0.0, 1.0] == of(found, "a", "agents_scheduled")


def test_without_a_roster_nobody_knows_who_is_rostered():
    found = scheduled(stretches(), stretches(), works_for(ann="a"), has_shifts=False)

    assert np.isnan(of(found, "a", "agents_scheduled")).all()


@pytest.mark.parametrize(("date", "quarters"), [(dt.date(2026, 3, 29), 92), (dt.date(2026, 10, 25), 100)])
def test_a_day_on_which_clocks_change_has_92_or_100_quarters_and_a_person_is_there_in_each(date, quarters):
    day = interval_grid(Site(time_zone="Europe/Berlin", interval_minutes=15), date, date)

    grid = grid_of(day["interval_start"], QUARTER)
    whole_day = pd.DataFrame({"agent_id": ["ann"], "starts_at": [grid.starts_at], "ends_at": [grid.ends_at]})
    registered = registrations(works_for(ann="a"), pd.Index(["a"], dtype=object))
    found = scheduled_people(whole_day, registered, np.ones((1, grid.intervals)), grid, has_shifts=True)

    assert quarters == grid.intervals == len(found)
    assert {1.0} == set(found["agents_scheduled"])


def test_intervals_are_half_open():
    found = scheduled(stretches(("ann", "09:15", "09:30")), stretches(), works_for(ann="a"))

    assert [0.0, 1.0, 0.0, 0.0] == of(found, "a", "agents_scheduled")


def test_starts_that_lie_on_no_grid_are_refused():
    with pytest.raises(DataError, match="hold no start at 2026-03-02 09:20:00"):
        grid_of([at("09:00"), at("09:20")], QUARTER)
    with pytest.raises(DataError, match="at least one interval"):
        grid_of([], QUARTER)

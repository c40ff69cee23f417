"""What settings mean to a capability: the queue's own word before the common one, and switches where they belong."""

import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.resources.options import (
    allocation_options,
    allocation_weight,
    locality_calendars,
    site_of,
    staffing_policies,
)
from wfm_pipeline.settings import load_settings

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_a_queue_has_its_own_settings_and_the_common_ones_where_it_has_none():
    settings = load_settings(staffing_shrinkage=0.2, staffing_queues={"billing": {"service_level": 0.9}})

    found = staffing_policies(settings)

    assert ["billing"] == list(found)
    assert (0.9, 0.2) == (found["billing"].service_level_target, found["billing"].shrinkage)


def test_switches_of_the_settings_are_left_alone_by_a_strategy_that_has_none():
    settings = load_settings(allocation_minimum_one=True, allocation_stability=True)

    assert (True, True) == (allocation_options(settings).minimum_one, allocation_options(settings).stability)
    assert (False, False) == (
        allocation_options(settings, "v2").minimum_one,
        allocation_options(settings, "v2").stability,
    )
    assert not allocation_options(settings, minimum_one=False).minimum_one


def test_a_given_weight_stands_before_the_setting():
    settings = load_settings(allocation_weight="volume")

    assert ("workload", "volume") == (allocation_weight(settings, "workload"), allocation_weight(settings))


def test_a_locality_may_have_the_calendar_of_a_state():
    found = locality_calendars(load_settings(locality_calendars={"Domestic-TX": "US-TX"}))["Domestic-TX"]

    assert ("US", "TX") == (found.country, found.subdivision)


def test_the_site_is_the_maps_but_for_what_is_set():
    mapped = Site(time_zone="Europe/Stockholm", interval_minutes=30)

    found = site_of(load_settings(interval_minutes=15), mapped)

    assert (15, "Europe/Stockholm") == (found.interval_minutes, found.time_zone)

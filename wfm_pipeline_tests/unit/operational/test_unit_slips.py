"""A column in another unit is refused, with field, table, value, range and what to do; ordinary swings are not."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.operational.live_state import QUEUE_CURRENT_METRICS
from wfm_pipeline.contracts.operational.statistics import AGENT_ACTIVITY, CONTACT_STATISTICS
from wfm_pipeline.domain.operational.house_units import house_name, to_house_units
from wfm_pipeline.domain.operational.unit_slips import find_unit_slips
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.operational.door import through_the_door
from wfm_pipeline_tests.operational_kit import activity, statistics

ALL_DAY = 96


def slips(rows, table=CONTACT_STATISTICS):
    return [(slip.column, slip.service_id) for slip in find_unit_slips(table, rows)]


def from_row(rows, place, name, factor):
    return rows.assign(**{name: rows[name].where(rows.index < place, rows[name] * factor)})


@pytest.mark.parametrize("factor", [1 / 1000, 1000], ids=["in_seconds", "in_microseconds"])
def test_an_aht_that_jumps_a_thousandfold_against_its_own_recent_median_is_a_slip(factor):
    rows = pd.concat(
        [from_row(statistics(ALL_DAY), 60, "aht", factor), statistics(ALL_DAY, service="2")], ignore_index=True
    )

    assert [("aht", "1")] == slips(rows)


@given(st.lists(st.floats(30_000, 900_000), min_size=10, max_size=40))
def test_a_day_that_swings_thirtyfold_is_no_slip(values):
    assert [] == slips(statistics(len(values)).assign(aht=values))


@given(st.lists(st.floats(100_000, 900_000), min_size=10, max_size=40), st.integers(5, 8), st.sampled_from([1e-3, 1e3]))
def test_a_day_of_ninefold_swings_is_a_slip_from_any_row_on_in_another_unit(values, place, factor):
    rows = from_row(statistics(len(values)).assign(aht=values), place, "aht", factor)

    # ninefold against the slip leaves 1,000 / 9 = 111 of the median, beyond 100
    assert "aht" in {column for column, _ in slips(rows)}


def test_one_short_contact_is_no_slip():
    rows = statistics(ALL_DAY)
    rows.loc[50, ["treated_calls", "aht"]] = (1, 1_500.0)

    assert [] == slips(rows)


def test_a_last_row_of_many_contacts_in_seconds_is_a_slip_and_one_of_two_contacts_waits_for_more():
    many, few = from_row(statistics(50), 49, "aht", 1 / 1000), from_row(statistics(50), 49, "aht", 1 / 1000)
    few.loc[49, "treated_calls"] = 2

    assert [("aht", "1")] == slips(many)
    assert [] == slips(few)


WHOLE = [
    pytest.param(statistics(30, aht=240.0), CONTACT_STATISTICS, "aht", id="aht_in_seconds_from_the_beginning"),
    pytest.param(statistics(30).assign(service_level=0.8), CONTACT_STATISTICS, "service_level", id="share_for_percent"),
    pytest.param(statistics(30).assign(service_level=8_000), CONTACT_STATISTICS, "service_level", id="hundredths"),
    pytest.param(activity(30).assign(login_time=900_000), AGENT_ACTIVITY, "login_time", id="milliseconds_for_seconds"),
]


@pytest.mark.parametrize(("rows", "table", "column"), WHOLE)
def test_a_whole_column_in_another_unit_is_a_slip_without_any_past(rows, table, column):
    assert (column, None) in slips(rows, table)


def test_full_service_levels_and_seldom_abandonment_are_no_slip():
    assert [] == slips(statistics(30).assign(service_level=[0.0, 1.0] * 15))
    assert [] == slips(statistics(30).assign(abandonment_rate=0.4))
    assert [] == slips(statistics(0))


def test_the_door_refuses_a_slip_and_names_field_table_value_range_and_what_to_do():
    with pytest.raises(SourceError) as refused:
        through_the_door(CONTACT_STATISTICS, from_row(statistics(ALL_DAY), 60, "aht", 1 / 1000))

    assert (
        "aht of contact_statistics (service 1) is 240, expected 2,400 to 24,000,000 ms, for the service's recent median is "
        "240,000 ms: it looks like seconds: write milliseconds into aht again, and mend the rows written since; "
        "nothing was read"
    ) == str(refused.value)


def test_the_door_names_columns_that_are_missing_and_those_that_are_there():
    with pytest.raises(SourceError, match=r"lacks aht, talk_time; it has service_id, .*sql/operational"):
        through_the_door(CONTACT_STATISTICS, statistics(2).drop(columns=["aht", "talk_time"]))


def test_the_door_hands_on_seconds_and_shares():
    rows = through_the_door(CONTACT_STATISTICS, statistics(1)).rows

    assert {
        "aht_seconds": 240.0,
        "talk_seconds": 192.0,
        "post_processing_seconds": 48.0,
        "service_level": 0.8,
        "abandonment_share": 0.1,
        "occupancy_share": 0.7,
        "received_calls": 10.0,
    } == rows.loc[0, ["aht_seconds", "talk_seconds", "post_processing_seconds", "service_level", "abandonment_share",
                      "occupancy_share", "received_calls"]].to_dict()  # fmt: skip


@given(st.floats(0, 14_400_000), st.floats(0, 100))
def test_house_units_are_a_thousandth_and_a_hundredth_and_lose_nothing(milliseconds, percent):
    rows = statistics(1).assign(aht=milliseconds, service_level=percent)

    house = to_house_units(CONTACT_STATISTICS, rows)

    assert milliseconds == pytest.approx(house.loc[0, "aht_seconds"] * 1000, rel=1e-12)
    assert percent == pytest.approx(house.loc[0, "service_level"] * 100, rel=1e-12)


def test_a_name_in_house_units_is_taken_once():
    for table in (CONTACT_STATISTICS, AGENT_ACTIVITY, QUEUE_CURRENT_METRICS):
        names = [house_name(column) for column in table.columns]
        assert len(names) == len(set(names))

"""The laws of coverage's history find what breaks them, each by itself."""

import pandas as pd
import pytest

from wfm_pipeline.checks.coverage_judgement import (
    CLOSED_IS_NO_GAP,
    HOURS_WHOLE,
    PEOPLE_ONCE,
    RULES,
    STATUSES_AGREE,
    HistoryRows,
    faults_of,
)
from wfm_pipeline.domain.coverage.intervals import STANDARD_LIMITS
from wfm_pipeline_tests.coverage_kit import at

NO_GAPS = pd.DataFrame({"service_id": [], "starts_at": [], "ends_at": []}).astype(
    {"service_id": object, "starts_at": "datetime64[us]", "ends_at": "datetime64[us]"}
)


def quarter(service, clock, people, need, status, *, coverage=None):
    share = people / need if coverage is None and need else coverage
    return {
        "service_id": service, "interval_start": at(clock), "people": people, "agents_actual": people,
        "agents_required": need, "coverage": share, "status": status,
    }  # fmt: skip


SOUND = [
    quarter("a", "09:00", 1.7, 2, "adequate"),
    quarter("a", "09:15", 1.9, 2, "optimal"),
    quarter("b", "09:00", 1.3, 1, "surplus"),
    quarter("b", "09:15", 0.0, 0, "optimal"),
]


def faults(rows=SOUND, *, gaps=NO_GAPS, site=(3.0, 2.0), closed=(("b", "09:15"),)):
    return faults_of(
        HistoryRows(
            intervals=pd.DataFrame(rows).astype({"agents_required": "float64", "coverage": "float64"}),
            gaps=gaps,
            expected=pd.Series([at("09:00"), at("09:15")]),
            closed=pd.DataFrame(
                {"service_id": [one for one, _ in closed], "interval_start": [at(clock) for _, clock in closed]}
            ),
            site=pd.DataFrame({"interval_start": [at("09:00"), at("09:15")], "agents_actual": site}),
            limits=STANDARD_LIMITS,
        )
    )


def only(name, count=1):
    return {**dict.fromkeys(RULES, 0), name: count}


def test_sound_rows_break_nothing():
    assert dict.fromkeys(RULES, 0) == faults()


def test_a_person_who_counts_whole_for_two_services_is_found():
    assert only(PEOPLE_ONCE) == faults(site=(2.0, 2.0))  # 1.7 + 1.3 people of services are 3, and 2 are there


def test_an_interval_that_is_missing_or_comes_twice_is_found():
    assert only(HOURS_WHOLE) == faults(SOUND[:3], closed=())
    assert 1 == faults([*SOUND, SOUND[3]])[HOURS_WHOLE]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(quarter("a", "09:00", 1.7, 2, "shortage"), id="85_percent_is_adequate"),
        pytest.param(quarter("a", "09:00", 1.0, 2, "optimal"), id="half_is_short"),
        pytest.param(quarter("a", "09:00", 1.7, 2, "adequate", coverage=0.9), id="coverage_is_not_people_over_need"),
        pytest.param(quarter("a", "09:00", 1.7, 2, "no_data"), id="known_and_said_to_be_unknown"),
        pytest.param(quarter("a", "09:00", float("nan"), 2, "shortage"), id="unknown_and_said_to_be_short"),
    ],
)
def test_a_status_that_its_own_row_contradicts_is_found(wrong):
    assert only(STATUSES_AGREE) == faults([wrong, *SOUND[1:]])


def test_a_gap_in_a_closed_hour_is_found():
    gap = pd.DataFrame({"service_id": ["b"], "starts_at": [at("09:15")], "ends_at": [at("09:30")]})

    assert only(CLOSED_IS_NO_GAP) == faults(gaps=gap)
    assert only(CLOSED_IS_NO_GAP, 0) == faults(gaps=gap.assign(ends_at=at("09:15")))

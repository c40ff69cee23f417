"""Planners' cells of the capacity plan: what is read, and what is refused with its line."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.domain.staffing.capacity.people import HiringClass, Intake, Pool
from wfm_pipeline.domain.staffing.capacity.sheets import CAPACITY_FILES, planners_tables
from wfm_pipeline.domain.staffing.capacity.shrinkage import ShrinkageRow
from wfm_pipeline.domain.staffing.faults import CapacityError

HEADCOUNT = {
    "pool_id": "voice", "queues": "support; sales", "heads": "40", "counted_on": "2026-06-01", "contract_hours": "38.5",
    "attrition": "0.3", "attrition_per": "year", "recruiting_weeks": "6", "training_weeks": "4",
    "training_dropout": "0.1", "ramp": "0.5;0.75", "occupancy": "",
}  # fmt: skip
CLASS = {
    "class_id": "c1", "pool_id": "voice", "start_date": "2026-07-01", "heads": "10", "training_weeks": "",
    "training_dropout": "", "ramp": "", "contract_hours": "",
}  # fmt: skip
SHRUNK = {
    "pool_id": "(all)", "kind": "vacation", "is_planned": "true", "share": "0.1", "first_date": "2026-01-01",
    "last_date": "",
}  # fmt: skip
FILES = {"headcount": HEADCOUNT, "hiring_classes": CLASS, "shrinkage": SHRUNK}


def rows(name, *changes):
    return read_rows(CAPACITY_FILES[name], pd.DataFrame([{**FILES[name], **change} for change in changes or ({},)]))


def tables(**changes):
    frames = [pd.DataFrame(rows(name, changes.get(name, {}))[0]) for name in FILES]
    return planners_tables(*frames)


def test_a_pool_is_read_with_its_queues_and_intake():
    intake = Intake(4, 0.1, (0.5, 0.75))

    assert (
        Pool("voice", ("support", "sales"), 40.0, dt.date(2026, 6, 1), 38.5, 0.3, "year", intake, 6),
    ) == tables().pools  # fmt: skip


def test_an_empty_word_of_a_class_is_its_pools():
    assert (
        HiringClass("c1", "voice", dt.date(2026, 7, 1), 10.0, Intake(4, 0.1, (0.5, 0.75)), 38.5),
    ) == tables().classes  # fmt: skip


def test_a_word_of_a_class_goes_before_its_pools():
    (one,) = tables(hiring_classes={"training_weeks": "0", "ramp": "1", "contract_hours": "20"}).classes

    assert Intake(0, 0.0, (1.0,)) == one.intake
    assert 20.0 == one.contract_hours


def test_shrinkage_is_read_with_an_open_end():
    assert (ShrinkageRow("(all)", "vacation", True, 0.1, dt.date(2026, 1, 1)),) == tables().shrinkage


def test_a_further_column_is_ignored_with_a_notice():
    _, notices = read_rows(CAPACITY_FILES["shrinkage"], pd.DataFrame([{**SHRUNK, "comment": "x"}]))

    assert ["shrinkage.csv: ignored the columns comment"] == notices


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        pytest.param("headcount", {"attrition": "30"}, r"attrition must be .* at most 1, got 30 \(headcount.csv, line 3\)", id="percent"),
        pytest.param("headcount", {"attrition": "1"}, r"must be in \[0, 1\).*line 3", id="everybody"),
        pytest.param("headcount", {"attrition_per": "week"}, "attrition_per must be month or year, got 'week'", id="period"),
        pytest.param("headcount", {"contract_hours": "0"}, r"contract_hours must be above 0, got 0 \(headcount.csv, line 3\)", id="no_hours"),
        pytest.param("headcount", {"heads": ""}, r"heads must not be empty \(headcount.csv, line 3\)", id="empty"),
        pytest.param("headcount", {"ramp": "half"}, "ramp must be numbers separated by ';'", id="ramp"),
        pytest.param("headcount", {"training_weeks": "1.5"}, "training_weeks must be a whole number, got '1.5'", id="half_week"),
        pytest.param("headcount", {"occupancy": "0"}, "occupancy must be above 0", id="occupancy"),
        pytest.param("hiring_classes", {"heads": "-1"}, r"heads must be at least 0, got -1 \(hiring_classes.csv, line 3\)", id="negative"),
        pytest.param("hiring_classes", {"start_date": "soon"}, "start_date must be a date", id="date"),
        pytest.param("shrinkage", {"is_planned": ""}, "is_planned must not be empty", id="flag"),
        pytest.param("shrinkage", {"last_date": "2025-01-01"}, r"lies before first_date .*line 3", id="backwards"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_refused_with_file_and_line(name, change, said):
    with pytest.raises(CapacityError, match=said):
        rows(name, {next(iter(FILES[name])): "first"}, change)


@pytest.mark.parametrize("name", FILES)
def test_two_rows_with_one_key_are_refused(name):
    with pytest.raises(CapacityError, match=f"{name}.csv has two rows for "):
        rows(name, {}, {})


def test_a_missing_column_is_named_with_those_present():
    with pytest.raises(CapacityError, match=r"shrinkage.csv lacks the columns share; present: pool_id, kind"):
        read_rows(CAPACITY_FILES["shrinkage"], pd.DataFrame([SHRUNK]).drop(columns="share"))

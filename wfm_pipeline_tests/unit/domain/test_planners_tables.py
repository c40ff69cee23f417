"""One reader for every planner's table: types and rules are the contract's, faults name file, line, column and what is allowed."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from wfm_pipeline.contracts.columns import Column, Table, count, day, flag, local_time, share, text
from wfm_pipeline.contracts.planning.history import HISTORY
from wfm_pipeline.domain.allocation.faults import UnknownValueError
from wfm_pipeline.domain.allocation.tables.planners_files import FILES
from wfm_pipeline.domain.backlog.people.sheets import ACTIVITY_FILES
from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES
from wfm_pipeline.domain.planners_tables import PlannersFile, read_rows
from wfm_pipeline.domain.sheet import LINES
from wfm_pipeline.domain.staffing.capacity.sheets import CAPACITY_FILES
from wfm_pipeline.errors import DataError
from wfm_pipeline.transforms.matches import MATCH_FILES

TABLE = Table(
    "silver",
    "things",
    "One row per thing and version.",
    ("thing", "valid_from"),
    (
        text("source", "The source.", nullable=False),
        text("thing", "The thing.", nullable=False),
        count("pieces", "Pieces."),
        share("part", "Part.", nullable=True),
        day("first", "First date."),
        local_time("begins_local", "Begin.", nullable=True),
        flag("is_good", "Good."),
        text("size", "Size.", allowed=("small", "large")),
        text("colour", "Colour.", allowed=("red", "green", "blue")),
        *HISTORY,
    ),
)
FILE = PlannersFile(table=TABLE, title="things.csv", empty={"is_good": True})
ROW = {"thing": "a", "pieces": "3", "first": "2026-01-05"}


def read(*changes, file=FILE):
    return read_rows(file, pd.DataFrame([{**ROW, **change} for change in changes or ({},)]), source="s")


def test_cells_have_the_types_of_the_contract_and_empty_ones_what_the_file_says():
    rows, notices = read({"part": "0.5", "begins_local": "2026-01-05 08:30", "size": "large"})

    expected = {
        "source": "s", "thing": "a", "pieces": 3, "part": 0.5, "first": dt.date(2026, 1, 5),
        "begins_local": dt.datetime(2026, 1, 5, 8, 30), "is_good": True, "size": "large", "colour": None,
    }  # fmt: skip
    assert ([expected], []) == (rows, notices)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"thing": ""}, "thing must not be empty (things.csv, line 3)", id="empty"),
        pytest.param({"pieces": "-1"}, "pieces must be at least 0, got -1 (things.csv, line 3)", id="range"),
        pytest.param({"pieces": "1.5"}, "pieces must be a whole number, got '1.5' (things.csv, line 3)", id="type"),
        pytest.param(
            {"part": "30"},
            "part must be at least 0, at most 1, got 30 (things.csv, line 3); write 30 % as 0.3",
            id="percent",
        ),
        pytest.param({"size": "tiny"}, "size must be small or large, got 'tiny' (things.csv, line 3)", id="two_words"),
        pytest.param(
            {"colour": "grey"},
            "colour must be one of red, green, blue, got 'grey' (things.csv, line 3)",
            id="several_words",
        ),
        pytest.param(
            {"is_good": "maybe"}, "is_good must be true or false, got 'maybe' (things.csv, line 3)", id="flag"
        ),
    ],
)
def test_a_wrong_cell_is_refused_with_file_line_column_and_what_is_allowed(change, said):
    with pytest.raises(DataError) as caught:
        read({"thing": "first"}, change)

    assert said == str(caught.value)


def test_two_rows_of_one_key_are_refused_with_both_lines():
    frame = pd.DataFrame([ROW, ROW | {"thing": "b"}, ROW])

    with pytest.raises(DataError, match=r"things\.csv has two rows for thing = a \(lines 2 and 4\); keep one"):
        read_rows(FILE, frame, source="s")


def test_a_row_is_filled_and_judged_as_a_whole_with_its_line():
    def refuse_many(row):
        if row["pieces"] > row["part"]:
            raise DataError(f"pieces {row['pieces']} exceed part {row['part']:g}")

    file = replace(FILE, complete=lambda row: {**row, "part": row["part"] or 1.0}, check=refuse_many)

    with pytest.raises(DataError, match=r"pieces 3 exceed part 1 \(things.csv, line 3\)"):
        read({"thing": "first", "pieces": "0"}, {}, file=file)


def test_a_column_may_have_another_name_in_the_file_and_the_tables_own_is_taken_too():
    file = replace(FILE, called={"thing": "name"})
    frame = pd.DataFrame([ROW])

    for named in (frame, frame.rename(columns={"thing": "name"})):
        assert ["a"] == [row["thing"] for row in read_rows(file, named, source="s")[0]]
    with pytest.raises(DataError, match=r"name must not be empty"):
        read({"thing": ""}, file=file)


def test_what_is_read_in_an_own_way_is_not_held_against_the_contract():
    file = replace(FILE, own={"colour": lambda sheet, name: [word.upper() for word in sheet.texts(name)]})

    assert "GREY" == read({"colour": "grey"}, file=file)[0][0]["colour"]


def test_a_missing_column_is_named_with_those_present_and_a_further_one_is_ignored_with_a_notice():
    with pytest.raises(DataError, match=r"things\.csv lacks the columns pieces, first; present: thing"):
        read_rows(FILE, pd.DataFrame({"thing": ["a"]}), source="s")
    assert ["things.csv: ignored the columns note"] == read({"note": "x"})[1]


def test_a_fault_in_a_months_report_names_the_line_of_its_report():
    report = {
        "demand_id": "1", "platform": "p", "case_type": "c", "state": "s", "locality": "Global", "report_year": "2025",
        "report_month": "11", **{f"month{number}": "10" for number in range(1, 7)},
    }  # fmt: skip
    frame = pd.DataFrame([report, {**report, "demand_id": "2", "locality": "Mars"}])
    frame.attrs[LINES] = [4, 9]

    with pytest.raises(UnknownValueError, match=r"got 'Mars' \(monthly_demand, line 9\)"):
        read_rows(FILES["monthly_demand"], frame)


@pytest.mark.parametrize(
    "file",
    [
        *PLANNERS_FILES.values(),
        *FILES.values(),
        *CAPACITY_FILES.values(),
        *MATCH_FILES.values(),
        *ACTIVITY_FILES.values(),
    ],
    ids=lambda f: f.title,
)
def test_what_a_file_says_of_columns_names_columns_of_its_table(file):
    said = {*file.called, *file.empty, *file.own}

    assert said <= set(file.table.column_names)
    assert not said & set(HISTORY)
    assert all(isinstance(column, Column) for column in map(file.table.column, said))

"""Workbooks are read as the table of their one sheet: values only, nothing calculated, within bounds."""

import datetime as dt
import re
import zipfile

import pandas as pd
import pytest
from openpyxl import Workbook

from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.sources.files.interval_file import read_interval_file
from wfm_pipeline.sources.files.planners_files import read_cells, read_text_table
from wfm_pipeline.sources.files.raw_files import column_names, read_file
from wfm_pipeline.sources.opening import open_reader


def saved(path, rows, *, sheets=1, change=lambda _sheet: None):
    """A workbook of these rows in its first sheet, as a spreadsheet saves it."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    for number in range(sheets - 1):
        book.create_sheet(f"Sheet{number + 2}")
    book.save(path)
    return path


def test_values_come_as_a_csv_file_of_ours_has_them(tmp_path):
    row = ['Åsa, "q"', 3.0, 0.25, True, dt.datetime(2025, 9, 1, 9, 5), dt.date(2025, 9, 1), dt.time(9, 5), None, 41]
    path = saved(tmp_path / "r.xlsx", [[*"abcdefghi"], row], sheets=3, change=pad_the_last)

    expected = ['Åsa, "q"', "3", "0.25", "true", "2025-09-01 09:05:00", "2025-09-01", "09:05:00", "", "0041"]
    assert ([*"abcdefghi"], [expected], []) == read_cells(path)
    assert [expected] == read_text_table(path).to_numpy().tolist()
    (chunk,) = read_file(path, chunk_rows=10)
    assert [cell or None for cell in expected] == list(chunk.to_pylist()[0].values())


def pad_the_last(sheet):
    sheet["I2"].number_format = "0000"


def test_a_workbook_is_a_table_of_a_folder_and_an_interval_file(tmp_path):
    rows = [["queue_id", "interval_start", "calls"], ["007", dt.datetime(2025, 1, 1, 9), 13], [], ["NA", dt.datetime(2025, 1, 1, 10), 14]]  # fmt: skip
    path = saved(tmp_path / "calls.xlsx", rows)
    (tmp_path / "~$calls.xlsx").write_bytes(b"held by a spreadsheet")

    frame = read_interval_file(path)

    assert ["007", "NA"] == frame["queue_id"].tolist()
    assert [pd.Timestamp("2025-01-01 09:00"), pd.Timestamp("2025-01-01 10:00")] == frame["interval_start"].tolist()
    assert [13, 14] == frame["calls"].tolist()
    with open_reader(str(tmp_path)) as reader:
        assert ["calls"] == reader.tables()
        assert rows[0] == reader.columns("calls")


def test_the_line_of_a_message_is_the_row_of_the_sheet(tmp_path):
    rows = [["queue_id", "interval_start", "calls"], [], ["a", "2025-01-01 09:00", "1,200"]]
    path = saved(tmp_path / "calls.xlsx", rows)

    with pytest.raises(DataError, match=r"line 3: calls must be a number, got '1,200'.* write 1200 or 1\.2"):
        read_interval_file(path)


def never_calculated(sheet):
    sheet["B2"] = "=1+1"


def an_error(sheet):
    sheet["B2"] = "#REF!"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(never_calculated, "line 2, column B: the cell is a formula that was never calculated", id="formula"),
        pytest.param(an_error, "line 2, column B: the cell holds the error '#REF!'", id="error"),
        pytest.param(lambda sheet: sheet.parent.create_sheet("More").append([1]), "has 2: Sheet, More; keep one", id="two"),
        pytest.param(lambda sheet: sheet.delete_rows(1, 9), "must have one sheet with cells, it has 0", id="none"),
        pytest.param(lambda sheet: sheet.cell(1, 2_000, "x"), "2,000 columns; 1,500 are allowed", id="wide"),
        pytest.param(lambda sheet: sheet.insert_rows(1) or sheet.cell(1, 1, "Roster"), "is it a title", id="title"),
        pytest.param(lambda sheet: sheet.append(["Total"]), "looks like a total", id="total"),
    ],
)  # fmt: skip
def test_what_has_no_one_reading_is_refused_with_its_place(tmp_path, change, words):
    path = saved(tmp_path / "calls.xlsx", [["a", "b"], [1, 2]], change=change)

    with pytest.raises(SourceError, match=re.escape(words)):
        list(read_file(path, chunk_rows=10))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04" + b"x" * 99], ids=["empty", "csv", "half"])
def test_what_only_calls_itself_a_workbook_is_one_line(tmp_path, content):
    path = tmp_path / "calls.xlsx"
    path.write_bytes(content)

    with pytest.raises(SourceError, match=r"calls\.xlsx is no whole workbook"):
        column_names(path)
    with pytest.raises(DataError, match=r"calls\.xlsx is no whole workbook"):
        read_text_table(path)


def test_a_small_workbook_that_unpacks_to_a_huge_one_is_refused_before_it_is_read(tmp_path):
    path = saved(tmp_path / "calls.xlsx", [["a"], [1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/media/x.bin", "w") as file:
        for _ in range(600):
            file.write(bytes(1 << 20))

    with pytest.raises(SourceError, match="unpacks to more than 512 MiB"):
        column_names(path)

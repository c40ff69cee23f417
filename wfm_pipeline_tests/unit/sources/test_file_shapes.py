"""Shapes of real files: read where one reading is possible, else refused in one line that names file, line and mend."""

import codecs
import csv
import datetime as dt
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.domain.cells import as_it_was
from wfm_pipeline.domain.written_times import TimeReading, read_times
from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.sources.files.interval_file import read_interval_file
from wfm_pipeline.sources.files.planners_files import read_cells, read_text_table
from wfm_pipeline.sources.files.raw_files import read_file
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.units import number_hint

SHAPES = Path(__file__).parents[2] / "cases" / "real_files"
CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("Call Id",),
    types={"Call Id": "string", "Date": "timestamp", "Queue": "string"},
    columns={"call_id": ColumnMap(column="Call Id")},
    business_date="Date",
)
AT = [dt.datetime(2025, 9, 1, 10), dt.datetime(2025, 9, 1, 11)]
PLAIN = [("1", AT[0], "sales"), ("2", AT[1], "support")]
FURTHER = "table calls has further columns, kept as text: "


def read(shape, folder):
    """Rows and notices of a shape as a source's table `calls`."""
    (folder / "calls.csv").write_bytes((SHAPES / "file_shapes" / f"{shape}.csv").read_bytes())
    with open_reader(str(folder)) as reader:
        notices = reader.check(CALLS)
        return [row for chunk in reader.read(CALLS) for row in chunk.to_pylist()], notices


@pytest.mark.parametrize(
    ("shape", "rows", "notices"),
    [
        pytest.param("plain", PLAIN, []),
        pytest.param("bom", PLAIN, []),
        pytest.param("utf16", PLAIN, []),
        pytest.param("cr", PLAIN, []),
        pytest.param("crlf", PLAIN, []),
        pytest.param("blankend", PLAIN, []),
        pytest.param("sep", PLAIN, []),
        pytest.param("trail_blank_header", PLAIN, []),
        pytest.param("NA_queue", [("1", AT[0], "NA"), PLAIN[1]], []),
        pytest.param("excel_text", [("0001", AT[0], "sales"), PLAIN[1]], []),
        pytest.param("quote_in", [("1", AT[0], 'sa"les, inc'), PLAIN[1]], []),
        pytest.param("single_quotes", [("1", AT[0], "'sales'"), PLAIN[1]], []),
        pytest.param("nul", [("1", AT[0], "sa\ufffdles"), PLAIN[1]], []),
        pytest.param("quoted_newline", PLAIN[:1], [FURTHER + "Note long"]),
        pytest.param("semi_commas", PLAIN[:1], [FURTHER + "Wait, s, Talk, s, Hold, s, Acw, s"]),
        pytest.param(
            "index_col",
            PLAIN,
            [FURTHER + "column_1", "calls.csv, line 1, has 1 column(s) without a name: read as column_1"],
        ),
        pytest.param(
            "two_unnamed",
            PLAIN,
            [
                FURTHER + "column_4, column_5",
                "calls.csv, line 1, has 2 column(s) without a name: read as column_4, column_5",
            ],
        ),
    ],
)
def test_an_unambiguous_shape_is_read(tmp_path, shape, rows, notices):
    found, said = read(shape, tmp_path)

    assert rows == [(row["Call Id"], row["Date"], row["Queue"]) for row in found]
    assert notices == said


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        pytest.param("title", r"line 1, names one column, 'Call Report', and line 3 .* take away the lines above"),
        pytest.param("totals", "line 4, looks like a total of the rows above; take the line away"),
        pytest.param("totals_short", "line 4, looks like a total of the rows above; take the line away"),
        pytest.param("extra_comma", "line 2, has 4 cells, the header 3: put cells that hold ',' in double quotes"),
        pytest.param("case_twins", "line 1, names columns that differ in capitals alone: Queue, queue; rename one"),
    ],
)
def test_any_other_shape_is_refused_with_file_line_and_mend(tmp_path, shape, words):
    with pytest.raises(SourceError, match=r"calls\.csv, " + words) as raised:
        read(shape, tmp_path)

    assert "\n" not in str(raised.value)


def test_every_shape_is_one_of_these():
    tests = (test_an_unambiguous_shape_is_read, test_any_other_shape_is_refused_with_file_line_and_mend)
    tried = {case[0][0] for test in tests for case in test.pytestmark[0].args[1]}  # a case begins with its values

    assert {path.stem for path in (SHAPES / "file_shapes").iterdir()} == tried


def test_an_export_with_an_index_loads_by_the_map_of_a_new_user():
    table = load_map(str(SHAPES / "index_column" / "desk.toml")).tables[0]

    with open_reader(str(SHAPES / "index_column")) as reader:
        notices = reader.check(table)
        rows = [row for chunk in reader.read(table) for row in chunk.to_pylist()]

    assert 100 == len(rows)
    assert [str(place) for place in range(100)] == [row["column_1"] for row in rows]
    assert "call_center.csv, line 1, has 1 column(s) without a name: read as column_1" in notices


PLANNERS = sorted({path.stem for path in (SHAPES / "file_shapes").iterdir()} - {"title", "extra_comma", "case_twins"})


@pytest.mark.parametrize("shape", PLANNERS)
def test_planners_tables_take_the_same_shapes(shape):
    """What an export may look like a planner's table may: the same cells; a short row is filled up with empty ones."""
    path = SHAPES / "file_shapes" / f"{shape}.csv"
    frame = read_text_table(path)
    header, rows, notices = read_cells(path)

    assert {"Call Id", "Date", "Queue"} <= set(frame.columns) <= {*header}
    assert ("2025-09-01 10:00:00", "0001" if shape == "excel_text" else "1") == (frame["Date"][0], frame["Call Id"][0])
    assert len(frame) == len(rows)
    assert notices == frame.attrs["notices"]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        pytest.param("title", "line 1, names one column, 'Call Report', and line 3 has 3 cells"),
        pytest.param("extra_comma", "line 2, has more cells than the header's 3"),
        pytest.param("case_twins", "has the column 'queue' twice"),
    ],
)
def test_planners_tables_are_refused_where_an_export_is(shape, words):
    with pytest.raises(DataError, match=words):
        read_text_table(SHAPES / "file_shapes" / f"{shape}.csv")


def test_a_broken_byte_behind_a_mark_of_utf8_is_said_and_not_taken_for_another_encoding(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(codecs.BOM_UTF8 + b"cn,name\n1,\xe5\n")

    with pytest.raises(DataError, match="save it as UTF-8"):
        read_text_table(path)
    assert [["1", "\ufffd"]] == read_cells(path)[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            b"PK\x03\x04rest", "is a spreadsheet's workbook, not text; save it as .xlsx or CSV", id="workbook"
        ),
        pytest.param(b'id,"at\na,1\nb,2\n', "line 1, has a double quote that does not end", id="open_quote"),
        pytest.param(b"a,b\n\x81\n", "is no text in UTF-8, UTF-16 or Windows-1252", id="no_text"),
        pytest.param("a,b\n1,2\n".encode("utf-16")[:-1], "is no text in UTF-8, UTF-16", id="half_utf16"),
        pytest.param(b"Report\n\na;b;c\n1;2;3\n", "line 1, names one column, 'Report', and line 3 has 3", id="title"),
        pytest.param(b"\n\n", "is empty: its first line must name the columns", id="blank"),
        pytest.param(b"sep=;\n", "is empty: its first line must name the columns", id="sep_alone"),
    ],
)
def test_what_is_no_table_of_text_is_said(tmp_path, content, words):
    path = tmp_path / "calls.csv"
    path.write_bytes(content)

    with pytest.raises(SourceError, match=re.escape(words)):
        list(read_file(path, chunk_rows=10))


def test_a_total_is_no_queue_of_that_name(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("id,queue\n1,Total\nTotal,all\n")

    assert [2] == [chunk.num_rows for chunk in read_file(path, chunk_rows=10)]


def test_the_line_of_a_crooked_row_counts_blank_lines_and_ends_of_line_in_cells(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_bytes(b'sep=;\r\n\r\nid;at\r\n"a\r\nb";1\r\n\r\nc\r\n')

    with pytest.raises(SourceError, match="line 7, has 1 cells, the header 2"):
        list(read_file(path, chunk_rows=10))


# ---- a law: how a table is written does not change what is read -----------------------------------

CELL = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"]), max_size=6)


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",;\t|"),
    above=st.sampled_from(["", "sep", "blank"]),
)
def test_the_same_table_is_read_however_it_is_written(tmp_path_factory, rows, encoding, end, delimiter, above):
    path = tmp_path_factory.mktemp("written") / "calls.csv"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("köy", "naïve", "Straße"), *rows])
    start = {"": "", "sep": f"sep={delimiter}{end}", "blank": end + delimiter * 2 + end}[above]
    path.write_bytes((start + text.getvalue()).encode(encoding))

    read_rows = [tuple(row.values()) for chunk in read_file(path, chunk_rows=10) for row in chunk.to_pylist()]
    header, cells, _ = read_cells(path)
    frame = read_text_table(path)

    assert rows == read_rows
    assert ["köy", "naïve", "Straße"] == header == list(frame.columns)
    people = [tuple(map(as_it_was, row)) for row in rows]  # without the apostrophe before a formula in our own files
    assert people == [tuple(row) for row in cells]
    assert [row for row in people if any(row)] == [tuple(row) for row in frame.to_numpy().tolist()]


def test_blocks_of_a_recoded_file_join_without_a_seam(tmp_path):
    path = tmp_path / "calls.csv"
    rows = [f"{number},Åsa €{'x' * (number % 97)}" for number in range(120_000)]
    path.write_bytes(codecs.BOM_UTF16_LE + "\n".join(["id,name", *rows]).encode("utf-16-le"))

    found = [f"{row['id']},{row['name']}" for chunk in read_file(path, chunk_rows=10) for row in chunk.to_pylist()]

    assert rows == found


# ---- interval files --------------------------------------------------------------------------------


AS_LOCAL = "taken as local times as they stand; --time-zone brings them to another wall clock"


def intervals(name, **reading):
    return read_interval_file(SHAPES / "interval_files" / f"{name}.csv", TimeReading(**reading))


@pytest.mark.parametrize(
    ("name", "queues", "notices"),
    [
        pytest.param("queue-NA", ["EMEA", "NA"], []),
        pytest.param("queue-007", ["007", "7"], []),
        pytest.param("semicolon", ["calls"], []),
        pytest.param(
            "day-first",
            ["calls"],
            [
                "day-first.csv: times are read with the day in front, as %d/%m/%Y %H:%M: no other reading holds in all rows"
            ],
        ),
        pytest.param(
            "one-offset",
            ["calls"],
            [f"one-offset.csv: all times have the offset Z: {AS_LOCAL}"],
        ),
    ],
)
def test_an_unambiguous_interval_file_is_read_and_text_stays_text(name, queues, notices):
    frame = intervals(name)

    assert queues == sorted(frame["queue_id"].unique())
    assert pd.Timestamp("2025-01-01 09:00") == frame["interval_start"].min()
    assert 13 == frame["calls"].iloc[0]
    assert len(frame) == len(frame.drop_duplicates(["queue_id", "interval_start"]))
    assert notices == frame.attrs["notices"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("offsets", r"line 19\d: .*several offsets \(\+01:00, \+02:00\).*--time-zone Europe/Zurich"),
        pytest.param(
            "day-first-low-days",
            r"line 11: .*two readings.*'02/01/2025 09:00' is day 2 of month 1, or day 1 of month 2; "
            r"say --date-format '%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M'",
        ),
        pytest.param("thousands", r"line 2: .*'1,300'; it is 1300 .* and 1.3 with a decimal comma: write 1300 or 1.3"),
    ],
)
def test_an_interval_file_with_two_readings_is_refused_with_both(name, words):
    with pytest.raises(DataError, match=words):
        intervals(name)


def test_a_format_or_a_zone_that_is_told_decides():
    told = intervals("day-first-low-days", date_format="%m/%d/%Y %H:%M")
    zoned = intervals("offsets", time_zone="Europe/Berlin")

    assert pd.Timestamp("2025-02-01 09:00") == told["interval_start"].iloc[9]  # written 02/01/2025
    assert {9, 10, 11, 12, 13, 14, 15, 16, 17} == set(zoned["interval_start"].dt.hour)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param(",2025-01-01 09:00,1", "line 5: queue_id must not be empty", id="queue"),
        pytest.param("a,,1", "line 5: interval_start must be a time such as .* total below the rows", id="no_time"),
        pytest.param("Total,,9", "line 5, looks like a total", id="total"),
        pytest.param("a,2025-02-30 09:00,1", "line 5: .*which no calendar has", id="no_day"),
        pytest.param("a,2025-01-01 09:00,many", "line 5: calls must be a number, got 'many'", id="no_number"),
        pytest.param("a,2025-01-01 09:00,1.200", "line 5: calls has two readings, 1.200: write 1200 or 1.2", id="dots"),
        pytest.param("a,01/02/2025 09:00,1", "line 5: .*written in two ways", id="two_ways"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_line(tmp_path, row, words):
    path = tmp_path / "calls.csv"
    path.write_text(f"queue_id,interval_start,calls\na,2025-01-01 08:00,1\n\na,2025-01-01 08:30,2\n{row}\n")

    with pytest.raises(DataError, match=words):
        read_interval_file(path)


def test_unknown_calls_are_missing_in_whichever_word(tmp_path):
    path = tmp_path / "calls.csv"
    cells = ["", "NaN", "n/a", "NULL", "None", "1"]
    rows = [f"a,2025-01-01 0{hour}:00,{cell}" for hour, cell in enumerate(cells)]
    path.write_text("\n".join(["queue_id,interval_start,calls", *rows]))

    assert [True] * 5 + [False] == read_interval_file(path)["calls"].isna().tolist()


DAYS = st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2199, 12, 31)), min_size=1, max_size=8)


@given(days=DAYS, is_day_first=st.booleans())
def test_days_and_months_are_never_swapped_in_silence(days, is_day_first):
    """Read as they were meant, or refused: the oracle is the date that was written."""
    texts = pd.Series([f"{day:%d/%m/%Y}" if is_day_first else f"{day:%m/%d/%Y}" for day in days])

    if all(day.day <= 12 for day in days) and any(day.day != day.month for day in days):
        with pytest.raises(DataError, match="two readings"):
            read_times(texts, TimeReading())
    else:
        assert days == read_times(texts, TimeReading())[0].dt.date.tolist()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("1,200", "write 1200 or 1.2"),
        pytest.param("1,234,567", "; write 1234567"),
        pytest.param("1,234.5", "; write 1234.5"),
        pytest.param("1.234,5", "; write 1234.5"),
        pytest.param("1.234.567", "; write 1234567"),
        pytest.param("12\u00a0000", "; write 12000"),
        pytest.param("1'200", "; write 1200"),
        pytest.param("0,250", "; write decimals with a point: 0.250"),
        pytest.param("1,5", "; write decimals with a point: 1.5"),
        pytest.param("abc", ""),
        pytest.param("1,2,3", ""),
    ],
)
def test_a_number_as_people_write_it_is_told_with_every_reading(text, words):
    assert number_hint(text).endswith(words)
    assert bool(words) is bool(number_hint(text))

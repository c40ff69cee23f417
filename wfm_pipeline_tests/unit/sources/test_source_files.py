"""The file reader: CSV, gzipped CSV and Parquet give the same rows, and broken files are refused whole."""

import datetime as dt
import gzip
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.opening import open_reader

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "at": "timestamp", "seconds": "int64"},
    columns={"call_id": ColumnMap(column="id")},
    business_date="at",
)
TEXT = 'id,at,seconds\na,2026-03-01 10:00:00,10\n"",2026-03-02 10:00:00,ten\n,soon,\n'
DAY_1, DAY_2 = dt.date(2026, 3, 1), dt.date(2026, 3, 2)


def rows(folder: Path, *days, **options) -> list[dict]:
    with open_reader(str(folder), **options) as reader:
        dates = Dates.between(*days) if days else None
        return [row for chunk in reader.read(CALLS, dates) for row in chunk.to_pylist()]


def test_a_csv_file_is_read_with_empty_text_apart_from_null(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(TEXT)

    found = rows(tmp_path)

    assert [(row["id"], row["seconds"], row["_misfits"]) for row in found] == [
        ("a", 10, None),
        ("", None, '{"seconds": "ten"}'),
        (None, None, '{"at": "soon"}'),
    ]
    assert [row["_business_date"] for row in found] == [DAY_1, DAY_2, None]


def test_every_kind_of_file_gives_the_same_hashes(tmp_path: Path) -> None:
    folders = [tmp_path / kind for kind in ("plain", "zipped", "tabs", "parquet")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "calls.csv").write_text(TEXT)
    (folders[1] / "calls.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    (folders[2] / "calls.csv").write_text("\ufeff" + TEXT.replace(",", "\t"), encoding="utf-8")
    texts = pyarrow.csv.ConvertOptions(column_types={"id": "string", "at": "string", "seconds": "string"}, strings_can_be_null=True, quoted_strings_can_be_null=False)  # fmt: skip
    pq.write_table(pyarrow.csv.read_csv(folders[0] / "calls.csv", convert_options=texts), folders[3] / "calls.parquet")

    hashes = [[row["_row_hash"] for row in rows(folder)] for folder in folders]

    assert hashes == [hashes[0]] * 4


def test_a_stretch_of_dates_is_chosen_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(TEXT)

    with open_reader(f"file://{tmp_path}") as reader:
        assert reader.tables() == ["calls"]
        assert reader.day_counts(CALLS) == {DAY_1: 1, DAY_2: 1, None: 1}
        chosen = [
            row
            for chunk in reader.read(CALLS, Dates.of([DAY_2]), is_undated_included=False)
            for row in chunk.to_pylist()
        ]

    assert [row["_business_date"] for row in chosen] == [DAY_2]
    assert [row["_business_date"] for row in rows(tmp_path, DAY_1, DAY_1)] == [DAY_1, None]


def test_a_file_in_windows_1252_is_read_and_said_so(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes("id,at,seconds\nÅsa €,2026-03-01 10:00:00,1\n".encode("cp1252"))

    with open_reader(str(tmp_path)) as reader:
        assert reader.check(CALLS) == ["calls.csv is not UTF-8: read as Windows-1252"]
    assert rows(tmp_path)[0]["id"] == "Åsa €"


def test_unicode_quotes_and_line_breaks_survive(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text('id,at,seconds\n"雪, ""q""\nnext",2026-03-01 10:00:00,1\n', encoding="utf-8")

    assert rows(tmp_path)[0]["id"] == '雪, "q"\nnext'


def test_a_file_with_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("id,at,seconds\n")

    assert rows(tmp_path) == []


def parquet_cut_off(path: Path) -> None:
    pq.write_table(pyarrow.table({"id": ["a"] * 1000, "at": ["x"] * 1000, "seconds": [1] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("calls.csv", b"", "is empty: its first line must name the columns", id="nothing"),
        pytest.param(
            "calls.csv",
            TEXT.encode() + b"c,2026-03",
            "line 5, has 2 cells, the header 3: is it cut off",
            id="row_cut_off",
        ),
        pytest.param("calls.csv", b"id,at,id\n", "names a column twice", id="column_twice"),
        pytest.param("calls.csv.gz", gzip.compress(TEXT.encode() * 99)[:-30], "cut off or not gzip", id="gzip_cut_off"),
        pytest.param("calls.csv.gz", TEXT.encode(), "cut off or not gzip", id="gzip_in_name_only"),
        pytest.param("calls.parquet", b"PAR1 and no more", "calls.parquet cannot be read", id="no_parquet"),
        pytest.param("calls.csv", b"id,seconds\na,1\n", "lacks columns at; it has id, seconds", id="column_missing"),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    given: list[dict] = []

    with pytest.raises(SourceError, match=words), open_reader(str(tmp_path)) as reader:
        given.extend(row for chunk in reader.read(CALLS) for row in chunk.to_pylist())

    assert given == []


def test_parquet_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    parquet_cut_off(tmp_path / "calls.parquet")

    with pytest.raises(SourceError, match=r"calls.parquet cannot be read"):
        rows(tmp_path)


def test_a_folder_without_the_table_names_its_files(tmp_path: Path) -> None:
    (tmp_path / "calls_old.csv").write_text(TEXT)

    with pytest.raises(SourceError, match="no table calls; it has calls_old"):
        rows(tmp_path)


def test_two_files_for_one_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(TEXT)
    (tmp_path / "calls.csv.gz").write_bytes(gzip.compress(TEXT.encode()))

    with pytest.raises(SourceError, match="one file per table"):
        rows(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a folder"):
        open_reader(f"file://{tmp_path}/nowhere")

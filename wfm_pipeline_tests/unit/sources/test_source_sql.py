"""The database reader on SQLite: which rows a stretch of dates gives, and what a wrong table says."""

import datetime as dt
import json
import sqlite3
from pathlib import Path

import pytest

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError, WfmError
from wfm_pipeline.sources.opening import open_reader

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "at": "timestamp", "seconds": "int64", "changed": "timestamp", "note": "string"},
    columns={"call_id": ColumnMap(column="id")},
    optional=frozenset({"note"}),
    business_date="at",
    changed_at="changed",
)
ROWS = [
    ("a", "2026-03-01 00:00:00", 10, "2026-03-01 00:01:00"),
    ("b", "2026-03-01 23:59:59", 20, "2026-03-09 08:00:00"),
    ("c", "2026-03-02 00:00:00", 30, "2026-03-02 00:01:00"),
    ("d", None, 40, None),
    ("e", "0000-00-00 00:00:00", 50, None),
    ("f", "yesterday", 60, None),
    ("g", "2026-02-31 10:00:00", 70, None),
]
DAY_1, DAY_2 = dt.date(2026, 3, 1), dt.date(2026, 3, 2)


def database(
    folder: Path, rows: list[tuple] = ROWS, columns: str = "id text, at datetime, seconds integer, changed datetime"
) -> str:
    path = folder / "source.sqlite"
    with sqlite3.connect(path) as con:
        con.execute(f"create table calls ({columns})")
        con.executemany(f"insert into calls values ({', '.join('?' * len(columns.split(',')))})", rows)
    con.close()
    return f"sqlite:///{path}"


def ids(reader, *days, **options) -> list[str]:
    dates = Dates.between(*days) if days else None
    return sorted(row for chunk in reader.read(CALLS, dates, **options) for row in chunk["id"].to_pylist())


def test_a_stretch_gives_its_dates_whole_and_the_rows_no_date_can_find(tmp_path: Path) -> None:
    with open_reader(database(tmp_path)) as reader:
        assert ids(reader, DAY_1, DAY_1) == ["a", "b", "d", "e", "f", "g"]
        assert ids(reader, DAY_1, DAY_1, is_undated_included=False) == ["a", "b"]
        assert ids(reader, DAY_2, DAY_2) == ["c", "d", "e", "f", "g"]
        assert ids(reader) == ["a", "b", "c", "d", "e", "f", "g"]


def test_a_date_that_cannot_be_believed_is_no_date_and_is_read_with_every_stretch(tmp_path: Path) -> None:
    slips = ["1899-12-30 00:00:00", "1970-01-01 00:00:00", "1989-12-31 23:59:59", "2099-01-01 10:00:00"]
    days = ["1990-01-01 00:00:00", "2026-03-01 10:00:00", "2024-02-29 10:00:00", "2026-02-29 10:00:00"]
    rows = [(at, at, 10, None) for at in [*slips, *days]]
    with open_reader(database(tmp_path, rows)) as reader:
        known = [dt.date(1990, 1, 1), dt.date(2024, 2, 29), DAY_1]
        assert list(reader.day_counts(CALLS).items()) == [*((day, 1) for day in known), (None, 5)]
        # Without the leap day of 2024: it is a day, and another one. 2026 has none.
        assert ids(reader, DAY_1, DAY_1) == sorted([*slips, "2026-03-01 10:00:00", "2026-02-29 10:00:00"])
        assert ids(reader, DAY_1, DAY_1, is_undated_included=False) == ["2026-03-01 10:00:00"]


@pytest.mark.parametrize("year", [2023, 2024])
def test_whatever_is_no_day_of_the_calendar_is_read_with_every_stretch(tmp_path: Path, year: int) -> None:
    def is_day(text: str) -> bool:
        try:
            return bool(dt.date.fromisoformat(text))
        except ValueError:
            return False

    texts = [f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(34)]
    with open_reader(database(tmp_path, [(text, f"{text} 10:00:00", 10, None) for text in texts])) as reader:
        found = ids(reader, dt.date(2025, 3, 1), dt.date(2025, 3, 1))

    assert [text for text in texts if not is_day(text)] == found


def test_dates_are_counted_in_the_database(tmp_path: Path) -> None:
    with open_reader(database(tmp_path)) as reader:
        assert reader.day_counts(CALLS) == {DAY_1: 2, DAY_2: 1, None: 4}
        assert reader.changed_dates(CALLS, dt.datetime(2026, 3, 9)) == {DAY_1}
        assert reader.changed_dates(CALLS, dt.datetime(2026, 3, 9, 8, 0, 1)) == set()


def test_utc_times_are_counted_and_read_by_the_sites_dates(tmp_path: Path) -> None:
    # Stockholm in winter is an hour ahead: 23:59:59 UTC on the 1st is 00:59:59 on the 2nd.
    with open_reader(database(tmp_path), time_zone="Europe/Stockholm") as reader:
        assert reader.day_counts(CALLS) == {DAY_1: 1, DAY_2: 2, None: 4}
        assert ids(reader, DAY_2, DAY_2, is_undated_included=False) == ["b", "c"]
        assert ids(reader, DAY_1, DAY_1, is_undated_included=False) == ["a"]


def test_values_that_do_not_fit_are_kept_beside_the_row(tmp_path: Path) -> None:
    url = database(tmp_path, [("a", "2026-03-01 10:00:00", "ten", "never")])

    with open_reader(url) as reader:
        (row,) = next(reader.read(CALLS)).to_pylist()

    assert (row["seconds"], row["changed"]) == (None, None)
    assert json.loads(row["_misfits"]) == {"changed": "never", "seconds": "ten"}


def test_text_of_an_old_system_is_read_as_windows_1252(tmp_path: Path) -> None:
    url = database(tmp_path)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as con:
        con.execute("delete from calls")
        con.execute("insert into calls values (cast(x'c5736120' as text) || 'ö', null, 1, null)")
        con.execute("insert into calls values (cast(x'c3857361' as text), null, 1, null)")
    con.close()

    with open_reader(url) as reader:
        # Å is C5 in Windows-1252 and C3 85 in UTF-8; a text that mixes both is read as the old one.
        assert ids(reader) == ["Åsa", "Åsa Ã¶"]


def test_chunks_do_not_change_what_is_read(tmp_path: Path) -> None:
    url = database(tmp_path)
    with open_reader(url, chunk_rows=2) as small, open_reader(url) as large:
        pieces, whole = list(small.read(CALLS)), list(large.read(CALLS))

    assert [len(piece) for piece in pieces] == [2, 2, 2, 1]
    assert [row for piece in pieces for row in piece.to_pylist()] == whole[0].to_pylist()


def test_an_absent_optional_column_and_an_unnamed_one_are_noticed(tmp_path: Path) -> None:
    url = database(tmp_path, [], "id text, at datetime, seconds integer, changed datetime, mood text")

    with open_reader(url) as reader:
        assert reader.check(CALLS) == [
            "table calls has no column note: read as null",
            "table calls has further columns, kept as text: mood",
        ]


def test_an_empty_table_gives_no_rows_and_no_dates(tmp_path: Path) -> None:
    with open_reader(database(tmp_path, [])) as reader:
        assert list(reader.read(CALLS)) == []
        assert reader.day_counts(CALLS) == {}


def test_a_missing_or_renamed_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    url = database(tmp_path, [], "id text, at datetime, secs integer, changed datetime")

    with open_reader(url) as reader, pytest.raises(SourceError) as caught:
        list(reader.read(CALLS))

    assert "table calls lacks columns seconds; it has id, at, secs, changed" in str(caught.value)
    assert caught.value.facts["missing"] == ["seconds"]


def test_a_retyped_column_loses_no_value(tmp_path: Path) -> None:
    text = "id integer, at text, seconds text, changed text"
    url = database(tmp_path, [(7, "2026-03-01 10:00:00", "10", None)], text)

    with open_reader(url) as reader:
        (row,) = next(reader.read(CALLS, Dates.of([DAY_1]))).to_pylist()

    assert (row["id"], row["at"], row["seconds"], row["_misfits"]) == ("7", dt.datetime(2026, 3, 1, 10), 10, None)


def test_a_missing_table_names_those_that_are_there(tmp_path: Path) -> None:
    url = database(tmp_path)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as con:
        con.execute("alter table calls rename to calls_2026")
    con.close()

    with open_reader(url) as reader, pytest.raises(SourceError, match="no table calls; it has calls_2026"):
        reader.check(CALLS)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        open_reader(f"sqlite:///{tmp_path / 'nowhere.sqlite'}")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("mysql+pymysql://user:se:cr/et@@host:x/db", "is not a database's URL", id="no_url"),
        pytest.param("mysql+pymysql://user:sec@secret@host/db", "%40 for @", id="unquoted_at_in_password"),
        pytest.param("klingon://user:secret@host/db", "driver is not installed or not known", id="unknown_dialect"),
    ],
)
def test_a_wrong_url_is_one_line_without_its_password(url: str, words: str) -> None:
    with pytest.raises(WfmError, match=words) as caught:
        open_reader(url)

    assert "secret" not in str(caught.value)
    assert "se:cr" not in str(caught.value)
    assert "\n" not in str(caught.value)

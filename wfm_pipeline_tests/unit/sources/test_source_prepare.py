"""Typing, hashing and dating of raw rows: nothing is lost, and the same row hashes the same everywhere."""

import datetime as dt
import decimal
import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.column_types import to_type
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.sources.rows.value_texts import decode, to_array

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("id",),
    types={"id": "string", "at": "timestamp", "seconds": "int64"},
    columns={"call_id": ColumnMap(column="id")},
    business_date="at",
)
LOCAL = SourceClock()


def rows(**columns: list) -> pa.Table:
    return prepare(pa.table({name: to_array(values) for name, values in columns.items()}), CALLS, LOCAL)


def hashes(table: pa.Table) -> list[str]:
    return table["_row_hash"].to_pylist()


@pytest.mark.parametrize(
    ("given_values", "data_type", "fitting", "misfits"),
    [
        pytest.param(["7", " 7 ", "7.0", "", None], "int64", [7, 7, 7, None, None], None, id="whole_numbers_in_text"),
        pytest.param(["7", "7.5", "abc"], "int64", [7, None, None], [None, "7.5", "abc"], id="no_whole_numbers"),
        pytest.param([1.0, 2.5], "int64", [1, None], [None, "2.5"], id="a_fraction_is_not_cut"),
        pytest.param([2**63], "int64", [None], [str(2**63)], id="too_large"),
        pytest.param(["1e3", "nan", "inf"], "float64", [1000.0, None, None], [None, "nan", "inf"], id="endless_numbers"),
        pytest.param([decimal.Decimal("5.00")], "int64", [5], None, id="decimal"),
        pytest.param([1, 0, None], "boolean", [True, False, None], None, id="boolean_as_number"),
        pytest.param(["YES", "maybe"], "boolean", [True, None], [None, "maybe"], id="boolean_in_words"),
        pytest.param(["1999-01-01", "0000-00-00", "1999-02-30"], "date", [dt.date(1999, 1, 1), None, None], [None, "0000-00-00", "1999-02-30"], id="zero_and_impossible_dates"),
        pytest.param(["1999-01-01 00:00:00", "1999-01-01 10:00:00"], "date", [dt.date(1999, 1, 1), None], [None, "1999-01-01 10:00:00"], id="a_time_of_day_is_not_cut_off"),
        pytest.param([dt.datetime(1999, 1, 1, 10)], "date", [None], ["1999-01-01 10:00:00"], id="nor_from_a_timestamp"),
        pytest.param([dt.date(1999, 1, 1)], "timestamp", [dt.datetime(1999, 1, 1)], None, id="date_as_timestamp"),
        pytest.param(["1999-01-01T10:00:00Z"], "timestamp", [None], ["1999-01-01T10:00:00Z"], id="an_offset_is_not_dropped"),
        pytest.param(["10:00", "24:00:01"], "time", [dt.time(10), None], [None, "24:00:01"], id="times"),
        pytest.param([dt.timedelta(hours=1, seconds=1)], "time", [dt.time(1, 0, 1)], None, id="time_as_timedelta"),
        pytest.param([dt.datetime(1999, 1, 1, 5), "0000-00-00 00:00:00"], "timestamp", [dt.datetime(1999, 1, 1, 5), None], [None, "0000-00-00 00:00:00"], id="a_driver_mixes_kinds"),
        pytest.param([5, "a", b"\xe5\xe4"], "string", ["5", "a", "åä"], None, id="everything_is_text"),
        pytest.param(["a\0b", "c", None], "string", ["a\ufffdb", "c", None], ["a\0b", None, None], id="a_character_no_text_keeps"),
        pytest.param(["a\ud800b", "c"], "string", ["a\ufffdb", "c"], ["a\0b", None], id="half_a_character"),
        pytest.param(["1\0"], "int64", [None], ["1\0"], id="no_number_either"),
    ],
)  # fmt: skip
def test_a_value_fits_its_type_or_is_kept_as_text(
    given_values: list, data_type: str, fitting: list, misfits: list | None
) -> None:
    found = to_type(to_array(given_values), data_type)

    assert found.values.to_pylist() == fitting
    assert (found.misfits.to_pylist() if found.misfits is not None else None) == misfits


def test_misfits_of_a_row_are_one_json_object() -> None:
    found = rows(id=["a", "b"], at=["0000-00-00 00:00:00", "2026-01-01 10:00:00"], seconds=["ten", "10"])

    assert json.loads(found["_misfits"][0].as_py()) == {"at": "0000-00-00 00:00:00", "seconds": "ten"}
    assert found["_misfits"][1].as_py() is None
    assert found["_business_date"].to_pylist() == [None, dt.date(2026, 1, 1)]


def test_a_mended_text_and_a_column_nobody_named_are_told_of_as_they_came() -> None:
    found = rows(id=["a\0"], at=["2026-01-01 10:00:00"], seconds=["1"], note=["\0"], **{"é" * 40: ["x"], "": ["y"]})

    assert {"id": "a\0", "note": "\0"} == json.loads(found["_misfits"][0].as_py())
    assert ("a\ufffd", "\ufffd") == (found["id"][0].as_py(), found["note"][0].as_py())
    assert all(0 < len(name.encode()) <= 63 for name in found.column_names)
    assert ["x", "y"] == [found[name][0].as_py() for name in found.column_names[4:6]]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text_of_a_file_that_only_says_it_is_utf8_is_read_as_windows_1252(kind: pa.DataType) -> None:
    wide = kind == pa.large_string()
    ends = pa.array([0, 3], pa.int64() if wide else pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(kind, 1, [None, ends, pa.py_buffer(b"\xe5b\xe4")])

    assert ["åbä"] == to_type(broken, "string").values.to_pylist()


def test_the_same_row_hashes_the_same_from_every_driver() -> None:
    as_text = rows(id=["a"], at=["2026-01-01 10:00:00"], seconds=["10"])
    as_values = rows(seconds=[decimal.Decimal(10)], at=[dt.datetime(2026, 1, 1, 10)], id=[b"a"])
    as_arrow = prepare(
        pa.table(
            {
                "id": pa.array(["a"]).dictionary_encode(),
                "at": pa.array([dt.datetime(2026, 1, 1, 10)], pa.timestamp("ns")),
                "seconds": pa.array([10], pa.int8()),
            }
        ),
        CALLS,
        LOCAL,
    )

    assert hashes(as_text) == hashes(as_values) == hashes(as_arrow)


def test_null_and_empty_text_are_different_rows() -> None:
    assert hashes(rows(id=[""], at=[None], seconds=[1])) != hashes(rows(id=[None], at=[None], seconds=[1]))


def test_a_new_column_without_a_value_changes_no_hash() -> None:
    plain = rows(id=["a"], at=[None], seconds=[1])

    assert hashes(rows(id=["a"], at=[None], seconds=[1], note=[None])) == hashes(plain)
    assert hashes(rows(id=["a"], at=[None], seconds=[1], note=["x"])) != hashes(plain)


def test_two_misfits_with_different_texts_are_different_rows() -> None:
    one, other = hashes(rows(id=["a", "a"], at=[None, None], seconds=["x", "y"]))

    assert one != other


def test_rows_without_a_key_are_not_versions_of_each_other() -> None:
    found = rows(id=[None, None, "a"], at=[None] * 3, seconds=[1, 2, 3])

    assert len(set(found["_key_hash"].to_pylist())) == 3
    assert found["_key_hash"].to_pylist()[:2] == hashes(found)[:2]


def test_a_column_named_like_one_of_ours_is_refused() -> None:
    with pytest.raises(SourceError, match="_batch_id, a name that bronze keeps for itself"):
        rows(id=["a"], at=[None], seconds=[1], _batch_id=["x"])


def test_two_columns_that_differ_in_capitals_alone_are_refused() -> None:
    with pytest.raises(SourceError, match=r"column Note, .* in other letters"):
        rows(id=["a"], at=[None], seconds=[1], Note=["x"], note=["y"])


def test_utc_times_belong_to_the_sites_date() -> None:
    # Stockholm is UTC+1 in January and UTC+2 in July: 23:30 UTC is the next day's 00:30 or 01:30.
    at = pa.array(
        [dt.datetime(2026, 1, 1, 22, 59), dt.datetime(2026, 1, 1, 23), dt.datetime(2026, 7, 1, 22)], pa.timestamp("us")
    )
    clock = SourceClock("Europe/Stockholm")

    assert clock.dates(at).to_pylist() == [dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(2026, 7, 2)]
    assert clock.bounds(dt.date(2026, 7, 2), dt.date(2026, 7, 2)) == (
        dt.datetime(2026, 7, 1, 22),
        dt.datetime(2026, 7, 2, 22),
    )


def test_text_that_is_not_utf8_is_read_as_windows_1252() -> None:
    assert decode("Åsa €".encode()) == "Åsa €"
    assert decode("Åsa €".encode("cp1252")) == "Åsa €"


@given(
    st.lists(st.tuples(st.text(max_size=5) | st.none(), st.integers(-9, 9) | st.none()), min_size=1, max_size=20),
    st.integers(1, 20),
)
def test_chunks_do_not_change_hashes(values: list[tuple[str | None, int | None]], size: int) -> None:
    batch = pa.table(
        {
            "id": pa.array([value[0] for value in values], pa.string()),
            "at": pa.nulls(len(values), pa.timestamp("us")),
            "seconds": pa.array([value[1] for value in values], pa.int64()),
        }
    )

    whole = hashes(prepare(batch, CALLS, LOCAL))
    parts = [
        row_hash
        for start in range(0, len(values), size)
        for row_hash in hashes(prepare(batch.slice(start, size), CALLS, LOCAL))
    ]

    assert parts == whole
    assert len(set(whole)) == len(set(values))

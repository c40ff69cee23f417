"""A value's text is its own: the same in every chunk, beside every neighbour."""

import datetime as dt
import decimal
import uuid

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.sources.rows.clock import SourceClock
from wfm_pipeline.sources.rows.prepare import prepare
from wfm_pipeline.sources.rows.value_texts import as_text, to_array

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**12), max_value=10**12)
TIMES = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1))
VALUES = st.none() | st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    NUMBERS,
    st.booleans(),
    TIMES,
    TIMES.map(lambda moment: moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=moment.hour % 12)))),
    st.dates(),
    st.times(),
    st.timedeltas(dt.timedelta(days=-99), dt.timedelta(days=99)),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.uuids(),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), max_size=3),
)
TABLE = TableMap(
    name="cdr",
    role="call_legs",
    load="full",
    key=("id",),
    types={"id": "string", "seconds": "float64"},
    columns={"call_id": ColumnMap(column="id")},
)


def texts(values):
    return as_text(to_array(values)).to_pylist()


@given(st.lists(VALUES, min_size=1, max_size=12))
def test_a_text_does_not_depend_on_its_neighbours(values):
    assert [texts([value])[0] for value in values] == texts(values)


@given(st.lists(st.tuples(VALUES, VALUES, NUMBERS | st.integers(0, 99) | st.none()), min_size=1, max_size=15))
def test_rows_have_the_same_hashes_in_every_size_of_chunk(rows):
    def hashes(size):
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        columns = [dict(zip(("id", "note", "seconds"), zip(*part, strict=True), strict=True)) for part in parts]
        tables = [pa.table({name: to_array(values) for name, values in part.items()}) for part in columns]
        made = [prepare(table, TABLE, SourceClock()) for table in tables]
        return [(row["_row_hash"], row["_key_hash"]) for table in made for row in table.to_pylist()]

    assert hashes(1) == hashes(7) == hashes(10_000)


def test_numbers_of_unlike_precision_keep_their_own_digits():
    assert ["1756710638.5", "0.12", "12"] == texts([decimal.Decimal(each) for each in ("1756710638.5", ".12", "12")])
    assert ["46700000000", "0.5"] == texts([46_700_000_000, 0.5])


def test_dates_beside_times_keep_their_time():
    assert ["2025-01-01", "2025-01-01 05:00:00"] == texts([dt.date(2025, 1, 1), dt.datetime(2025, 1, 1, 5)])


def test_objects_and_lists_are_json_without_others_keys():
    assert ['{"a": 1}', '{"b": [1, 2]}', "[3]"] == texts([{"a": 1}, {"b": [1, 2]}, [3]])
    assert [str(uuid.UUID(int=1)), f'["{uuid.UUID(int=2)}"]'] == texts([uuid.UUID(int=1), [uuid.UUID(int=2)]])

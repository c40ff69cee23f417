"""Texts of dates, times and durations: what means one thing is read, what may mean two is not."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.sources.rows.column_types import to_type
from wfm_pipeline.sources.rows.durations import duration_fault
from wfm_pipeline.sources.rows.moments import form_fault


def read(texts, data_type, **words):
    return to_type(pa.array(texts, pa.string()), data_type, **words).values.to_pylist()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-09-01 9:10:38", dt.datetime(2025, 9, 1, 9, 10, 38)),
        ("2025-09-01T9:10", dt.datetime(2025, 9, 1, 9, 10)),
        ("2025-09-01 24:00:00", dt.datetime(2025, 9, 2)),
        ("2025-09-01 09:10:38.1234567", dt.datetime(2025, 9, 1, 9, 10, 38, 123456)),
        ("2025/9/1 9:10", dt.datetime(2025, 9, 1, 9, 10)),
        ("2025-9-1", dt.datetime(2025, 9, 1)),
        ("2025-09-01 9:10:38 PM", dt.datetime(2025, 9, 1, 21, 10, 38)),
        ("2025-09-01 12:10 a.m.", dt.datetime(2025, 9, 1, 0, 10)),
        ("2025-09-01 9:10:38,5", dt.datetime(2025, 9, 1, 9, 10, 38, 500000)),
        ("9/1/2025 9:10", None),
        ("2025-02-30 9:10", None),
        ("2025-09-01 25:10", None),
        ("2025-09-01T09:10:00Z", None),
        ("0000-00-00 00:00:00", None),
    ],
)
def test_a_timestamp_in_any_form_that_means_one_thing(text, moment):
    assert [moment, dt.datetime(2025, 1, 1)] == read([text, "2025-01-01 00:00:00"], "timestamp")


@pytest.mark.parametrize("text", ["2025-09-01T07:10:00Z", "2025-09-01 07:10 UTC", "2025-09-01 9:10+02:00", "2025-09-01 01:40:00-0530"])  # fmt: skip
def test_a_zone_is_read_where_the_source_writes_utc(text):
    assert [dt.datetime(2025, 9, 1, 7, 10), None] == read([text, "2025-02-30 09:10Z"], "timestamp", is_utc=True)


def test_hours_without_a_zero_are_read_and_a_clock_beyond_the_day_is_kept_as_text():
    found = to_type(pa.array(["9:10:38", "09:10", "9:05 PM", "24:00:00", None, ""]), "time")

    assert [dt.time(9, 10, 38), dt.time(9, 10), dt.time(21, 5), None, None, None] == found.values.to_pylist()
    assert [None, None, None, "24:00:00", None, None] == found.misfits.to_pylist()


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("%m/%d/%Y", "9/1/2025", dt.date(2025, 9, 1)),
        ("%d.%m.%Y", "1.9.2025", dt.date(2025, 9, 1)),
        ("%d-%b-%y", "01-SEP-25", dt.date(2025, 9, 1)),
        ("%m/%d/%Y", "13/1/2025", None),
        ("%m/%d/%Y", "2025-09-01", dt.date(2025, 9, 1)),
    ],
)
def test_a_date_is_read_in_the_form_that_the_map_states(form, text, day):
    assert [day] == read([text], "date", form=form)


@pytest.mark.parametrize(
    ("form", "data_type", "is_right"),
    [
        ("%m/%d/%Y", "date", True),
        ("%m/%d/%Y %H:%M", "timestamp", True),
        ("%I:%M %p", "time", True),
        ("%I:%M", "time", False),
        ("%m/%d", "date", False),
        ("%m/%d/%Y %H:%M", "date", False),
        ("%q", "date", False),
        ("%d/%d/%Y", "date", False),
    ],
)
def test_a_form_without_its_parts_is_refused(form, data_type, is_right):
    assert is_right == (form_fault(form, data_type) is None)


def test_durations_are_seconds_and_minutes_alone_are_not_guessed():
    found = to_type(pa.array(["0:08:01", "125:00:00", "-0:00:05", "0:00:01.5", "8:01", "481"]), "duration")

    assert [481.0, 450_000.0, -5.0, 1.5, None, None] == found.values.to_pylist()
    assert [None, None, None, None, "8:01", "481"] == found.misfits.to_pylist()


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2199, 1, 1)), st.booleans())
def test_what_is_written_without_zeros_and_with_slashes_is_the_same_moment(moment, is_slashed):
    sign = "/" if is_slashed else "-"
    text = f"{moment.year}{sign}{moment.month}{sign}{moment.day} {moment.hour}:{moment:%M:%S.%f}"
    half = f"{moment:%Y-%m-%d} {moment.hour % 12 or 12}:{moment:%M:%S.%f} {moment:%p}"

    assert [moment, moment] == read([text, half], "timestamp")


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2068, 1, 1)))
def test_a_stated_form_is_read_as_python_reads_it(moment):
    for form in ("%m/%d/%Y %H:%M:%S", "%d.%m.%y %I:%M %p", "%d-%b-%Y %H:%M:%S.%f"):
        text = moment.strftime(form)

        assert [dt.datetime.strptime(text, form)] == read([text], "timestamp", form=form)


@pytest.mark.parametrize(
    ("text", "form", "seconds"),
    [
        pytest.param("08:33", "%M:%S", 513.0, id="minutes_and_seconds"),
        pytest.param("125:05", "%M:%S", 7_505.0, id="more_minutes_than_an_hour_has"),
        pytest.param("8:01", "%H:%M", 28_860.0, id="hours_and_minutes"),
        pytest.param("1h02m03", "%Hh%Mm%S", 3_723.0, id="signs_between"),
        pytest.param("0:61:00", "%H:%M:%S", None, id="too_many_minutes_of_an_hour"),
        pytest.param("08:61", "%M:%S", None, id="too_many_seconds"),
        pytest.param("0:08:33", "%M:%S", None, id="another_form"),
        pytest.param("", "%M:%S", None, id="nothing"),
    ],
)
def test_a_duration_is_read_as_the_map_says_it_is_written(text, form, seconds):
    assert [seconds, 61.0 if form == "%M:%S" else None] == read(
        [text, "1:01" if form == "%M:%S" else "x"], "duration", form=form
    )


def test_a_form_of_durations_says_minutes_and_what_goes_with_them():
    assert [None, None, None] == [duration_fault(form) for form in ("%M:%S", "%H:%M:%S", "%H.%M")]
    assert all("%M:%S" in duration_fault(form) for form in ("%M", "%S:%M", "%H:%M:%S:%f", "%d", ""))

"""A table that a source may lack is empty where it does."""

import datetime as dt
from dataclasses import replace

import pytest

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.absent import lenient
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "cases.csv").write_text("CaseId,QueueId,Status,Created,Closed,UserId,CustomerId,Updated\n")
    found = load_map("telephony")
    return tmp_path, found.table("cases"), found.table("case_events")


def test_a_table_that_may_be_absent_is_read_as_empty_with_a_notice(tables):
    folder, cases, events = tables
    with lenient(open_reader(str(folder)), [cases, events]) as reader:
        assert ["the source has no table case_events: nothing is read of it"] == reader.check(events)
        assert [] == list(reader.read(events))
        assert {} == reader.day_counts(events)
        assert set() == reader.changed_dates(events, dt.datetime(2026, 1, 1))
        assert list(events.types) == reader.columns("case_events") == reader.head("case_events", 5).column_names
        assert ["cases"] == reader.tables()


def test_other_tables_must_be_there_and_are_read_when_they_are(tables):
    folder, cases, events = tables
    with lenient(open_reader(str(folder)), [cases, replace(events, is_optional=False)]) as reader:
        assert "CaseId" in reader.columns("cases")
        with pytest.raises(SourceError, match="no table case_events"):
            reader.check(events)

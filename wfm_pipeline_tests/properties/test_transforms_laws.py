"""Laws of the small transforms: clocks against zoneinfo, telephone numbers however they are written."""

import datetime as dt
from zoneinfo import ZoneInfo

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.transforms.rows.phone import normalise_number, normalised_number
from wfm_pipeline.transforms.rows.zones import SiteClock

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 12, 31)
ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("reading", ["earlier", "later"])
def test_every_quarter_hour_reads_as_zoneinfo_reads_it(zone, reading):
    clock = SiteClock.of(Site(time_zone=zone, ambiguous_times=reading), FIRST, LAST)
    quarters = int(dt.timedelta(days=(LAST - FIRST).days) / dt.timedelta(minutes=15))
    times = [dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(minutes=15 * n) for n in range(quarters)]
    table = ibis.memtable({"t": times}, schema={"t": "timestamp(6)"})
    read = table.select("t", utc=clock.to_utc(table.t), local=clock.to_local(table.t), is_gap=clock.in_gap(table.t))

    rows = ibis.duckdb.connect().to_pyarrow(read).to_pylist()

    tz, fold = ZoneInfo(zone), int(reading == "later")
    for row in rows:
        aware = row["t"].replace(tzinfo=tz, fold=fold)
        back = aware.astimezone(dt.UTC).astimezone(tz).replace(tzinfo=None)
        assert row["is_gap"] == (back != row["t"])
        if not row["is_gap"]:
            assert row["utc"] == aware.astimezone(dt.UTC).replace(tzinfo=None)
        assert row["local"] == row["t"].replace(tzinfo=dt.UTC).astimezone(tz).replace(tzinfo=None)


@given(
    number=st.integers(min_value=1_000_000, max_value=999_999_999).map(str).filter(lambda text: text[:2] != "46"),
    blanks=st.lists(st.sampled_from([" ", "-", "(", ")", "/"]), max_size=4),
    prefix=st.sampled_from(["+46", "0046", "0", "46", "+46 (0)"]),
)
@settings(max_examples=200)
def test_a_number_is_one_number_however_it_is_written(number, blanks, prefix):
    written = prefix + number[:3] + "".join(blanks) + number[3:]

    assert number == normalise_number(written, "46", 7)


@given(st.lists(st.text(alphabet="0123456789+- ()abcÅ", max_size=16), min_size=1, max_size=50))
@settings(max_examples=50)
def test_the_engine_normalises_as_python_does(texts):
    table = ibis.memtable({"t": texts}, schema={"t": "string"})
    read = table.select("t", number=normalised_number(table.t, "46", 7))

    rows = ibis.duckdb.connect().to_pyarrow(read).to_pylist()

    assert [normalise_number(row["t"], "46", 7) for row in rows] == [row["number"] for row in rows]
    assert all(row["number"] is None or len(row["number"]) >= 7 for row in rows)

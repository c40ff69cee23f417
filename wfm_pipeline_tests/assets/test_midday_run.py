"""A run while the day is not over: it forecasts from that day on and does not learn from its part.

The days are moved to the present, and the site into the zone in which it is now noon, or just after midnight: so
the tests go by the real moments of loading.
"""

import datetime as dt
import shutil

import pandas as pd
import pytest
from pydantic import SecretStr

from wfm_pipeline.assets.forecasting.first_day import ForecastConfig
from wfm_pipeline.contracts.source.site import ALWAYS_OPEN
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.orchestration.runs.side_jobs import long_range_request
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline_tests.house_kit import LAST_DATE, apart, change_source, count, do, hashes, make_house, refresh, run

ISSUED = ["gold.queue_interval_forecast", "gold.queue_day_forecast", "gold.forecast_issue", "gold.forecast_accuracy"]


def zone_where_it_is(hour):
    """A zone in which the clock shows that hour now."""
    ahead = (hour - dt.datetime.now(dt.UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}", dt.timezone(dt.timedelta(hours=ahead))


def moved_house(sample, home, *, hour):
    """A desk that never closes, at that hour of its last day, of which the source holds what came so far."""
    name, zone = zone_where_it_is(hour)
    now = dt.datetime.now(zone).replace(tzinfo=None)
    house = make_house(sample, home, time_zone=name, opening_hours=dict(ALWAYS_OPEN), closed_on_holidays=False)
    days = (now.date() - LAST_DATE).days
    change_source(
        house,
        f"update queue_cdr set Created = datetime(Created, '{days} days'), Updated = datetime(Updated, '{days} days')",
        f"delete from queue_cdr where Created > '{now:%Y-%m-%d %H:%M:%S}'",
    )
    return house, now.date()


@pytest.fixture(scope="module")
def noon(sample, tmp_path_factory):
    """A house in which the main job has run at noon, today's date, and how the run ended; tests copy it."""
    with apart(tmp_path_factory.mktemp("noon")) as folder:
        house, today = moved_house(sample, folder / "home", hour=12)
        return house, today, run(house)


@pytest.fixture
def midday(noon, clean):
    """A copy of that house, with a source of its own to change, and today's date."""
    house, today, _ = noon
    shutil.copytree(house.settings.home, clean / "home")
    url = SecretStr(f"sqlite:///{clean / 'home' / 'source.sqlite'}")
    return changed(house, home=clean / "home", source_url=url), today


def first_day(house):
    with house.open_warehouse() as warehouse:
        return ForecastConfig().first_day(read_inputs(warehouse, house.source_map))


def changed(house, **settings):
    return House(house.settings.model_copy(update=settings))


def test_a_run_at_noon_forecasts_from_today_learns_nothing_of_it_and_repeats(noon, midday):
    house, today = midday
    content = hashes(house, ISSUED)

    again = run(house)

    assert (noon[2].problems, again.problems) == ((), ())
    assert content == hashes(house, ISSUED)
    assert 0 < count(house, f"select sum(calls_offered) from silver.queue_intervals where business_date = '{today}'")
    with house.open_warehouse() as warehouse:
        issues = warehouse.frame(warehouse.table("gold.forecast_issue"))
        days = warehouse.frame(warehouse.table("gold.queue_day_forecast"))
        scored = warehouse.frame(warehouse.table("gold.forecast_accuracy"))
    assert [(pd.Timestamp(issue_instant(house.site, today)), 1)] == list(
        zip(issues["issued_at"], issues["revision"], strict=True)
    )
    live = days[~days["is_hindcast"]]
    assert pd.Timestamp(today) == live["business_date"].min()
    assert scored["is_hindcast"].all()  # nothing of today's part is scored


def test_an_issue_made_in_the_night_stands_at_noon_though_earlier_days_were_mended(midday):
    house, today = midday
    content, silver = hashes(house, ISSUED[:3]), hashes(house, ["silver.queue_intervals"])
    where = f"date(Created) = '{today - dt.timedelta(days=2)}' and time(Created) > '10:00' and rowid % 3 = 0"
    change_source(house, f"update queue_cdr set Created = datetime(Created, '-2 hours') where {where}")

    assert run(house).problems == ()

    assert content == hashes(house, ISSUED[:3])
    assert silver != hashes(house, ["silver.queue_intervals"])


def test_a_day_is_over_when_the_desk_has_closed_or_does_not_open(midday):
    house, today = midday
    weekday = f"{today:%a}".lower()

    hours = [dict(ALWAYS_OPEN) | {weekday: text} for text in ("00:00-24:00", "08:00-13:30", "06:00-11:30", "closed")]
    first = [first_day(changed(house, opening_hours=one)) for one in hours]

    tomorrow = today + dt.timedelta(days=1)
    assert [today, today, tomorrow, tomorrow] == first


def test_shortly_after_midnight_yesterday_is_whole_and_the_first_calls_of_today_are_no_day(sample, clean):
    house, today = moved_house(sample, clean / "home", hour=0)
    yesterday = today - dt.timedelta(days=1)
    change_source(
        house,
        f"update queue_cdr set Created = '{today} 00:00:00' where rowid in "
        f"(select rowid from queue_cdr where date(Created) = '{yesterday}' limit 3)",
    )

    refresh(house)

    assert 0 < count(house, f"select sum(calls_offered) from silver.queue_intervals where business_date = '{today}'")
    assert today == first_day(house)


def test_the_long_range_begins_today_as_well(midday):
    house, today = midday

    outcome = do(house, long_range_request(None))

    assert outcome.problems == ()
    first = count(house, "select min(business_date) from gold.queue_day_long_range")
    assert today.isoformat() == str(first)[:10]

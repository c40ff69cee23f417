"""An issue is named by the instant at which its first target day begins."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.issues import first_target_day, issue_instant


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        pytest.param("Europe/Stockholm", dt.date(2026, 3, 12), "2026-03-11 23:00", id="east_of_greenwich"),
        pytest.param("Europe/Stockholm", dt.date(2026, 3, 29), "2026-03-28 23:00", id="day_of_23_hours"),
        pytest.param("Europe/Stockholm", dt.date(2026, 3, 30), "2026-03-29 22:00", id="day_after_it"),
        pytest.param("America/New_York", dt.date(2026, 7, 1), "2026-07-01 04:00", id="west_of_greenwich"),
    ],
)
def test_the_first_target_day_and_the_instant_of_an_issue_say_each_other(zone, day, instant):
    site = Site(time_zone=zone)

    assert dt.datetime.fromisoformat(instant) == issue_instant(site, day)
    assert day == first_target_day(site, pd.Timestamp(instant))

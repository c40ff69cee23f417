"""Instants as the site's clock shows them. Not here: what stands at them."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd


def local_clock(instant: Any, zone: ZoneInfo) -> str:
    """The wall clock of an instant (naive UTC), as HH:MM."""
    return f"{local_time(instant, zone):%H:%M}"


def local_time(instant: Any, zone: ZoneInfo) -> dt.datetime:
    """The wall clock of an instant (naive UTC)."""
    return pd.Timestamp(instant).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_pydatetime()

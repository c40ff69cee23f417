"""Checks that warn and never block: is this likely right? Each with numbers expected, found and limit, which the UI plots.

Here: which asset is asked what. Not here: the formulae (domain/judgement) and the rows (warehouse/judgement_rows).
Laws, which block, are in law_checks and its neighbours.
"""

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.checks.verdicts import warning
from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_DAY_ACTUAL
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting.issues import first_target_day
from wfm_pipeline.domain.judgement import (
    band_holds,
    volume_against_forecast,
    weeks_apart,
    worse_than_peer,
)
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.judgement_rows import last_known_day, newest_volume, week_scores
from wfm_pipeline.warehouse.shelves.history import unfinished_days

_BAND_ISSUES = 3


def build_judgement_checks() -> list[dg.AssetChecksDefinition]:
    """All of them but the share of refused rows, which the legs' asset answers itself: it alone knows its run's rows."""
    return [_volume_check(), _band_check(), _peer_check()]


def _volume_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(QUEUE_DAY_ACTUAL),
        name="volume_is_as_forecast",
        description="The newest whole day has at least volume_drop_limit of the calls that were forecast for it.",
    )
    def volume_is_as_forecast(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        settings = house.settings
        with house.open_warehouse() as warehouse:
            day = _volume(house, warehouse)
        judged = volume_against_forecast(
            *day, lowest_share=settings.volume_drop_limit, least_calls=settings.volume_least_calls
        )
        return warning(judged)

    return volume_is_as_forecast


def _volume(house: House, warehouse: Warehouse) -> tuple[float, float]:
    day = newest_volume(warehouse, house.source_map.name, without=unfinished_days(warehouse, house.source_map))
    return day.calls, day.forecast


def _band_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(FORECAST_ACCURACY),
        name="band_holds",
        description="q10 to q90 held about 80 % of the intervals in the first weeks of the newest issues a week apart.",
    )
    def band_check(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        scores = _newest_weeks(house, _BAND_ISSUES)
        queues = scores[scores["queue_id"] != ALL]
        return warning(
            band_holds(
                queues["points"].tolist(),
                queues["band_coverage"].astype(float).tolist(),
                tolerance=house.settings.band_coverage_tolerance,
            )
        )

    return band_check


def _peer_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(FORECAST_ACCURACY),
        name="better_than_the_peer",
        description="Of the newest issues a week apart not every one was worse than the median of six weekdays.",
    )
    def better_than_the_peer(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        issues = house.settings.worse_than_peer_issues
        scores = _newest_weeks(house, issues)
        whole = scores[scores["queue_id"] == ALL]
        ours, peer = (whole[name].astype(float).tolist() for name in ("wmape", "wmape_median6"))
        return warning(worse_than_peer(ours, peer, issues=issues))

    return better_than_the_peer


def _newest_weeks(house: House, count: int) -> pd.DataFrame:
    """Scores of the newest issues whose first week is over, a week apart, oldest first."""
    with house.open_warehouse() as warehouse:
        scores = week_scores(warehouse, house.source_map.name)
        known_to = last_known_day(warehouse, house.source_map.name)
    days = scores["issued_at"].map(lambda at: first_target_day(house.site, at))
    chosen = weeks_apart(sorted(set(days)), known_to, count=count) if known_to else []
    return scores[days.isin(chosen)]

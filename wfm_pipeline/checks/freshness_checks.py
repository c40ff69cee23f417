"""Checks that warn where calls or the forecast are older than they should be; a sensor shows them too while nothing runs."""

import dagster as dg

from wfm_pipeline.asset_keys import bronze_key, key_named
from wfm_pipeline.checks.verdicts import numbers_of, warning
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.judgement import not_judged
from wfm_pipeline.monitoring.alerts.handling import utc_now
from wfm_pipeline.monitoring.freshness import CALLS, CHECKS, Freshness, look_at_freshness
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.gold_reader import GoldReader

NAME = "is_up_to_date"


def build_freshness_checks(source_map: SourceMap) -> list[dg.AssetChecksDefinition]:
    """One check per table that is looked at."""
    return [_freshness_check(source_map, check) for check in CHECKS]


def evaluation_of(house: House, table: Freshness) -> dg.AssetCheckEvaluation:
    """The same answer as an event that belongs to no run."""
    return dg.AssetCheckEvaluation(
        asset_key=_key(house.source_map, table.check),
        check_name=NAME,
        passed=table.judgement.passes,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=numbers_of(table.judgement),
        description=table.judgement.words,
        blocking=False,
    )


def _freshness_check(source_map: SourceMap, check: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=_key(source_map, check),
        name=NAME,
        description="The newest date is the one that is due by now; filling an older day does not help.",
    )
    def is_up_to_date(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        if not house.settings.freshness_hours:
            return warning(not_judged("freshness_hours is 0"))
        with house.open_warehouse() as warehouse:
            found = look_at_freshness(house, GoldReader(warehouse), check, now=utc_now())
        return warning(found.judgement)

    return is_up_to_date


def _key(source_map: SourceMap, check: str) -> dg.AssetKey:
    if check != CALLS:
        return key_named(check)
    part = source_map.leading_parts[0]
    return bronze_key(part, part.leading)

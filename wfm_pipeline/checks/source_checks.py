"""Checks that warn where a source of a site was not read: one per source, so that each is told and closed by itself."""

import dagster as dg

from wfm_pipeline.asset_keys import bronze_key
from wfm_pipeline.checks.verdicts import warning
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.judgement import Judgement
from wfm_pipeline.reports.tables.unread_sources import unread_words
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.silver.unknown_queues import queues_fed
from wfm_pipeline.warehouse.source_states import SourceState, unread_parts
from wfm_pipeline.warehouse.standing import last_dates

NAME = "source_is_read"


def build_source_checks(source_map: SourceMap) -> list[dg.AssetChecksDefinition]:
    """A check per source of a site; none where there is one source, whose run fails where it is not read."""
    return [_source_check(part) for part in source_map.members]


def _source_check(part: SourceMap) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=bronze_key(part, part.leading),
        name=NAME,
        description="The source was read, or asked and found to hold nothing new; else its queues are missing from then on.",
    )
    def source_is_read(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        with house.open_warehouse() as warehouse:
            state = unread_parts(warehouse, house.source_map).get(part.name)
            return warning(_judged(warehouse, house.source_map, part, state))

    return source_is_read


def _judged(warehouse: Warehouse, source_map: SourceMap, part: SourceMap, state: SourceState | None) -> Judgement:
    """Days by which a source that should have been read is behind the others."""
    if state is None or not state.is_fault:
        return Judgement(True, 0.0, 0.0, 0.0, f"source {part.name} was read, or nobody meant to")
    last = max(last_dates(warehouse, source_map).values(), default=None)
    days = (last - state.stands_at).days if last and state.stands_at else 0
    return Judgement(False, 0.0, float(days), 0.0, unread_words(state, queues_fed(warehouse, [state])[part.name]))

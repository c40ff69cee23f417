"""Gold assets of what a source cannot give: the tables are there and empty, and say why.

A source of tickets alone has no calls per interval, so nothing can be forecast of it; one of interval statistics has no
single calls. The graph stays the same for every source: keys, steps and jobs are those of the assets that are not made.
Not here: what a source lacks (contracts/source/source_map) and the assets themselves.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import dagster as dg

from wfm_pipeline.assets.step import NOT_MADE, Flow, at_work
from wfm_pipeline.contracts.source.source_map import Missing, SourceMap
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES
from wfm_pipeline.resources import House

_TABLES: Final = {table.full_name: table for table in ALL_GOLD_TABLES}


def made_where_possible(
    assets: Sequence[dg.AssetsDefinition], source_map: SourceMap, *, of: Missing
) -> list[dg.AssetsDefinition]:
    """The assets, or empty ones with the reason where the source lacks what they are made of.

    Args:
        assets: Gold assets.
        source_map: The source.
        of: What they are made of.
    """
    reason = source_map.lacks.get(of)
    return [_empty(made, reason) for made in assets] if reason else list(assets)


def _empty(made: dg.AssetsDefinition, reason: str) -> dg.AssetsDefinition:
    """The same step without its work; what it may be told stays the same."""
    choices = getattr(made.op.config_schema.config_type, "fields", None)

    @dg.multi_asset(name=made.op.name, specs=list(made.specs), config_schema=choices)
    def unmade(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            for key in sorted(made.keys):
                table = _TABLES[".".join(key.path)]
                step.warehouse.create(table)
                step.say(f"{table.full_name} is not made: {reason}")
                yield step.made(table, Flow(0, 0, notes={NOT_MADE: reason}))

    return unmade

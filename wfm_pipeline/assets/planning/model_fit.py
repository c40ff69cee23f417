"""Gold assets of the models' honesty: predicted against reached service level, and the error of inferred agents.

In a group and job of their own: the answer changes by the month, not by the night.
"""

from collections.abc import Iterator

import dagster as dg
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.silver import CALLS_KEY, LEGS_KEY
from wfm_pipeline.contracts.model_fit import AGENT_PRESENCE_MONTH, MODEL_FIT_TABLES, QUEUE_MODEL_FIT
from wfm_pipeline.contracts.silver import CALL_LEGS, CALLS
from wfm_pipeline.domain.simulation.model_fit.compare import FitOptions, ModelFit, compare_models
from wfm_pipeline.domain.simulation.model_fit.records import LEG_COLUMNS, records_from_legs
from wfm_pipeline.reports.figures.model_fit import model_fit_chart, model_fit_glance
from wfm_pipeline.resources import House
from wfm_pipeline.units import SECONDS_PER_MINUTE
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope

GROUP = "model_fit"
OP = "compare_models"
"""Dagster wants ops and jobs to have different names; the job is called like the group."""


def build_model_fit_assets() -> list[dg.AssetsDefinition]:
    """The two tables of the comparison, made together."""

    @dg.multi_asset(
        name=OP,
        specs=[
            spec(table, deps=[LEGS_KEY, CALLS_KEY], made_in=__name__).replace_attributes(group_name=GROUP)
            for table in MODEL_FIT_TABLES
        ],
    )
    def model_fit(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            frame = warehouse.frame(_legs(house, warehouse))
            fit = compare_models(records_from_legs(frame), options=_options(house), on_month=context.log.info)
            flow = Flow(len(frame), len(fit.months), notes=_notes(context, house, fit))
            for table, rows in ((QUEUE_MODEL_FIT, fit.months), (AGENT_PRESENCE_MONTH, fit.presence)):
                warehouse.replace(table, rows.assign(**house.in_source()), Scope(house.in_source()))
                metadata = report(context, house, warehouse, table.full_name, flow, watch)
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return [model_fit]


def _legs(house: House, warehouse: Warehouse) -> IbisTable:
    """Legs with what their call says of redials."""
    legs = Scope(house.in_source()).filter(warehouse.table(CALL_LEGS.full_name))
    calls = Scope(house.in_source()).filter(warehouse.table(CALLS.full_name))
    redials = calls.select(redial_call_id=calls["call_id"], is_redial=calls["is_redial"])
    return legs.left_join(redials, legs["call_id"] == redials["redial_call_id"]).select(*LEG_COLUMNS)


def _options(house: House) -> FitOptions:
    settings = house.settings
    return FitOptions(
        seed=settings.seed,
        answer_target_seconds=float(settings.answer_target_seconds),
        interval_seconds=float(house.site.interval_minutes * SECONDS_PER_MINUTE),
    )


def _notes(context: dg.AssetExecutionContext, house: House, fit: ModelFit) -> dict[str, object]:
    title = house.title("Service level reached and predicted")
    return {
        "months": int(fit.months["month"].nunique()),
        "left_out": ", ".join(f"{reason} {calls}" for reason, calls in fit.left_out.items()),
        **pictures(
            context,
            at_a_glance=lambda: model_fit_glance(fit.months, title=title),
            picture=lambda: model_fit_chart(fit.months, title=title),
        ),
    }

"""Gold assets of the models' honesty: predicted against reached service level, and the error of inferred agents.

In a group and job of their own: the answer changes by the month, not by the night.
"""

from collections.abc import Iterator

import dagster as dg

from wfm_pipeline.asset_keys import MODEL_FIT_GROUP
from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.model_fit import AGENT_PRESENCE_MONTH, MODEL_FIT_TABLES, QUEUE_MODEL_FIT
from wfm_pipeline.contracts.silver import CALL_LEGS, CALLS
from wfm_pipeline.domain.simulation.model_fit.compare import ModelFit, compare_models
from wfm_pipeline.domain.simulation.model_fit.records import records_from_legs
from wfm_pipeline.reports.figures.model_fit import model_fit_chart, model_fit_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import fit_options
from wfm_pipeline.warehouse.shelves.legs import read_legs_with_redials

_STEP = "compare_models"
"""Dagster wants ops and jobs to have different names; the job is called like the group."""


def build_model_fit_assets() -> list[dg.AssetsDefinition]:
    """The two tables of the comparison, made together."""

    @dg.multi_asset(
        name=_STEP,
        specs=specs(MODEL_FIT_TABLES, reads=[CALL_LEGS, CALLS], group=MODEL_FIT_GROUP, made_in=__name__),
    )
    def model_fit(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            legs = read_legs_with_redials(step.warehouse, step.source_map)
            options = fit_options(step.settings, house.site)
            fit = compare_models(records_from_legs(legs), options=options, on_month=step.say)
            flow = Flow(len(legs), len(fit.months), notes=_notes(step, fit))
            for table, rows in ((QUEUE_MODEL_FIT, fit.months), (AGENT_PRESENCE_MONTH, fit.presence)):
                step.replace(table, rows)
                yield step.made(table, flow)

    return [model_fit]


def _notes(step: Step, fit: ModelFit) -> dict[str, object]:
    title = step.house.title("Service level reached and predicted")
    return {
        "months": int(fit.months["month"].nunique()),
        "left_out": ", ".join(f"{reason} {calls}" for reason, calls in fit.left_out.items()),
        **pictures(
            step.context,
            at_a_glance=lambda: model_fit_glance(fit.months, title=title),
            picture=lambda: model_fit_chart(fit.months, title=title),
        ),
    }

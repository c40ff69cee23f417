"""Gold assets of the planners' overrides: final values beside the model's, and what each override was worth.

The newest issue is finished again in every run, older ones only where they never were or have a new
revision: what was final when the next issue came stays so.
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.declaring import asset_words, specs
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import (
    FINAL_TABLES,
    FORECAST_OVERRIDES,
    OVERRIDE_VALUE,
    QUEUE_DAY_FINAL,
    QUEUE_INTERVAL_FINAL,
    QUEUE_INTERVAL_OVERRIDE,
)
from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.domain.forecasting.planners.overrides import finish_forecast
from wfm_pipeline.domain.forecasting.planners.value_added import score_issues, value_added
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.due_issues import read_issues_to_finish
from wfm_pipeline.warehouse.shelves.history import read_known_calls
from wfm_pipeline.warehouse.shelves.issues import read_issue
from wfm_pipeline.warehouse.shelves.planners import read_overrides


def build_final_assets() -> list[dg.AssetsDefinition]:
    """Final values and their score."""
    return [_final_asset(), _value_asset()]


def _final_asset() -> dg.AssetsDefinition:
    reads = [QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, FORECAST_OVERRIDES]

    @dg.multi_asset(name="final_forecast", specs=specs(FINAL_TABLES, reads=reads, made_in=__name__))
    def final_forecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            overrides = read_overrides(step.warehouse, step.source_map)
            issues = read_issues_to_finish(step.warehouse, step.source_map)
            finished = [_finish(step, overrides, *issue) for issue in issues]
            for note in dict.fromkeys(note for notes, _ in finished for note in notes):
                step.say(note)
            notes = {"issues": len(finished), "overrides": len(overrides)}
            for table in FINAL_TABLES:
                rows = sum(counts[table] for _, counts in finished)
                yield step.made(table, Flow(rows, rows, notes=notes), time_column="business_date")

    return final_forecast


def _finish(
    step: Step, overrides: pd.DataFrame, issued_at: dt.datetime, revision: int
) -> tuple[tuple[str, ...], dict[Table, int]]:
    """Write an issue's final values; notes, and rows per table."""
    done = finish_forecast(*read_issue(step.warehouse, step.source_map, issued_at), overrides)
    rows = {
        QUEUE_INTERVAL_FINAL: done.intervals.assign(revision=revision),
        QUEUE_DAY_FINAL: done.days.assign(revision=revision),
        QUEUE_INTERVAL_OVERRIDE: done.effects,
    }
    return done.notes, step.replace_all(rows, issued_at=issued_at)


def _value_asset() -> dg.AssetsDefinition:
    @dg.asset(**asset_words(OVERRIDE_VALUE, reads=[QUEUE_INTERVAL_OVERRIDE, QUEUE_INTERVALS], made_in=__name__))
    def override_value(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            effects = step.warehouse.frame(step.of_source(QUEUE_INTERVAL_OVERRIDE))
            rows = score_issues(effects, read_known_calls(step.warehouse, step.source_map))
            loaded = step.replace(OVERRIDE_VALUE, rows)
            added = value_added(rows)
            notes = {"value_added": "nothing to score yet" if added is None else added}
            return step.made(OVERRIDE_VALUE, Flow(len(effects), loaded, notes=notes))

    return override_value

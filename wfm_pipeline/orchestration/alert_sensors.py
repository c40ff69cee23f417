"""What the daemon watches while nobody looks: runs that ended, runs that died, data that is out of date, alerts on their way.

All of them are on from the start and launch nothing. A run-failure sensor of Dagster's own would not do: it moves past a
run also where the alert could not be written, and never sees a run of the command line (docs/adr/0010).
"""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import dagster as dg

from wfm_pipeline.checks.freshness_checks import evaluation_of
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.monitoring.alerts.handling import AlertDesk, utc_now
from wfm_pipeline.monitoring.freshness import CHECKS, Freshness, freshness_sighting, look_at_freshness
from wfm_pipeline.orchestration.runs.dead_runs import close_dead_runs
from wfm_pipeline.orchestration.runs.watch import ended_runs, sightings_of
from wfm_pipeline.resources import House

_RUNS_SECONDS, _DEAD_SECONDS, _DELIVERY_SECONDS, _FRESHNESS_SECONDS = 30, 60, 60, 600
_RUNS_A_TICK = 25
_FIRST_LOOK_BACK = dt.timedelta(hours=1)
"""How old runs may be that the very first look still takes in."""
_SAME_MOMENT = dt.timedelta(seconds=1)
"""Runs are asked for from a moment before the last one seen: several may have been written at one instant."""


def build_alert_sensors(house: House) -> list[dg.SensorDefinition]:
    """All watchers of the house."""
    return [run_alerts(house), dead_runs(house), freshness_alerts(house), alert_delivery(house)]


def run_alerts(house: House) -> dg.SensorDefinition:
    """Failed runs and checks that warn, told once; what works again is told too."""

    def look(context: dg.SensorEvaluationContext) -> str:
        since = dt.datetime.fromisoformat(context.cursor) if context.cursor else utc_now() - _FIRST_LOOK_BACK
        records = ended_runs(context.instance, since - _SAME_MOMENT, source=house.source_map.name, limit=_RUNS_A_TICK)
        told = AlertDesk(house).take(
            seen for record in records for seen in sightings_of(context.instance, record, source=house.source_map.name)
        )
        latest = max((record.update_timestamp.replace(tzinfo=None) for record in records), default=since)
        context.update_cursor(max(latest, since).isoformat())
        return f"{len(records)} runs looked at, {len(told)} alerts"

    return _watcher(
        "run_alerts", look, _RUNS_SECONDS, "Tells of failed runs and of checks that warn, and of their end."
    )


def dead_runs(house: House) -> dg.SensorDefinition:
    """Runs whose process is gone are closed, which the next look at runs then tells."""

    def look(context: dg.SensorEvaluationContext) -> str:
        closed = close_dead_runs(context.instance, house)
        for run in closed:
            context.log.warning(f"closed run {run.run_id} of {run.job}: {run.why}")
        return f"{len(closed)} dead runs closed"

    return _watcher(
        "dead_runs", look, _DEAD_SECONDS, "Closes runs whose process was killed, so that none stays started."
    )


def freshness_alerts(house: House) -> dg.SensorDefinition:
    """A night that did not run is seen: the newest calls and the newest forecast against the clock."""

    def look(context: dg.SensorEvaluationContext) -> str:
        if not house.settings.freshness_hours:
            return "not looked at: freshness_hours is 0"
        try:
            with house.open_gold() as gold:
                found = [look_at_freshness(house, gold, check, now=utc_now()) for check in CHECKS]
        except WarehouseError as error:
            return f"nothing to look at: {error}"
        told = AlertDesk(house).take([freshness_sighting(found, source=house.source_map.name, at=utc_now())])
        _show(context, house, found)
        return f"{sum(not table.judgement.passes for table in found)} of {len(found)} out of date, {len(told)} alerts"

    return _watcher("freshness_alerts", look, _FRESHNESS_SECONDS, "Tells when calls or the forecast are out of date.")


def alert_delivery(house: House) -> dg.SensorDefinition:
    """What did not go out is tried again, and what is still wrong is told again now and then."""

    def look(_: dg.SensorEvaluationContext) -> str:
        desk = AlertDesk(house)
        reminders = desk.remind()
        sent = desk.send()
        return f"{len(reminders)} reminders, {sum(one.error is None for one in sent)} of {len(sent)} letters went out"

    return _watcher("alert_delivery", look, _DELIVERY_SECONDS, "Sends alerts that did not go out, and reminders.")


def _watcher(
    name: str, look: Callable[[dg.SensorEvaluationContext], str], seconds: int, description: str
) -> dg.SensorDefinition:
    """A sensor that only looks; its ticks say what it saw."""

    @dg.sensor(
        name=name,
        minimum_interval_seconds=seconds,
        description=description,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason(look(context))

    return watch


def _show(context: dg.SensorEvaluationContext, house: House, found: list[Freshness]) -> None:
    """The checks on the asset pages change when the answer does, also while nothing runs."""
    answer: dict[str, Any] = {table.check: table.judgement.words for table in found}
    if context.cursor == json.dumps(answer):
        return
    for table in found:
        context.instance.report_runless_asset_event(evaluation_of(house, table))
    context.update_cursor(json.dumps(answer))

"""The partition grid of the Dagster UI after a run that named its dates by tags: what was made shows as made.

A run has no partitions where the command line starts it (docs/adr/0003), so its dates are noted when it is
over. How they are written is in events.py.
"""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable, Mapping

import dagster as dg

from wfm_pipeline.asset_keys import DAY, HOUR, PARTITIONS_TAG, WEEK
from wfm_pipeline.orchestration.partitions.events import report_materializations

_ONE_DAY = dt.timedelta(days=1)


def fill_grid(
    instance: dg.DagsterInstance,
    definitions: dg.Definitions,
    result: dg.ExecuteInProcessResult,
    dates: Collection[dt.date],
    first_date: dt.date,
    hours: Callable[[Collection[dt.date]], list[str]],
) -> int:
    """Note the partitions that a run has made, of the assets whose step succeeded; gives how many.

    Besides the run's dates those are noted that the grid lacks between the first date and the run's last one:
    days without rows, and days that were loaded before this instance kept the events. A run plans every
    stale date, so after it they are as they should be.

    Args:
        instance: Where Dagster keeps its events.
        definitions: The definitions that the run was made of.
        result: How it ended.
        dates: Dates that it read and refreshed.
        first_date: First date of the partitions.
        hours: Names of the hours of some dates.
    """
    if not dates:
        return 0
    graph = definitions.resolve_asset_graph()
    noted, filled = 0, set[dg.AssetKey]()
    names = {DAY: lambda: _days(dates, first_date), WEEK: lambda: _weeks(dates), HOUR: lambda: hours(dates)}
    for key, made in _made(result).items():
        grain = graph.get(key).tags.get(PARTITIONS_TAG)
        wanted = names[grain]() if grain in names else []
        if wanted:
            known = instance.get_materialized_partitions(key)
            own = {date.isoformat() for date in dates} if grain == DAY else set(wanted)
            noted += _note(instance, made, [name for name in wanted if name in own or name not in known], result.run_id)
            filled.add(key)
    _repeat_checks(instance, result, filled)
    return noted


def _repeat_checks(
    instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, filled: Collection[dg.AssetKey]
) -> None:
    """Say again what the run's checks found: Dagster takes a check that is older than the newest event for not evaluated.

    SQLite keeps the time of a check in whole seconds, so the second of the newest event has to be over.
    """
    if filled:
        time.sleep(1.0 - time.time() % 1.0)
    for found in result.get_asset_check_evaluations():
        if found.asset_key in filled:
            again = dg.AssetCheckEvaluation(
                asset_key=found.asset_key,
                check_name=found.check_name,
                passed=found.passed,
                metadata=found.metadata,
                severity=found.severity,
                description=found.description,
                blocking=found.blocking,
            )
            instance.report_runless_asset_event(again)


def _made(result: dg.ExecuteInProcessResult) -> Mapping[dg.AssetKey, dg.AssetMaterialization]:
    """What each asset said when its step had succeeded."""
    events = result.get_asset_materialization_events()
    return {event.materialization.asset_key: event.materialization for event in events}


def _days(dates: Collection[dt.date], first_date: dt.date) -> list[str]:
    first, last = min(first_date, *dates), max(dates)
    return [(first + number * _ONE_DAY).isoformat() for number in range((last - first).days + 1)]


def _weeks(dates: Collection[dt.date]) -> list[str]:
    """Mondays of the weeks of a stretch of dates."""
    monday = min(dates) - min(dates).weekday() * _ONE_DAY
    weeks = (max(dates) - monday).days // 7 + 1
    return [(monday + number * 7 * _ONE_DAY).isoformat() for number in range(weeks)]


def _note(instance: dg.DagsterInstance, made: dg.AssetMaterialization, partitions: Iterable[str], run_id: str) -> int:
    """One event per partition, each with its run; the newest repeats what the run said, for the asset's page shows it."""
    names = list(partitions)
    run = {"run": dg.MetadataValue.dagster_run(run_id)}
    events = [dg.AssetMaterialization(made.asset_key, partition=name, metadata=run) for name in names[:-1]]
    events += [
        dg.AssetMaterialization(made.asset_key, partition=name, metadata={**made.metadata, **run})
        for name in names[-1:]
    ]
    report_materializations(instance, events)
    return len(names)

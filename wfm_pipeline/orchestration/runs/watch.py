"""Finished runs as sightings: did the job end well, and which checks warned?

One way for every run, whoever started it: the sensor looks at all that ended since its last look, and
`wfm` looks at its own at once. Looking twice at a run changes nothing. Not here: what is told (monitoring/alerts).
"""

import datetime as dt
from collections.abc import Iterable, Mapping

import dagster as dg

from wfm_pipeline.checks.freshness_checks import NAME as FRESHNESS
from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.alerts.handling import utc_now
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import CHECK_FAILED, RUN_FAILED, RUN_KILLED
from wfm_pipeline.monitoring.freshness import CHECKS, stale_sighting
from wfm_pipeline.orchestration.runs.words import failure_words, run_events

SOURCE_TAG = "wfm/source"
"""Source of a run that `wfm` started; a run without it is of the location's own source."""
KILLED_TAG = "wfm/killed"
"""Why a run was closed that its own process did not end."""
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)
_TOLD_PROBLEMS = 5
_DIED = "Run execution process for "
"""How Dagster's words begin when the code server saw a run's process die."""


def run_key(source: str, job: str) -> str:
    """Name of the thing that a job's run is a look at."""
    return f"run:{source}:{job}"


def ended_runs(instance: dg.DagsterInstance, since: dt.datetime, *, source: str, limit: int) -> list[dg.RunRecord]:
    """Runs of a source that ended well or badly since then, in the order in which they were last written.

    A run that a person cancelled is neither.
    """
    filters = dg.RunsFilter(statuses=list(_ENDED), updated_after=since)
    records = instance.get_run_records(filters=filters, order_by="update_timestamp", ascending=True, limit=limit)
    return [record for record in records if record.dagster_run.tags.get(SOURCE_TAG, source) == source]


def sightings_of(instance: dg.DagsterInstance, record: dg.RunRecord, *, source: str) -> list[Sighting]:
    """What an ended run shows: whether its job works, and each of its checks that only warns."""
    run = record.dagster_run
    at = _ended_at(record)
    events = run_events(instance, run.run_id)
    facts = {"job": run.job_name, "run_id": run.run_id, "partition": run.tags.get("dagster/partition")}
    is_wrong = run.status is dg.DagsterRunStatus.FAILURE
    killed = (run.tags.get(KILLED_TAG) or _process_words(instance, run.run_id)) if is_wrong else None
    what = _why(instance, run.run_id, events, killed) if is_wrong else ""
    kind = RUN_KILLED if killed else RUN_FAILED
    job = Sighting(run_key(source, run.job_name), kind, is_wrong, at, run.job_name, what, facts)
    checks = [event.asset_check_evaluation_data for event in events if _is_check(event)]
    return [job, *_warnings(checks, source, at, facts), *_freshness(checks, source, at)]


def command_sighting(job: str, error: Exception | None, *, source: str) -> Sighting:
    """What a command shows that failed before there was a run, such as at a source that does not answer."""
    what = str(error) if isinstance(error, WfmError) else type(error).__name__
    return Sighting(run_key(source, job), RUN_FAILED, error is not None, utc_now(), job, what, {"job": job})


def _why(instance: dg.DagsterInstance, run_id: str, events: list[dg.DagsterEvent], killed: str | None) -> str:
    found = failure_words(events, public=True)
    more = [f"and {len(found) - _TOLD_PROBLEMS} more"] if len(found) > _TOLD_PROBLEMS else []
    return "; ".join([*found[:_TOLD_PROBLEMS], *more]) or killed or _last_words(instance, run_id)


def _is_check(event: dg.DagsterEvent) -> bool:
    return event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION


def _warnings(
    checks: Iterable[dg.AssetCheckEvaluation], source: str, at: dt.datetime, facts: Mapping[str, object]
) -> list[Sighting]:
    """Checks that only warn; those that block are told with their run, and freshness as one thing."""
    return [
        check_sighting(check, source=source, at=at, facts=facts)
        for check in checks
        if not check.blocking and check.check_name != FRESHNESS
    ]


def _freshness(checks: Iterable[dg.AssetCheckEvaluation], source: str, at: dt.datetime) -> list[Sighting]:
    """How new the tables are, where the run looked at all of them."""
    found = [check for check in checks if check.check_name == FRESHNESS]
    if len(found) < len(CHECKS):
        return []
    return [stale_sighting([check.description or "" for check in found if not check.passed], source=source, at=at)]


def check_sighting(
    check: dg.AssetCheckEvaluation, *, source: str, at: dt.datetime, facts: Mapping[str, object]
) -> Sighting:
    """What the evaluation of a check shows; only its numbers leave the house."""
    name = f"{'.'.join(check.asset_key.path)} {check.check_name}"
    numbers = {label: value.value for label, value in check.metadata.items() if _is_number(value.value)}
    what = ", ".join(f"{label} {value:.4g}" for label, value in numbers.items())
    return Sighting(
        f"check:{source}:{name}", CHECK_FAILED, not check.passed, at, name, what, {**facts, "numbers": numbers}
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _process_words(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """What Dagster says of a run whose process it saw die; None where it saw none."""
    said = (event.message or "" for event in _events(instance, run_id, dg.DagsterEventType.ENGINE_EVENT))
    died = next((words for words in said if words.startswith(_DIED)), None)
    return died.split(". ")[0].replace(f"{_DIED}{run_id}", "its process") if died else None


def _last_words(instance: dg.DagsterInstance, run_id: str) -> str:
    """What Dagster says of a run that failed outside its steps."""
    said = [event.message or "" for event in _events(instance, run_id, dg.DagsterEventType.RUN_FAILURE)]
    return said[-1] if said and said[-1] else "no step says why"


def _events(instance: dg.DagsterInstance, run_id: str, kind: dg.DagsterEventType) -> Iterable[dg.DagsterEvent]:
    for record in instance.get_records_for_run(run_id=run_id, of_type=kind).records:
        yield record.event_log_entry.get_dagster_event()


def _ended_at(record: dg.RunRecord) -> dt.datetime:
    """The instant the run ended, the same at every look."""
    if record.end_time is None:
        return record.update_timestamp.replace(tzinfo=None)
    return dt.datetime.fromtimestamp(record.end_time, dt.UTC).replace(tzinfo=None)

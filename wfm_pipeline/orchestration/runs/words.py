"""Why a run failed, in one line a problem: from Dagster's events to our own words.

For a terminal or a log `public=False` keeps what the driver or library said; what leaves the house as an
alert is `public=True`: our words only, as a foreign message may quote a row. Not here: who is told.
"""

from collections.abc import Iterable, Sequence

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from wfm_pipeline.errors import WfmError
from wfm_pipeline.machine import machine_error_in

_KINDS = (
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.RUN_FAILURE,
)


def failure_words(events: Sequence[dg.DagsterEvent], *, public: bool = False) -> list[str]:
    """What went wrong in a failed run: the laws that were broken, else the steps that failed, else what kept it from them.

    Args:
        events: The run's events; only failures and check evaluations count.
        public: True for words that leave the house.

    Returns:
        One line a problem, steps with the same problem together; empty where nothing says why.
    """
    found = (event.asset_check_evaluation_data for event in events if _is(event, "ASSET_CHECK_EVALUATION"))
    broken = [check for check in found if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR]
    if broken:
        return [_check_words(check, public=public) for check in broken]
    steps: dict[str, list[str]] = {}
    for event in events:
        if _is(event, "STEP_FAILURE"):
            words = _error_words(event.step_failure_data.error, public=public)
            steps.setdefault(words, []).append(str(event.step_key))
    if steps:
        return [f"{', '.join(names)}: {words}" for words, names in steps.items()]
    ends = (getattr(event.event_specific_data, "error", None) for event in events if _is(event, "RUN_FAILURE"))
    return [_error_words(error, public=public) for error in ends if error is not None]


def run_events(instance: dg.DagsterInstance, run_id: str) -> list[dg.DagsterEvent]:
    """What a stored run says of its steps, its checks and its end."""
    records = [
        record for kind in _KINDS for record in instance.get_records_for_run(run_id=run_id, of_type=kind).records
    ]
    return [record.event_log_entry.get_dagster_event() for record in records]


def _is(event: dg.DagsterEvent, kind: str) -> bool:
    return event.event_type is dg.DagsterEventType[kind]


def _check_words(check: dg.AssetCheckEvaluation, *, public: bool) -> str:
    name = f"{'.'.join(check.asset_key.path)} {check.check_name}"
    return f"{name} is broken" if public else f"{name}: {check.description}"


def _error_words(error: SerializableErrorInfo | None, *, public: bool) -> str:
    chain = list(_causes(error))
    if not chain:
        return "failed"
    ours = {cls.__name__ for cls in _all_errors(WfmError)}
    found = next((link for link in chain if _class_name(link) in ours), chain[-1])
    name, said = _class_name(found), _first_line(found)
    words = said.split(": ", 1)[-1].strip()
    if name not in ours:
        fault = machine_error_in(words)
        if public:
            return fault.what if fault else name
        return str(fault or f"{name}: {words}")
    return _without_foreign_words(words, chain[chain.index(found) + 1 :]) if public else words


def _without_foreign_words(words: str, causes: Iterable[SerializableErrorInfo]) -> str:
    for cause in causes:
        said = _first_line(cause).split(": ", 1)[-1].strip()
        if said:
            words = words.replace(said, _class_name(cause))
    return words


def _causes(error: SerializableErrorInfo | None) -> Iterable[SerializableErrorInfo]:
    while error is not None:
        yield error
        error = error.cause


def _first_line(error: SerializableErrorInfo) -> str:
    return (error.message.strip().splitlines() or [""])[0]


def _class_name(error: SerializableErrorInfo) -> str:
    return (error.cls_name or "").rsplit(".", 1)[-1]


def _all_errors(kind: type[WfmError]) -> list[type[WfmError]]:
    return [kind, *(error for child in kind.__subclasses__() for error in _all_errors(child))]

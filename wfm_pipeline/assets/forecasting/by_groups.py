"""Making a forecast by training groups: what is trained is taken, what is not is trained here or handed out, and all is put together.

Where there is one group nothing is handed over and nothing is kept: it is the forecast of all queues. Where there are
several, requests and forecasts go over the training shelf and never through memory, so that a run that was killed goes on
where it was, and a group whose request is the same as before is not trained again. Not here: groups and requests
(domain/forecasting/training), training what was handed out (training.py), and what becomes of an issue (forecast.py).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

from wfm_pipeline.assets.code_version import code_version
from wfm_pipeline.assets.step import Step
from wfm_pipeline.domain.forecasting.forecast import ForecastResult
from wfm_pipeline.domain.forecasting.groups import ALL_QUEUES, TrainingGroup
from wfm_pipeline.domain.forecasting.saved_model import model_card
from wfm_pipeline.domain.forecasting.training import TrainingRequest, deal_request
from wfm_pipeline.errors import DataError, WfmError
from wfm_pipeline.warehouse.models.training_shelf import FINGERPRINT, TrainingShelf

LEARNT_WITH: Final = ("wfm-pipeline", "lightgbm", "numpy")
"""Distributions whose versions stand on a model's card."""
_CODE: Final = "wfm_pipeline.domain.forecasting.training"
"""Module whose code, with all that it calls, makes a group's forecast."""


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast as far as it could be made.

    Attributes:
        results: Group -> its forecast, in order of names.
        failed: Group -> why its forecast is missing.
        waiting: Groups that are handed out.
    """

    results: Mapping[str, ForecastResult]
    failed: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()

    @property
    def groups(self) -> set[str]:
        """Names of all its groups; none where all queues are one."""
        names = {*self.results, *self.failed, *self.waiting}
        return names if names != {ALL_QUEUES} else set()

    @property
    def facts(self) -> dict[str, object]:
        """What a reader of the run should know of the groups; nothing where all queues are one."""
        if not self.groups:
            return {}
        return {"training_groups": len(self.groups), "groups_missing": ", ".join(sorted(self.failed)) or "none"}


def make_by_groups(step: Step, whole: TrainingRequest, *, as_of: dt.date, is_reissue: bool) -> Made:
    """The forecast of all queues, in as many groups as their history needs.

    Args:
        step: The asset at work.
        whole: The request for all queues.
        as_of: First target day of the run's own issue; a request for another day is for a hindcast.
        is_reissue: A person asked to make it again.

    Raises:
        DataError: not one of several groups could be trained.
    """
    most_rows = step.settings.training_group_rows
    requests = deal_request(whole, most_rows=most_rows) if len(whole.history) > most_rows else {}
    if len(requests) <= 1:
        return Made({ALL_QUEUES: whole.answer()})
    step.say(f"{whole.origin}: {len(requests)} training groups of up to {most_rows:,} rows")
    cards = {
        group.name: request_card(group, request, as_of=as_of, is_reissue=is_reissue)
        for group, request in requests.items()
    }
    make = train_here if step.settings.training_executor == "main_job" else hand_out
    made = make(
        step.house.training_shelf, {group.name: request for group, request in requests.items()}, cards, step.say
    )
    if not made.results and not made.waiting:
        raise DataError(
            f"none of {len(requests)} training groups could be trained; the first: {next(iter(made.failed.values()))}"
        )
    return made


def request_card(group: TrainingGroup, request: TrainingRequest, *, as_of: dt.date, is_reissue: bool) -> dict[str, Any]:
    """What a person needs to know of a request, and what an issue needs once the forecast is there."""
    return {
        FINGERPRINT: request.fingerprint(*_made_with()),
        "group": group.name,
        "queue_ids": list(group.queue_ids),
        "rows": group.rows,
        "origin": request.origin.isoformat(),
        "as_of": as_of.isoformat(),
        "is_hindcast": request.origin != as_of,
        "is_reissue": is_reissue,
    }


def train_here(
    shelf: TrainingShelf,
    requests: Mapping[str, TrainingRequest],
    cards: Mapping[str, Mapping[str, Any]],
    say: Callable[[str], None],
) -> Made:
    """Train the groups one after the other; one that fails is noted, and the others go on.

    Args:
        shelf: Where forecasts of the same requests may lie, and will.
        requests: Group -> its request, in order of names.
        cards: Group -> the request's card.
        say: Told of each group.
    """
    results, failed = dict[str, ForecastResult](), dict[str, str]()
    for name, request in requests.items():
        found = shelf.forecast_of(request.origin, name, cards[name][FINGERPRINT])
        say(f"group {name}: {_size(cards[name])}, {'trained before' if found else 'is trained'}")
        try:
            results[name] = found or train(shelf, name, request, cards[name])
        except Exception as error:  # noqa: BLE001  (whatever one group fails at, the others must not be lost; it is noted)
            failed[name] = failure_words(error)
            say(f"group {name} was not trained: {error}")
            shelf.note_failure(request.origin, name, failed[name], cards[name])
    return Made(results, failed)


def train(shelf: TrainingShelf, name: str, request: TrainingRequest, card: Mapping[str, Any]) -> ForecastResult:
    """Train a group and put its forecast on the shelf."""
    result = request.answer()
    shelf.put_forecast(request.origin, name, result, {**model_card(result.models, versions=versions()), **card})
    return result


def hand_out(
    shelf: TrainingShelf,
    requests: Mapping[str, TrainingRequest],
    cards: Mapping[str, Mapping[str, Any]],
    say: Callable[[str], None],
) -> Made:
    """Take what is trained, and put requests on the shelf for what is not; see `train_here`."""
    results, failed, waiting = dict[str, ForecastResult](), dict[str, str](), list[str]()
    known = {(one.origin, one.group): one.fingerprint for one in shelf.handed_out()}
    for name, request in requests.items():
        fingerprint = cards[name][FINGERPRINT]
        if found := shelf.forecast_of(request.origin, name, fingerprint):
            results[name] = found
        elif why := shelf.failure_of(request.origin, name, fingerprint):
            failed[name] = why
        else:
            waiting.append(name)
            if known.get((request.origin, name)) != fingerprint:
                shelf.hand_out(request.origin, name, request, cards[name])
                say(f"group {name}: {_size(cards[name])}, handed out")
    return Made(results, failed, tuple(waiting))


def failure_words(error: Exception) -> str:
    """What went wrong, in our words: a foreign message may quote a row, and stays in the run's log."""
    return str(error) if isinstance(error, WfmError) else type(error).__name__


def versions() -> dict[str, str]:
    """Versions for a model's card."""
    return {name: version(name) for name in LEARNT_WITH}


def _made_with() -> tuple[str, ...]:
    return (code_version(_CODE), *versions().values())


def _size(card: Mapping[str, Any]) -> str:
    return f"{len(card['queue_ids'])} queues, {card['rows']:,} rows"

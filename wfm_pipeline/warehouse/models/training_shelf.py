"""The training shelf: requests that are handed out to be trained, and what came of them, as folders on storage that all runs share.

    <folder>/2026-06-26/g01/request    a group's request, until its forecast is there and issued
    <folder>/2026-06-26/g01/forecast   its forecast and its model
    <folder>/2026-06-26/g01/failure    why there is none

Each is a folder as folders.py writes it: written beside and swapped in, with a card that has the request's fingerprint. A
forecast or a failure counts for the request with that fingerprint alone. So whoever is killed in the middle leaves
nothing that would be believed, and what is there need not be trained again. Nothing here opens the warehouse: a file with
one writer is not needed to train. Not here: who trains (assets/forecasting/training) and the requests (domain).
"""

import datetime as dt
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wfm_pipeline.domain.forecasting.forecast import ForecastResult
from wfm_pipeline.domain.forecasting.training import TrainingRequest, dump_training, load_training
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.models.folders import read_card, read_model, save_model

_REQUEST, _FORECAST, _FAILURE = "request", "forecast", "failure"
FINGERPRINT: Final = "fingerprint"
"""Entry of a card: the request it belongs to."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A request on the shelf.

    Attributes:
        origin: First target date.
        group: Name of the training group.
        card: What a person needs to know of it, and what the issue needs once the forecast is there.
        has_forecast: Its forecast is there.
        failure: Why there is none; empty while nobody has failed.
    """

    origin: dt.date
    group: str
    card: Mapping[str, Any]
    has_forecast: bool
    failure: str

    @property
    def fingerprint(self) -> str:
        """Of the request."""
        return str(self.card[FINGERPRINT])

    @property
    def is_waiting(self) -> bool:
        """Nobody has trained it yet, or failed to."""
        return not self.has_forecast and not self.failure


class TrainingShelf:
    """The folder of one source's requests and forecasts."""

    def __init__(self, folder: Path) -> None:
        """The shelf in a folder, which need not be there yet."""
        self._folder = folder

    def hand_out(self, origin: dt.date, group: str, request: TrainingRequest, card: Mapping[str, Any]) -> None:
        """Put a request on the shelf; what failed before is forgotten."""
        place = self._place(origin, group)
        shutil.rmtree(place / _FAILURE, ignore_errors=True)
        save_model(place / _REQUEST, dump_training(request), card)

    def handed_out(self) -> list[HandedOut]:
        """Requests on the shelf, in order of dates and groups."""
        return [self._look(place) for place in self._places() if (place / _REQUEST).is_dir()]

    def request_of(self, origin: dt.date, group: str) -> TrainingRequest:
        """The request of a group.

        Raises:
            WarehouseError: there is none that can be read.
        """
        content, _ = read_model(self._place(origin, group) / _REQUEST)
        return load_training(content, TrainingRequest)

    def put_forecast(self, origin: dt.date, group: str, result: ForecastResult, card: Mapping[str, Any]) -> None:
        """Put a group's forecast on the shelf; what failed before is forgotten."""
        place = self._place(origin, group)
        save_model(place / _FORECAST, dump_training(result), card)
        shutil.rmtree(place / _FAILURE, ignore_errors=True)

    def forecast_of(self, origin: dt.date, group: str, fingerprint: str) -> ForecastResult | None:
        """The forecast of a request; None where there is none, or it is of another one."""
        folder = self._place(origin, group) / _FORECAST
        if self._fingerprint(folder) != fingerprint:
            return None
        try:
            return load_training(read_model(folder)[0], ForecastResult)
        except WarehouseError:
            return None  # not the bytes that the card was written for: train it again

    def note_failure(self, origin: dt.date, group: str, why: str, card: Mapping[str, Any]) -> None:
        """Say why a request has no forecast."""
        save_model(self._place(origin, group) / _FAILURE, why.encode(), {**card, "why": why})

    def failure_of(self, origin: dt.date, group: str, fingerprint: str) -> str:
        """Why a request has no forecast; empty where nobody has failed."""
        folder = self._place(origin, group) / _FAILURE
        return str(_card(folder)["why"]) if self._fingerprint(folder) == fingerprint else ""

    def groups_of(self, origin: dt.date) -> set[str]:
        """Groups of which anything lies on the shelf for a date."""
        return {place.name for place in self._places() if place.parent.name == origin.isoformat()}

    def failures(self) -> dict[str, Mapping[str, Any]]:
        """Date and group -> the card of what failed and was not made good since."""
        found = {f"{place.parent.name} {place.name}": _card(place / _FAILURE) for place in self._places()}
        return {name: card for name, card in found.items() if card}

    def clear(self, *, keep: Mapping[dt.date, Collection[str]]) -> None:
        """Take away what nobody needs any more.

        Args:
            keep: Date -> its groups that stay: an issue's groups, of which what is trained is not trained again.
        """
        for place in self._places():
            if place.name not in keep.get(dt.date.fromisoformat(place.parent.name), ()):
                shutil.rmtree(place, ignore_errors=True)
            elif self._look_done(place):
                shutil.rmtree(place / _REQUEST, ignore_errors=True)
        for folder in self._dates():
            if not any(folder.iterdir()):
                folder.rmdir()

    def _look(self, place: Path) -> HandedOut:
        origin, card = dt.date.fromisoformat(place.parent.name), _card(place / _REQUEST)
        fingerprint = str(card.get(FINGERPRINT, ""))
        has_forecast = self._fingerprint(place / _FORECAST) == fingerprint
        return HandedOut(origin, place.name, card, has_forecast, self.failure_of(origin, place.name, fingerprint))

    def _look_done(self, place: Path) -> bool:
        return (place / _REQUEST).is_dir() and self._look(place).has_forecast

    def _fingerprint(self, folder: Path) -> str | None:
        return _card(folder).get(FINGERPRINT)

    def _place(self, origin: dt.date, group: str) -> Path:
        return self._folder / origin.isoformat() / group

    def _dates(self) -> list[Path]:
        return sorted(folder for folder in self._folder.iterdir() if folder.is_dir()) if self._folder.is_dir() else []

    def _places(self) -> Iterator[Path]:
        for folder in self._dates():
            yield from sorted(place for place in folder.iterdir() if place.is_dir())


def _card(folder: Path) -> dict[str, Any]:
    """A folder's card; empty where there is none yet, or another run is just changing it."""
    try:
        return read_card(folder)
    except WarehouseError:
        return {}

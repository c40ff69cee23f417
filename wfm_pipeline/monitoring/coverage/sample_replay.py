"""A recorded day as a living centre: `wfm replay` of the newest full day, as a child process, into a file of its own.

For trying: the child ends with whoever watches. Not here: the replay itself (monitoring/replay).
"""

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wfm_pipeline.contracts.operational.live_state import QUEUE_CURRENT_METRICS
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.errors import DataError, SourceError, WfmError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.operational.database import OperationalDatabase

SPEED: Final = 60
"""Replay seconds per second: an hour in a minute, so that a newcomer sees the day change."""
_HOURS_OPEN: Final = dt.timedelta(hours=2)
"""How long after opening the replay begins: the centre is busy at once."""
_FIRST_TICK_SECONDS: Final = 90.0
"""Longest wait for the first tick [s]."""
_POLL_SECONDS: Final = 0.3
_END_SECONDS: Final = 3.0
"""Longest wait for the child to end [s]."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay that runs.

    Attributes:
        url: Where its tables are.
        date: The recorded date.
    """

    url: str
    date: dt.date


@contextmanager
def replayed_day(house: House) -> Iterator[Replayed]:
    """Replay the newest full day as long as the `with` lasts.

    Args:
        house: The house.

    Raises:
        DataError: gold knows no day with calls.
        SourceError: the replay ended before its first tick.
        WarehouseError: nothing is published yet.
    """
    date = newest_day(house)
    folder = (house.settings.home / "live").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    url, log = f"sqlite:///{folder / 'replay.sqlite'}", folder / "replay.log"
    for old in folder.glob("replay.sqlite*"):
        old.unlink(missing_ok=True)
    with log.open("w", encoding="utf-8") as said:
        child = subprocess.Popen(_words(house, date, url), stdout=said, stderr=said, stdin=subprocess.DEVNULL)  # noqa: S603  (our own command)
        try:
            _wait_for_first_tick(child, url, log)
            yield Replayed(url, date)
        finally:
            _end(child)


def newest_day(house: House) -> dt.date:
    """The newest business date of which gold knows calls.

    Raises:
        DataError: there is none.
        WarehouseError: nothing is published yet.
    """
    with house.open_gold() as gold:
        days = gold.rows("queue_day_actual", **house.in_source())
    calls = days.groupby("business_date")["calls_offered"].sum()
    if not (calls > 0).any():
        raise DataError("gold knows no day with calls, so there is nothing to replay; run `wfm run` first")
    newest: dt.date = calls[calls > 0].index.max().date()
    return newest


def _words(house: House, date: dt.date, url: str) -> list[str]:
    grid = interval_grid(house.site, date, date)
    opened = grid.loc[grid["is_open"], "interval_start_local"]
    first = (opened.min() + _HOURS_OPEN).strftime("%H:%M") if len(opened) else "00:00"
    return [
        sys.executable, "-m", "wfm_pipeline.cli", "replay", "--source", house.settings.source, "--date", str(date), "--to", url,
        "--speed", str(SPEED), "--from", first, "--keep-times",
    ]  # fmt: skip


def _wait_for_first_tick(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _FIRST_TICK_SECONDS
    while not _has_ticked(url):
        if child.poll() is not None or time.monotonic() > until:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise SourceError(
                f"the replay did not begin: {said[-1] if said else 'it said nothing'}; {log} has all it said"
            )
        time.sleep(_POLL_SECONDS)


def _has_ticked(url: str) -> bool:
    if not Path(url.removeprefix("sqlite:///")).exists():
        return False
    try:
        database = OperationalDatabase(url)
        try:
            return len(database.rows(QUEUE_CURRENT_METRICS).rows) > 0
        finally:
            database.close()
    except WfmError:
        return False


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

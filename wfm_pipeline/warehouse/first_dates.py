"""The small file in the home folder that says from which date on a source has rows.

Dagster wants to know where daily partitions start while it loads the definitions, when neither the source
nor the warehouse may be opened. So every run writes the date down here, and loading reads it.
"""

import datetime as dt
import json
import os
from pathlib import Path

from wfm_pipeline.errors import WarehouseError

FILE_NAME = "first_dates.json"


def noted_first_date(home: Path, source: str) -> dt.date | None:
    """First business date of a source as the last run found it; None before the first run.

    Raises:
        WarehouseError: the file is there and cannot be read as what it is.
    """
    return _read(home / FILE_NAME).get(source)


def note_first_date(home: Path, source: str, date: dt.date) -> bool:
    """Write a source's first business date down; says whether that is news."""
    path = home / FILE_NAME
    known = _read(path)
    if known.get(source) == date:
        return False
    text = json.dumps({name: day.isoformat() for name, day in sorted({**known, source: date}.items())}, indent=1)
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    home.mkdir(parents=True, exist_ok=True)
    beside.write_text(f"{text}\n", encoding="utf-8")
    beside.replace(path)
    return True


def _read(path: Path) -> dict[str, dt.date]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {name: dt.date.fromisoformat(day) for name, day in known.items()}
    except FileNotFoundError:
        return {}
    except (OSError, AttributeError, TypeError, ValueError) as error:
        raise WarehouseError(
            f"{path} cannot be read ({error}): it names each source's first date; delete it, the next run writes it again"
        ) from error

"""Legs of calls as contacts: when each joined its line, left it and was over.

A contact is in line over `[joined_at, left_at)` and in service over `[left_at, ended_at)`. It joins when the voice menu ends: a
queue knows nothing of who is still in the menu, and who hangs up there joins and leaves in one instant. Instants are whole
seconds, each rounded down, as databases of live centres keep them. Not here: which leg stands for phones that rang at once
(transforms), states at an instant (queue_states).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.errors import DataError

LEG_COLUMNS: Final = (
    "call_id",
    "leg_number",
    "queue_id",
    "agent_id",
    "status",
    "started_at",
    "menu_seconds",
    "wait_seconds",
    "talk_seconds",
    "hold_seconds",
    "after_call_seconds",
    "caller_key",
)
CONTACT_COLUMNS: Final = (
    "service_id",
    "agent_id",
    "caller_key",
    "joined_at",
    "left_at",
    "talk_ends_at",
    "hold_ends_at",
    "ended_at",
    "is_answered",
    "is_transferred",
    "wait_seconds",
    "talk_seconds",
    "hold_seconds",
    "wrap_seconds",
)
_ANSWERED: Final = ("answered", "transferred")


def contacts_of_legs(legs: pd.DataFrame, *, shift: pd.Timedelta | None = None) -> pd.DataFrame:
    """Legs of calls as contacts.

    An unknown wait is none in line, an unknown part of the handle time takes no time; both stay unknown for means. Who was
    neither answered nor gave up (status `other`) left the line all the same.

    Args:
        legs: `LEG_COLUMNS`, as silver.call_legs has them; caller_key is who called, null where nobody knows. In any order.
        shift: Added to every instant; None adds nothing.

    Returns:
        `CONTACT_COLUMNS`, one row per leg in order of joined_at, service_id, call and leg: instants are naive UTC in whole
        seconds, durations seconds [s], NaN where unknown; agent_id null where nobody answered.

    Raises:
        DataError: a column is missing.

    Source:
        docs/how_to/replay.md.
    """
    missing = [name for name in LEG_COLUMNS if name not in legs.columns]
    if missing:
        raise DataError(f"legs lack {', '.join(missing)}; present: {', '.join(map(str, legs.columns))}")
    rows = legs.assign(queue_id=legs["queue_id"].fillna(UNKNOWN).astype(str))
    is_answered = rows["status"].isin(_ANSWERED).to_numpy(bool)
    wait, talk, hold, wrap = (
        rows[name].astype("float64") for name in ("wait_seconds", "talk_seconds", "hold_seconds", "after_call_seconds")
    )
    served = [part.where(is_answered) for part in (talk, hold, wrap)]
    instants = _instants(rows, [wait, *served], shift)
    contacts = pd.DataFrame(
        {
            "service_id": rows["queue_id"].to_numpy(object),
            "agent_id": rows["agent_id"].astype(object).where(rows["agent_id"].notna() & is_answered, None).to_numpy(),
            "caller_key": rows["caller_key"].astype(object).where(rows["caller_key"].notna(), None).to_numpy(),
            **dict(zip(("joined_at", "left_at", "talk_ends_at", "hold_ends_at", "ended_at"), instants, strict=True)),
            "is_answered": is_answered,
            "is_transferred": rows["status"].eq("transferred").to_numpy(bool),
            "wait_seconds": wait.to_numpy(),
            **{f"{name}_seconds": part.to_numpy() for name, part in zip(("talk", "hold", "wrap"), served, strict=True)},
            "call_id": rows["call_id"].astype(str).to_numpy(object),
            "leg_number": rows["leg_number"].to_numpy(),
        }
    )
    ordered = contacts.sort_values(["joined_at", "service_id", "call_id", "leg_number"], ignore_index=True)
    return ordered[list(CONTACT_COLUMNS)]


def _instants(rows: pd.DataFrame, durations: list[pd.Series], shift: pd.Timedelta | None) -> list[np.ndarray]:
    """When the line was joined and left, and when each part of the service ended, rounded down to whole seconds."""
    parts = [rows["menu_seconds"].astype("float64"), *durations]
    lasted = np.cumsum([part.fillna(0.0).to_numpy() for part in parts], axis=0)
    started = pd.to_datetime(rows["started_at"]) + (pd.Timedelta(0) if shift is None else shift)
    return [(started + pd.to_timedelta(one, unit="s")).dt.floor("s").to_numpy("datetime64[us]") for one in lasted]


def handle_seconds(contacts: pd.DataFrame) -> pd.Series:
    """Handle time of contacts, NaN where nothing of it is known.

    Args:
        contacts: `CONTACT_COLUMNS`.

    Returns:
        Talk, hold and after-call work together [s], shape (n_contacts,).
    """
    parts = contacts[["talk_seconds", "hold_seconds", "wrap_seconds"]]
    return parts.sum(axis=1).where(parts.notna().any(axis=1))

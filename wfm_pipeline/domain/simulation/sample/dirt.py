"""The faults real logs have, put in on purpose and written down: every one has a row in the truth."""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.spec import MONITOR_NUMBER, TEST_QUEUE, ContactCentreSpec
from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_MINUTE, WEEKDAYS

ABSURD_SECONDS: Final = 61_437
"""A talk time that nobody had [s]."""
_CORRECTION_DAYS: Final = 2
"""Days after which a row is corrected [days]."""
_MISSED_HOLD_SECONDS: Final = 15
"""Time on hold that a correction brings [s]."""
_PROBE_SECONDS: Final = 5
"""How long a test call rings [s]."""
_LOST_AFTER_SHARE: Final = 0.6
"""Share of the history's working days after which a log is lost [0..1]."""
TRUTH_COLUMNS = ("table_name", "row_id", "leg_number", "kind")


def spoil_cdr(
    cdr: pd.DataFrame, spec: ContactCentreSpec, days: pd.DataFrame, last_date: dt.date, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add test calls and probes, spoil a few durations, repeat and correct a few rows.

    Args:
        cdr: Clean rows of `queue_cdr`.
        spec: The centre.
        days: Open days that have rows.
        last_date: Corrections come no later than the end of this date.
        rng: Source of chance.

    Returns:
        The rows as the source holds them, in order of Created; and one row per fault.
    """
    extra = pd.concat([_test_calls(spec, days, rng), _probes(spec, days, rng)], ignore_index=True)
    dirt, n = spec.dirt, len(cdr)
    kinds = (
        ("negative_talk", dirt.negative_talk_share, "TalkTimeInSec"),
        ("absurd_talk", dirt.absurd_talk_share, "TalkTimeInSec"),
        ("negative_wait", dirt.negative_wait_share, "WaitTimeInSec"),
        ("corrected", dirt.corrected_share, "HoldTimeInSec"),
        ("duplicate", dirt.duplicate_share, ""),
    )
    answered = rng.permutation(np.flatnonzero(cdr["Status"].eq("ANSWERED").to_numpy()))
    cdr, added, labels = cdr.copy(), [extra.drop(columns="kind")], [_labels("queue_cdr", extra, extra["kind"])]
    taken = 0
    for kind, share, column in kinds:
        rows = np.sort(answered[taken : taken + _count(share, n)])
        taken += len(rows)
        labels.append(_labels("queue_cdr", cdr.iloc[rows], kind))
        if kind == "duplicate":
            added.append(cdr.iloc[rows])
        elif kind == "corrected":
            added.append(_corrections(cdr.iloc[rows], last_date))
        else:
            cdr.loc[rows, column] = ABSURD_SECONDS if kind == "absurd_talk" else -1 - cdr.loc[rows, column]
    spoilt = pd.concat([cdr, *added], ignore_index=True)
    spoilt = spoilt.sort_values(["Created", "CallId", "LegNumber", "Updated"], kind="stable", ignore_index=True)
    return spoilt, pd.concat(labels, ignore_index=True)


def repeat_cases(
    cases: pd.DataFrame, spec: ContactCentreSpec, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Repeat a few rows of `cases`.

    Args:
        cases: Clean rows.
        spec: The centre.
        rng: Source of chance.

    Returns:
        The rows as the source holds them, and one row per fault.
    """
    rows = np.sort(rng.permutation(len(cases))[: _count(spec.dirt.duplicate_case_share, len(cases))])
    repeated = pd.concat([cases, cases.iloc[rows]], ignore_index=True)
    labels = _labels("cases", cases.iloc[rows].rename(columns={"CaseId": "CallId"}), "duplicate")
    return repeated.sort_values(["Created", "CaseId"], kind="stable", ignore_index=True), labels


def missing_days(spec: ContactCentreSpec, days: pd.DataFrame) -> np.ndarray:
    """Days on which the log was lost: working days well inside the history.

    Args:
        spec: The centre.
        days: Open days.

    Returns:
        Their rows in `days`, shape (n_lost,).
    """
    weekdays = np.flatnonzero(days["weekday"].to_numpy() < WEEKDAYS.index("sat"))
    first = int(len(weekdays) * _LOST_AFTER_SHARE)
    return weekdays[first : first + spec.dirt.missing_days]


def _count(share: float, rows: int) -> int:
    """At least one, so that a small sample has every kind of fault too."""
    return max(1, round(share * rows)) if share > 0 else 0


def _corrections(rows: pd.DataFrame, last_date: dt.date) -> pd.DataFrame:
    """A later version of a row: the exchange had missed a stretch on hold."""
    latest = np.datetime64(last_date, "us") + np.timedelta64(SECONDS_PER_DAY - 1, "s")
    updated = np.minimum(rows["Updated"].to_numpy() + np.timedelta64(_CORRECTION_DAYS, "D"), latest)
    return rows.assign(
        HoldTimeInSec=rows["HoldTimeInSec"] + _MISSED_HOLD_SECONDS,
        Duration=rows["Duration"] + _MISSED_HOLD_SECONDS,
        Updated=updated.astype("datetime64[us]"),
    )


def _test_calls(spec: ContactCentreSpec, days: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    frame = _calls(days, spec.dirt.test_calls_per_day, "simtest", rng)
    return frame.assign(
        QueueId=TEST_QUEUE,
        callerNr=[f"+46744{number:06d}" for number in range(len(frame))],
        kind="excluded_test_queue",
    )


def _probes(spec: ContactCentreSpec, days: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    frame = _calls(days, spec.dirt.monitor_calls_per_day, "simprobe", rng)
    return frame.assign(QueueId=spec.queues[0].queue_id, callerNr=MONITOR_NUMBER, kind="excluded_number")


def _calls(days: pd.DataFrame, per_day: float, prefix: str, rng: np.random.Generator) -> pd.DataFrame:
    day = np.repeat(np.arange(len(days)), rng.poisson(per_day, len(days)))
    opens, closes = days["opens_minute"].to_numpy()[day], days["closes_minute"].to_numpy()[day]
    seconds = (rng.uniform(opens, closes) * SECONDS_PER_MINUTE).astype(np.int64)
    created = days["date"].to_numpy()[day] + seconds * np.timedelta64(1, "s")
    frame = pd.DataFrame({"Created": created.astype("datetime64[us]")}).sort_values("Created", ignore_index=True)
    return frame.assign(
        CallId=[f"{prefix}{number + 1:05d}" for number in range(len(frame))],
        LegNumber=1,
        Status="ABANDONED",
        LandingNumber="+46749000001",
        ChannelType="Phone",
        UserId=None,
        WaitTimeInSec=_PROBE_SECONDS,
        TalkTimeInSec=0,
        HoldTimeInSec=0,
        AfterCallTimeInSec=0,
        Duration=_PROBE_SECONDS,
        CaseId=None,
        Updated=frame["Created"] + pd.Timedelta(seconds=_PROBE_SECONDS),
    )


def _labels(table: str, rows: pd.DataFrame, kind: object) -> pd.DataFrame:
    leg_number = rows.get("LegNumber")
    frame = pd.DataFrame({"table_name": table, "row_id": rows["CallId"], "leg_number": leg_number, "kind": kind})
    return frame.astype({"leg_number": "Int64"})[list(TRUTH_COLUMNS)]

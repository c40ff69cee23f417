"""Which queue needs what, in words, the worst first; what is not known is said as not known, with its reason.

A queue needs somebody now (`act`) where a breach is likelier than wanted or an alert is high; it is to be watched (`watch`) where
cases are over due or stuck, people short, or an alert stands; of the others, those whose risk nobody knows are `unknown`. Not here:
the tables (status, readiness), and how likely a breach is (domain/backlog).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from wfm_pipeline.reports.backlog.cells import Row, age, name, people, records, risk, whole
from wfm_pipeline.reports.backlog.view import HOUR, BacklogView

Level = Literal["act", "watch", "well", "unknown"]
RANKS: Final[Mapping[str, int]] = {"act": 0, "watch": 1, "unknown": 2, "well": 3}
"""Which level comes first."""
_SEVERITIES: Final[Mapping[str, int]] = {"low": 1, "medium": 2, "high": 3, "critical": 4}
_HIGH: Final = 3
_KINDS: Final[Mapping[str, str]] = {
    "surge_inflow": "more cases come than expected",
    "surge_age": "cases wait longer than expected",
    "slow_throughput": "fewer cases are done than expected",
}
"""Alerts that no number of the same line tells already."""
_MOST_REPEATED: Final = 3
"""Queues of which the same may be unknown before it is said once for all [count]."""
_LEAST_RISK: Final = 0.005
"""Likelihoods below are nobody's concern, and are not said [0..1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a queue needs.

    Attributes:
        queue_id: The queue.
        level: How urgent it is.
        what: What is wrong, in words, the worst first; empty where nothing is.
        advice: What to do, in words; empty where nothing is known.
        unknown: What is not known and why; empty where all is.
        key: The lower, the earlier it stands.
    """

    queue_id: str
    level: Level
    what: tuple[str, ...]
    advice: str
    unknown: str
    key: tuple[float, ...]


def needs_of(view: BacklogView) -> list[Need]:
    """Every queue of the hour, the worst first.

    Those of one level stand by the probability of a breach in whole percent (one that is not known stands at the limit), then by
    cases over due, people short, alerts and open cases, then by name.
    """
    alerts, ahead, actions = _by_queue(view.alerts), _by_queue(view.people), _by_queue(view.actions)
    found = [
        _need(view, row, alerts[row["queue_id"]], ahead[row["queue_id"]], actions[row["queue_id"]])
        for row in records(view.now)
    ]
    return sorted(found, key=lambda need: (need.key, need.queue_id))


def _by_queue(frame: pd.DataFrame) -> defaultdict[str, list[Row]]:
    rows = defaultdict[str, list[Row]](list)
    for row in records(frame):
        rows[row["queue_id"]].append(row)
    return rows


def _need(view: BacklogView, row: Row, alerts: list[Row], ahead: list[Row], actions: list[Row]) -> Need:
    short = max((one["short"] for one in ahead if one["short"] is not None), default=0.0)
    severity = max((_SEVERITIES[one["severity"]] for one in alerts), default=0)
    unknown = unknown_words(row, ahead)
    breach, limit = row["breach_probability"], view.question.breach_limit
    level = _level(row, severity, short, is_likely=breach is not None and breach >= limit, is_unknown=bool(unknown))
    assumed = breach if breach is not None else limit if row["open_cases"] else 0.0
    key = (
        RANKS[level], -round(assumed, 2), -(row["over_due"] or 0), -short, -severity,
        -row["open_cases"],
    )  # fmt: skip
    what = tuple(_what(view, row, alerts, ahead))
    advice = _advice(view, row, alerts, ahead, actions) if level in ("act", "watch") else ""
    return Need(queue_id=row["queue_id"], level=level, what=what, advice=advice, unknown=unknown, key=key)


def _level(row: Row, severity: int, short: float, *, is_likely: bool, is_unknown: bool) -> Level:
    if is_likely or severity >= _HIGH:
        return "act"
    if row["over_due"] or row["stuck"] or short > 0 or severity:
        return "watch"
    return "unknown" if is_unknown else "well"


def unknown_words(row: Row, ahead: Sequence[Row]) -> str:
    """What is not known of a queue's risk, and why; empty where it is known, or nobody waits."""
    if row["breach_probability"] is not None or not row["open_cases"]:
        return ""
    if row["over_due"] is None:
        return "cases over due and breach not known: no case has a due time"
    reasons = sorted({one["reason"] for one in ahead if one["reason"]})
    return f"breach not known: {reasons[0] if reasons else 'no throughput is known yet'}"


def _what(view: BacklogView, row: Row, alerts: Iterable[Row], ahead: Sequence[Row]) -> Iterable[str]:
    if row["over_due"]:
        yield f"{whole(row['over_due'])} over due"
    breach = row["breach_probability"]
    if breach is not None and breach >= _LEAST_RISK:
        yield f"breach {risk(breach)}" + (
            "" if row["breach_until"] is None else f" by {view.when(row['breach_until'])}"
        )
    if stretch := first_short(ahead):
        starts, ends, most = stretch
        yield f"{people(most)} people short {view.stretch(starts, ends)}"
    yield from sorted({_KINDS[one["kind"]] for one in alerts if one["kind"] in _KINDS})
    if row["stuck"]:
        yield f"{whole(row['stuck'])} stuck"


def first_short(ahead: Sequence[Row]) -> tuple[pd.Timestamp, pd.Timestamp, float] | None:
    """The first unbroken stretch of hours in which people are short: its start, its end, and the most there; None without."""
    short = sorted((one["hour_start"], one["short"]) for one in ahead if (one["short"] or 0) > 0)
    if not short:
        return None
    stretch = [short[0]]
    for at, count in short[1:]:
        if at - stretch[-1][0] != HOUR:
            break
        stretch.append((at, count))
    return stretch[0][0], stretch[-1][0] + HOUR, max(count for _, count in stretch)


def _advice(view: BacklogView, row: Row, alerts: Sequence[Row], ahead: Sequence[Row], actions: Sequence[Row]) -> str:
    recalls = [one for one in actions if one["kind"] == "recall"]
    if recalls:
        return "; ".join(action_words(view, one) for one in recalls[:2])
    if stretch := first_short(ahead):
        starts, ends, most = stretch
        on_shift = _on_shift(view, starts)
        if on_shift is not None and most > on_shift:
            return (
                f"not even all {people(on_shift)} on shift would keep it: earliest due first, agree on other due times"
            )
        return f"find {math.ceil(most)} more for {view.stretch(starts, ends)}"
    said = [one["advice"] for one in alerts if one["advice"]]
    if said:
        return str(said[0])
    return f"work the oldest first ({age(row['oldest_seconds'])})" if row["over_due"] else ""


def _on_shift(view: BacklogView, hour: pd.Timestamp) -> float | None:
    """People on shift in an hour, of all queues [agents]; None where no roster is known."""
    known = [
        one["scheduled"] for one in records(view.people) if one["hour_start"] == hour and one["scheduled"] is not None
    ]
    return sum(known) if known else None


def action_words(view: BacklogView, action: Row) -> str:
    """A recommendation in one line, with what it does to the risk."""
    when = view.stretch(action["hour_start"], action["hour_end"])
    verb, link = ("recall", "from") if action["kind"] == "recall" else ("release", "for")
    return f"{verb} {people(action['agents'])} {link} {action['activity']} {when}{_effect(action)}"


def _effect(action: Row) -> str:
    before, after = action["breach_before"], action["breach_after"]
    return "" if before is None or after is None else f" (breach {risk(before)} → {risk(after)})"


def common_unknowns(needs: Sequence[Need]) -> frozenset[str]:
    """What is not known of so many queues that it is said once for all of them."""
    counts = Counter(need.unknown for need in needs if need.unknown)
    return frozenset(words for words, count in counts.items() if count > _MOST_REPEATED)


def what_words(need: Need, common: Collection[str] = ()) -> str:
    """What is wrong and what is not known, in one sentence; what is in `common` is said elsewhere."""
    unknown = "" if need.unknown in common else need.unknown
    return ", ".join(part for part in (*need.what, unknown) if part)


def shown_need(need: Need, common: Collection[str] = ()) -> str:
    """A need in one line: the queue, what is wrong, what to do, what is not known."""
    line = f"{name(need.queue_id)}: {what_words(need, common) or 'nothing'}"
    return f"{line}. Do: {need.advice}" if need.advice else line

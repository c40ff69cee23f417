"""The first lines of the view and the subject of its mail: what a coordinator must know in half a minute.

Not here: which queue comes first (needs).
"""

from collections.abc import Sequence
from typing import Any, Final

from wfm_pipeline.reports.backlog.cells import Row, age, name, records, signed, whole
from wfm_pipeline.reports.backlog.needs import Need, action_words, common_unknowns
from wfm_pipeline.reports.backlog.view import HOUR, BacklogView
from wfm_pipeline.reports.words.plain_words import one_line

_SUBJECT_NAME: Final = 40
"""Letters of a queue's name in a subject [characters]."""
MOST_ALERTS: Final = 8
"""Alerts that are told in their own words [count]."""
_MOST_RELEASES: Final = 3
_NAMED: Final = 5
"""Queues that are named in a list of queues [count]."""


def heading(view: BacklogView) -> str:
    """Whose backlog, and at which instant of the site's clock."""
    return f"{view.question.title}, {view.clock(view.hour_end, '%a %Y-%m-%d %H:%M')}"


def facts(view: BacklogView, needs: Sequence[Need]) -> list[str]:
    """Lines below the heading: totals, what they are counted from, and how old they are."""
    return [line for line in (_old(view), _totals(view, needs), _basis(view)) if line]


def _totals(view: BacklogView, needs: Sequence[Need]) -> str:
    now, before = view.now, view.trail[view.trail["hour_start"] == view.hour_start - HOUR]
    change = f" ({signed(int(now['open_cases'].sum()) - int(before['open_cases'].sum()))} in the hour)"
    over_due = now["over_due"].dropna()
    unknown = len(now) - len(over_due)
    parts = [
        f"{len(needs):,} queue{'s' if len(needs) != 1 else ''}",
        f"{whole(now['open_cases'].sum())} open{change if len(before) else ''}",
        f"{whole(over_due.sum())} over due" if len(over_due) else "over due: not known",
        f"not known of {unknown} queue{'s' if unknown != 1 else ''}" if unknown and len(over_due) else "",
    ]
    return ", ".join(part for part in parts if part)


def _basis(view: BacklogView) -> str:
    rows = view.now[view.now["basis"] == "case_rows"]
    if rows.empty:
        return ""
    taken = rows["taken_at"].max()
    when = f" as they were taken at {view.clock(taken, '%Y-%m-%d %H:%M')}" if taken == taken else ""  # noqa: PLR0124  (not null)
    whose = "" if len(rows) == len(view.now) else f" in {len(rows)} of {len(view.now)} queues"
    return (
        f"counted from rows of cases{when}{whose}, not from events: moves, pauses and re-opens only as they last stood"
    )


def _old(view: BacklogView) -> str:
    if view.age is None:
        return ""
    return f"OLD: this hour ended {age(view.age.total_seconds())} ago, and none after it is made; `wfm backlog --make` does"


def rest_lines(needs: Sequence[Need], shown: int) -> list[str]:
    """What is not listed: how many more need somebody, which are not known, how many are well."""
    urgent = [need for need in needs if need.level in ("act", "watch")]
    more = urgent[shown:]
    common = common_unknowns(needs)
    unknown = [need for need in needs if need.level == "unknown" or need.unknown in common]
    well = sum(need.level == "well" for need in needs)
    lines = []
    if more:
        lines.append(f"and {len(more):,} more that need something: {_names(more)}")
    if unknown:
        by_reason = dict[str, list[Need]]()
        for need in unknown:
            by_reason.setdefault(need.unknown, []).append(need)
        lines += [f"{reason} ({_names(whose)})" for reason, whose in by_reason.items()]
    if well:
        lines.append(f"{well:,} queue{'s are' if well != 1 else ' is'} well")
    return lines


def release_line(view: BacklogView) -> str:
    """Who may leave the cases for something else; empty where nobody may."""
    rows = [row for row in records(view.actions) if row["kind"] == "release"]
    named = [
        f"{name(row['queue_id'])} {action_words(view, row).removeprefix('release ')}" for row in rows[:_MOST_RELEASES]
    ]
    more = f" and {len(rows) - _MOST_RELEASES:,} more" if len(rows) > _MOST_RELEASES else ""
    return f"may be released: {'; '.join(named)}{more}" if named else ""


def _names(needs: Sequence[Need]) -> str:
    named = ", ".join(name(need.queue_id) for need in needs[:_NAMED])
    return named if len(needs) <= _NAMED else f"{named} and {len(needs) - _NAMED:,} more"


def subject(view: BacklogView, needs: Sequence[Need]) -> str:
    """One line that tells the worst.

    Returns:
        Such as `Backlog 14:00: billing 38 over due, breach 71 % by 18:00; 2 more queues`.
    """
    simulated = "SIMULATED " if view.question.is_simulated else ""
    begin = f"{simulated}Backlog {view.clock(view.hour_end)}: "
    urgent = [need for need in needs if need.level in ("act", "watch")]
    unknown = sum(need.level == "unknown" for need in needs)
    if urgent:
        words = (
            f"{name(urgent[0].queue_id, longest=_SUBJECT_NAME)} {', '.join(urgent[0].what[:2])}{_more(len(urgent) - 1)}"
        )
    else:
        words = f"nothing is pressing, {whole(view.now['open_cases'].sum())} open"
    not_known = f"; {unknown} not known" if unknown else ""
    return one_line(f"{begin}{words}{not_known}")


def _more(count: int) -> str:
    return f"; {count:,} more queue{'s' if count != 1 else ''}" if count > 0 else ""


def json_needs(needs: Sequence[Need]) -> list[dict[str, Any]]:
    """Needs for programs, in the same order."""
    return [
        {
            "queue_id": need.queue_id,
            "level": need.level,
            "what": need.what,
            "advice": need.advice,
            "unknown": need.unknown,
        }
        for need in needs
    ]


def level_counts(needs: Sequence[Need]) -> dict[str, int]:
    """How many queues are at each level."""
    return {level: sum(need.level == level for need in needs) for level in ("act", "watch", "unknown", "well")}


def alert_lines(view: BacklogView) -> list[str]:
    """Alerts that stand, in their own words, the worst first."""
    order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
    rows = sorted(records(view.alerts), key=lambda row: (order[row["severity"]], row["queue_id"], row["kind"]))
    lines = [_alert(view, row) for row in rows[:MOST_ALERTS]]
    more = f"and {len(rows) - MOST_ALERTS:,} more alerts in gold.backlog_alert"
    return [*lines, more] if len(rows) > MOST_ALERTS else lines


def _alert(view: BacklogView, row: Row) -> str:
    since = "" if row["since"] is None else f" since {view.clock(row['since'], '%a %H:%M')}"
    return f"{row['severity']} alert{since}: {row['words']}"

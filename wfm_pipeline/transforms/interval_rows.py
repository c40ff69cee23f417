"""Bronze rows of interval statistics to canonical ones, with the findings on them, and to the intervals of the site.

Here: what a source that counts tells, and what is unknown of it: no single calls, so no redials and no agents. Not here: the
full grid, and intervals of single calls (intervals.py).
"""

import datetime as dt
from collections.abc import Sequence

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, IntegerValue, Value
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.silver import INTERVAL_STATISTICS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.transforms.intervals import service_level, with_known_sums
from wfm_pipeline.transforms.legs import JudgedRows, KnownQueues, unknown_queue
from wfm_pipeline.transforms.rows.canonical import Judged, RawRows
from wfm_pipeline.transforms.rows.findings import Finding, is_refused
from wfm_pipeline.transforms.rows.row_rules import (
    in_dst_gap,
    map_exclusions,
    misfits,
    missing_key,
    setting_exclusions,
    undated,
)
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.transforms.rows.zones import SiteClock
from wfm_pipeline.units import SECONDS_PER_MINUTE

_SUMS = ("talk_seconds", "hold_seconds", "after_call_seconds")
_MEANS = tuple(f"mean_{name}" for name in _SUMS)
_COUNTS = ("calls_offered", "calls_answered", "calls_abandoned", "answered_in_target")


def judge_intervals(
    rows: IbisTable, source_map: SourceMap, rules: SilverRules, queues: KnownQueues, clock: SiteClock
) -> JudgedRows:
    """Canonical interval statistics of the latest versions of bronze rows.

    Args:
        rows: Latest versions, one per key.
        source_map: The source; its table with role `intervals` is read.
        rules: Excluded queues.
        queues: Queues the source knows.
        clock: The site's clock over the dates of the rows.

    Returns:
        Findings, and one row per interval with the columns of `silver.interval_statistics`. A row that does not say how many
        calls came is refused; what was handled where nothing was answered, and what was answered in time beyond what
        was answered, is emptied.
    """
    table_map = source_map.table("intervals")
    assert table_map is not None  # asked for only where the map has one
    raw = RawRows(rows, table_map)
    told = _told(raw)
    started = raw.time("interval_start")
    is_local = source_map.times_are == "local"
    findings = [
        *map_exclusions(raw),
        *setting_exclusions(raw, told["queue_id"].value, rules, source_map, queues.excluded),
        missing_key(raw, []),
        undated(raw, "interval_start", started),
        *([in_dst_gap("interval_start", started, clock)] if is_local else []),
        _uncounted(told["calls_offered"].value),
        *[finding for judged in told.values() for finding in judged.findings],
        unknown_queue(told["queue_id"].value, queues),
        *misfits(raw),
    ]
    columns = {
        **{name: judged.value for name, judged in told.items()},
        "source": ibis.literal(source_map.name),
        "queue_id": told["queue_id"].value.fill_null(UNKNOWN),
        "interval_start": clock.to_utc(started) if is_local else started,
        "interval_start_local": started if is_local else clock.to_local(started),
        "business_date": rows["_business_date"],
        "row_hash": rows["_row_hash"],
        "batch_id": rows["_batch_id"],
    }
    names = INTERVAL_STATISTICS.column_names
    loaded = rows.filter(~is_refused(findings)).select(**{name: columns[name] for name in names})
    return JudgedRows(rows, tuple(findings), loaded)


def _told(raw: RawRows) -> dict[str, Judged]:
    """Columns of the statistics that the source's own columns tell."""
    counts = {name: _count(raw, name) for name in _COUNTS}
    answered, offered = counts["calls_answered"].value, _offered(raw, counts)
    handle, wait = _handle(raw, answered), _wait(raw, answered)
    in_target = _in_target(raw, counts, offered)
    is_wait_known = wait.value.notnull() | in_target.value.notnull()
    return {
        **counts,
        "queue_id": raw.text("queue_id"),
        "calls_offered": Judged(offered, counts["calls_offered"].findings),
        "answered_handle_known": Judged(_where(handle.value.notnull(), answered)),
        "answered_wait_known": Judged(_where(is_wait_known, answered)),
        "answered_in_target": in_target,
        "handle_seconds": handle,
        "answered_wait_seconds": wait,
    }


def _where(condition: BooleanValue, count: IntegerValue) -> IntegerValue:
    """The count where a measure of it is known, else none of it; null where the count is."""
    return ibis.ifelse(condition, count, ibis.literal(0, type="int64"))


def _count(raw: RawRows, name: str) -> Judged:
    """A whole number of calls; one below 0 is emptied."""
    value = raw.number(name)
    reason = ibis.literal(f"{name} is ") + value.cast("string") + ": emptied"
    kept = ibis.ifelse(value < 0, ibis.null("int64"), value)
    return Judged(kept, (Finding(f"negative_{name}", value < 0, reason),))


def _offered(raw: RawRows, counts: dict[str, Judged]) -> IntegerValue:
    if raw.has("calls_offered"):
        return counts["calls_offered"].value
    return counts["calls_answered"].value + counts["calls_abandoned"].value


def _uncounted(offered: IntegerValue) -> Finding:
    reason = ibis.literal("how many calls came is not known: the interval counts as one without a row")
    return Finding("uncounted", offered.isnull(), reason, is_row_refused=True)


def _handle(raw: RawRows, answered: IntegerValue) -> Judged:
    """Handle time of the answered calls, summed [s]: as told, or its parts, or the means times the calls."""
    names = next((names for names in (("handle_seconds",), _SUMS, ("aht_seconds",), _MEANS) if raw.has(names[0])), ())
    known = [raw.seconds(name) for name in names if raw.has(name)]
    if not known:
        return Judged(ibis.null("float64"))
    total = _together([one.value for one in known])
    is_mean = names[0] in ("aht_seconds", _MEANS[0])
    value = total * answered.cast("float64") if is_mean else total
    is_handled = (answered == 0) & (total > 0)
    words = "handled where no call was answered: it belongs to calls of another interval and is emptied"
    finding = Finding("handle_without_answered", is_handled, ibis.literal(words))
    kept = ibis.cases((answered.isnull(), ibis.null("float64")), (answered == 0, 0.0), else_=value)
    return Judged(kept, (*(found for one in known for found in one.findings), finding))


def _together(parts: Sequence[Value]) -> FloatingValue:
    """The parts that are known, added up; null where none is."""
    total = sum((part.fill_null(0.0) for part in parts[1:]), parts[0].fill_null(0.0))
    return ibis.ifelse(ibis.or_(*[part.notnull() for part in parts]), total, ibis.null("float64"))


def _wait(raw: RawRows, answered: IntegerValue) -> Judged:
    """Wait of the answered calls, summed [s]."""
    if raw.has("answered_wait_seconds"):
        return raw.seconds("answered_wait_seconds")
    mean = raw.seconds("asa_seconds")
    return Judged(mean.value * answered.cast("float64"), mean.findings)


def _in_target(raw: RawRows, counts: dict[str, Judged], offered: IntegerValue) -> Judged:
    """Calls answered in the source's own answer time: as told, or its share of the offered ones, to whole calls."""
    answered = counts["calls_answered"].value
    told, findings = counts["answered_in_target"].value, counts["answered_in_target"].findings
    if raw.has("service_level") and not raw.has("answered_in_target"):
        level = raw.seconds("service_level")
        told, findings = (level.value * offered.cast("float64")).round().cast("int64"), level.findings
    reason = ibis.literal("answered in target ") + told.cast("string") + " of " + answered.cast("string") + ": emptied"
    finding = Finding("in_target_beyond_answered", told > answered, reason)
    return Judged(ibis.ifelse(told > answered, ibis.null("int64"), told), (*findings, finding))


def measures_told(statistics: IbisTable, anchor: dt.datetime, interval_minutes: int) -> IbisTable:
    """What happened in each interval of the site, as the source counted it.

    Args:
        statistics: Rows of `silver.interval_statistics`.
        anchor: Start of some interval (UTC); the others lie whole intervals from it.
        interval_minutes: Length of an interval [min]: the source's own or a multiple.

    Returns:
        As `intervals.measures`: calls_other is what is left of the offered ones, null where a part is not known or the
        source counts answers in a later interval than arrivals; redials and agents are not known.
    """
    step = interval_minutes * SECONDS_PER_MINUTE
    since = statistics.interval_start.epoch_seconds() - int(anchor.replace(tzinfo=dt.UTC).timestamp())
    slotted = statistics.mutate(slot=since // step)
    sums = slotted.group_by("queue_id", "slot").agg(
        calls_offered=slotted.calls_offered.sum(),
        calls_answered=_whole_sum(slotted.calls_answered),
        calls_abandoned=_whole_sum(slotted.calls_abandoned),
        answered_handle_known=slotted.answered_handle_known.sum(),
        answered_wait_known=slotted.answered_wait_known.sum(),
        answered_in_target=slotted.answered_in_target.sum(),
        handle_seconds=slotted.handle_seconds.sum(),
        wait_seconds=slotted.answered_wait_seconds.sum(),
        waits=slotted.calls_answered.sum(where=slotted.answered_wait_seconds.notnull()),
        levels=slotted.answered_in_target.count(),
    )
    found = with_known_sums(sums)
    other = found.calls_offered - found.calls_answered - found.calls_abandoned
    unknown = ibis.null("int64")
    return found.mutate(
        calls_other=ibis.ifelse(other >= 0, other, unknown),
        calls_redial=unknown,
        agents_active=unknown,
        aht_seconds=found.handle_seconds / found.answered_handle_known.nullif(0).cast("float64"),
        asa_seconds=found.wait_seconds / found.waits.nullif(0).cast("float64"),
        service_level=service_level(found, is_any_wait_known=found.levels > 0),
    )


def _whole_sum(count: IntegerValue) -> IntegerValue:
    """The sum; null where one of them is not known."""
    return ibis.ifelse(count.isnull().any(), ibis.null("int64"), count.sum())

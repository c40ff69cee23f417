"""When a whole row is refused, and which raw values did not fit their type.

Refused: rows the map or the settings exclude, rows without a key, without a usable time, or at a
local time that never was. Everything else is mended and the row stays (canonical.py).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, StringValue, TimestampValue, Value

from wfm_pipeline.contracts.source.source_map import Exclusion, SourceMap
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.findings import Finding
from wfm_pipeline.transforms.rows.phone import normalise_number, normalised_number
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.transforms.rows.versions import is_key_missing
from wfm_pipeline.transforms.rows.zones import SiteClock

_ESCAPED_NUL: Final = r"\u0000"
"""How JSON writes U+0000."""


def map_exclusions(raw: RawRows) -> list[Finding]:
    """Rows the map excludes; words are compared without case and outer blanks, and an empty word is a column that says nothing.

    Args:
        raw: The rows.

    Returns:
        A rule per exclusion of the map.
    """
    return [
        _excluded(exclusion, raw.raw_text(exclusion.column).strip().fill_null(""))
        for exclusion in raw.table_map.exclude
    ]


def _excluded(exclusion: Exclusion, text: StringValue) -> Finding:
    said = ibis.literal(f"{exclusion.column} is ") + text.nullif("").fill_null("empty") + ": excluded by the source map"
    return _refused(exclusion.rule, text.lower().isin([value.strip().lower() for value in exclusion.values]), said)


def setting_exclusions(
    raw: RawRows, queue_id: StringValue, rules: SilverRules, source_map: SourceMap, closed_queues: Iterable[str]
) -> list[Finding]:
    """Rows of queues and callers that the settings, or the source's own table of queues, exclude.

    Args:
        raw: The rows.
        queue_id: Their queue.
        rules: Queues and numbers that settings exclude.
        source_map: How the source writes numbers.
        closed_queues: Queues that the source's own table excludes.

    Returns:
        A rule per kind of exclusion that there is.
    """
    findings = []
    queues = sorted({*rules.excluded_queues, *closed_queues})
    if queues:
        reason = ibis.literal("queue ") + queue_id + " is excluded"
        findings.append(_refused("excluded_queue", queue_id.isin(queues), reason))
    code = source_map.country_calling_code
    numbers = {normalise_number(number, code, 1) for number in rules.excluded_numbers} - {None}
    if numbers and raw.has("caller_number"):
        caller = raw.text("caller_number").value
        is_excluded = normalised_number(caller, code, 1).isin(sorted(filter(None, numbers)))
        reason = ibis.literal("caller ") + caller + " is excluded by the settings"
        findings.append(_refused("excluded_number", is_excluded, reason))
    return findings


def missing_key(raw: RawRows, identifiers: Sequence[Value]) -> Finding:
    """Rows without their key, or without the id that the canonical table needs.

    Args:
        raw: The rows.
        identifiers: Canonical ids that must be known.

    Returns:
        The rule.
    """
    is_missing = ibis.or_(is_key_missing(raw.rows, raw.table_map.key), *[value.isnull() for value in identifiers])
    reason = f"a part of the key {', '.join(raw.table_map.key)} is missing"
    return _refused("missing_key", is_missing, _with_misfits(raw, reason))


def negative_position(leg_number: IntegerValue) -> Finding:
    """Legs whose position in their call is below zero: no order of legs can be made of them.

    Args:
        leg_number: Position of the leg in its call.

    Returns:
        The rule.
    """
    reason = ibis.literal("leg_number is ") + leg_number.cast("string") + ", below 0"
    return _refused("negative_leg_number", leg_number < 0, reason)


def undated(raw: RawRows, name: str, time: TimestampValue) -> Finding:
    """Rows that nobody can put on a day: zero dates, text that is no date, the year 2099, nothing at all.

    Args:
        raw: The rows.
        name: Canonical name of the time that dates a row.
        time: Its value.

    Returns:
        The rule.
    """
    is_undated = time.isnull() | raw.rows["_business_date"].isnull()
    unbelieved = ibis.literal(f"{name} ") + time.strftime("%Y-%m-%d %H:%M:%S") + " cannot be believed"
    return _refused("undated", is_undated, unbelieved.fill_null(_with_misfits(raw, f"{name} is not known")))


def in_dst_gap(name: str, local: TimestampValue, clock: SiteClock) -> Finding:
    """Rows at a local time that clocks went over.

    Args:
        name: Canonical name of the time.
        local: Its wall-clock value.
        clock: The site's clock.

    Returns:
        The rule.
    """
    reason = ibis.literal(f"{name} ") + local.strftime("%Y-%m-%d %H:%M:%S") + " is a local time that never was"
    return _refused("local_time_in_dst_gap", clock.in_gap(local), reason)


def emptied_in_dst_gap(raw: RawRows, name: str, clock: SiteClock) -> Finding:
    """A time beside the row's own that clocks went over: it is emptied and the row stays.

    Args:
        raw: The rows.
        name: Canonical name of the time.
        clock: The site's clock.

    Returns:
        The rule.
    """
    local = raw.time(name)
    reason = ibis.literal(f"{name} ") + local.strftime("%Y-%m-%d %H:%M:%S") + " is a local time that never was: emptied"
    return Finding(f"{name}_in_dst_gap", clock.in_gap(local), reason)


def misfits(raw: RawRows) -> list[Finding]:
    """One rule per raw column of a type: its value did not fit and is null; the text is kept in `_misfits`.

    One more for all columns of text: a character that no engine keeps was taken out, and the rest of the value stays.

    Args:
        raw: The rows.

    Returns:
        The rules; none of them refuses a row.
    """
    kept = raw.rows["_misfits"]
    mended = Finding(
        "misfit_characters",
        kept.notnull() & kept.contains(_ESCAPED_NUL),
        ibis.literal("characters that no text keeps are U+FFFD now; as it came: ") + kept,
    )
    return [
        mended,
        *(
            Finding(
                f"misfit_{column}",
                kept.notnull() & kept.contains(f'"{column}":'),
                ibis.literal(f"{column} does not fit type {data_type}: emptied; as it came: ") + kept,
            )
            for column, data_type in sorted(raw.table_map.types.items())
            if data_type != "string"
        ),
    ]


def _refused(rule: str, is_found: BooleanValue, reason: StringValue) -> Finding:
    return Finding(rule, is_found, reason, is_row_refused=True)


def _with_misfits(raw: RawRows, reason: str) -> StringValue:
    came = ibis.literal("; as it came: ") + raw.rows["_misfits"]
    return ibis.literal(reason) + came.fill_null("")

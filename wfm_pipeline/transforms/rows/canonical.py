"""One canonical value from raw columns, as its ColumnMap says, with the findings on the way.

Here: the few forms a column can take (contracts/source/source_map.py). Not here: which columns a table has
(transforms/legs.py, transforms/cases.py) or when a row is refused (row_rules.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, StringValue, TimestampValue, Value
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.silver import LEG_STATUSES
from wfm_pipeline.contracts.source.source_map import PRESENCE_WORDS, SIGN_WORDS, ColumnMap, TableMap, Unit
from wfm_pipeline.transforms.rows.findings import Finding
from wfm_pipeline.transforms.rows.phone import digits_only
from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

OVER_MIDNIGHT_LIMIT_SECONDS = SECONDS_PER_DAY / 2
"""Longest service over midnight where the map has no maximum [s]: half a day; a longer one is a clock that slipped."""

SECONDS_PER_UNIT: Final[Mapping[Unit, float]] = {
    "seconds": 1.0,
    "milliseconds": 0.001,
    "minutes": 60.0,
    "percent": 0.01,
}
"""What a map's `unit` makes of a number [s; of percent: share]."""
_OWN_WORDS: Final = {word: word for word in LEG_STATUSES} | {
    "present": "answered",
    "absent": "abandoned",
    "positive": "answered",
    "none": "abandoned",
}
"""What words mean where a map gives none: the outcomes themselves, and an answer where somebody was there."""


@dataclass(frozen=True)
class Judged:
    """A value and what was found on it."""

    value: Value
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class RawRows:
    """Bronze rows read through their table's map."""

    rows: IbisTable
    table_map: TableMap

    def has(self, name: str) -> bool:
        """Whether the map makes a canonical column.

        Args:
            name: Its canonical name.

        Returns:
            False where the source has nothing for it.
        """
        return name in self.table_map.columns

    def raw(self, column: str) -> Value:
        """A raw column.

        Args:
            column: The source's own name.

        Returns:
            Its values; null where an optional column is absent.
        """
        if column in self.rows.columns:
            return self.rows[column]
        return ibis.null(self.table_map.types.get(column, "string"))

    def raw_text(self, column: str) -> StringValue:
        """A raw column as text.

        Args:
            column: The source's own name.

        Returns:
            Its values as text; null where an optional column is absent.
        """
        value = self.raw(column)
        return value if value.type().is_string() else value.cast("string")

    def text(self, name: str) -> Judged:
        """A text: trimmed, unknown words to null, spoilt values emptied, digits kept, words translated.

        Args:
            name: Canonical name.

        Returns:
            The values, and what was found on the way.
        """
        form = self.table_map.columns.get(name)
        if form is None:
            return Judged(ibis.null("string"))
        raw = self._base_text(form)
        known = (raw.strip() if form.is_trimmed else raw).nullif("")
        for word in form.nulls:
            known = known.nullif(word)
        findings: tuple[Finding, ...] = ()
        if form.unusable:
            is_spoilt = known.re_search(form.unusable)
            reason = _words(f"{name} ", known, " is spoilt: emptied")
            findings = (Finding(f"unusable_{name}", is_spoilt, reason),)
            known = ibis.ifelse(is_spoilt, ibis.null("string"), known)
        value = digits_only(known) if form.is_digits else known
        return Judged(_translated(value, form, else_=value) if form.words else value, findings)

    def word(self, name: str, *, other: str) -> Judged:
        """A text of few allowed words.

        Args:
            name: Canonical name.
            other: What stands for a word that the map does not know.

        Returns:
            The values, and a finding where there is such a word.
        """
        form = self.table_map.columns.get(name)
        if form is None:
            return Judged(ibis.literal(other))
        raw = self._base_text(form)
        known = _translated(raw, form, else_=ibis.null("string"))
        reason = ibis.coalesce(_words(f"{name} ", raw, f" is not in the map: {other}"), f"no {name}: {other}")
        return Judged(known.fill_null(other), (Finding(f"unknown_{name}", known.isnull(), reason),))

    def seconds(self, name: str) -> Judged:
        """A duration: mended over midnight from its clocks, emptied where negative or absurd.

        Args:
            name: Canonical name.

        Returns:
            Seconds [s], and what was found on the way.
        """
        form = self.table_map.columns.get(name)
        if form is None:
            return Judged(ibis.null("float64"))
        value, findings = self._recorded_seconds(form), []
        if form.starts and form.ends:
            value, finding = self._over_midnight(name, form, value)
            findings.append(finding)
        is_negative = value < 0
        findings.append(Finding(f"negative_{name}", is_negative, _words(f"{name} is ", _plain(value), " s: emptied")))
        is_bad = is_negative
        if form.maximum is not None:
            is_absurd = value > form.maximum
            limit = f" s, above {form.maximum:g} s: emptied"
            findings.append(Finding(f"absurd_{name}", is_absurd, _words(f"{name} is ", _plain(value), limit)))
            is_bad = is_negative | is_absurd
        return Judged(ibis.ifelse(is_bad, ibis.null("float64"), value), tuple(findings))

    def time(self, name: str) -> TimestampValue:
        """A point in time as the source tells it.

        Args:
            name: Canonical name.

        Returns:
            Local time or UTC, as the map says; null where unknown.
        """
        form = self.table_map.columns.get(name)
        if form is None:
            return ibis.null("timestamp(6)")
        if form.date and form.time:
            seconds = _clock_seconds(self.raw(form.time)).as_interval("s")
            return self.raw(form.date).cast("timestamp(6)") + seconds
        assert form.column is not None
        return self.raw(form.column).cast("timestamp(6)")

    def number(self, name: str) -> Value:
        """A whole number as it stands.

        Args:
            name: Canonical name.

        Returns:
            Values; null where unknown.
        """
        form = self.table_map.columns.get(name)
        return ibis.null("int64") if form is None or form.column is None else self.raw(form.column).cast("int64")

    def _base_text(self, form: ColumnMap) -> StringValue:
        if form.present is not None:
            is_present = self.raw_text(form.present).strip().nullif("").notnull()
            return ibis.ifelse(is_present, *PRESENCE_WORDS)
        if form.positive is not None:
            is_positive = (_seconds_of(self.raw(form.positive), form.unit) > 0).fill_null(False)
            return ibis.ifelse(is_positive, *SIGN_WORDS)
        if form.constant is not None:
            return ibis.literal(form.constant)
        if form.join:
            first, *others = [self.raw_text(column) for column in form.join]
            joined = first
            for part in others:
                joined = joined + form.separator + part
            return joined
        assert form.column is not None
        return self.raw_text(form.column)

    def _recorded_seconds(self, form: ColumnMap) -> FloatingValue:
        if form.since and form.until:
            return _seconds_between(self.raw(form.since), self.raw(form.until), form.unit)
        assert form.column is not None
        return _seconds_of(self.raw(form.column), form.unit)

    def _over_midnight(self, name: str, form: ColumnMap, recorded: FloatingValue) -> tuple[FloatingValue, Finding]:
        assert form.starts is not None
        assert form.ends is not None
        starts, ends = self.raw(form.starts), self.raw(form.ends)
        by_clock = (_clock_seconds(ends) - _clock_seconds(starts) + SECONDS_PER_DAY).cast("float64")
        limit = form.maximum if form.maximum is not None else OVER_MIDNIGHT_LIMIT_SECONDS
        is_over: BooleanValue = (ends < starts) & (by_clock <= limit)
        is_mended = is_over & (recorded.isnull() | (recorded != by_clock))
        was = _plain(recorded).fill_null("unknown")
        reason = _words(f"{name} was recorded as ", was, " s over midnight; its clocks say ", _plain(by_clock), " s")
        value = ibis.ifelse(is_over.fill_null(False), by_clock, recorded)
        return value, Finding(f"{name}_over_midnight", is_mended, reason)


def _seconds_of(value: Value, unit: Unit) -> FloatingValue:
    """Seconds of a number in its unit, or of a clock that tells a duration (0:08:01) [s]."""
    if value.type().is_time() or value.type().is_timestamp():  # an engine without times of day keeps them on some day
        return _clock_seconds(value).cast("float64")
    return value.cast("float64") * SECONDS_PER_UNIT[unit] if unit != "seconds" else value.cast("float64")


def _seconds_between(since: Value, until: Value, unit: Unit) -> FloatingValue:
    """Seconds from one moment to another, both timestamps or both numbers of an epoch [s]; null where one is unknown."""
    if since.type().is_timestamp():
        return (until.epoch_seconds() - since.epoch_seconds()).cast("float64")
    return _seconds_of(until.cast("float64") - since.cast("float64"), unit)


def _clock_seconds(clock: Value) -> Value:
    """Seconds since midnight of a time of day [s]."""
    return clock.hour() * SECONDS_PER_HOUR + clock.minute() * SECONDS_PER_MINUTE + clock.second()


def _translated(value: StringValue, form: ColumnMap, *, else_: Value) -> StringValue:
    words = form.words or _OWN_WORDS
    branches = [(word.strip().lower(), ibis.literal(meaning)) for word, meaning in words.items()]
    return value.strip().lower().cases(*branches, else_=else_)


def _words(*parts: str | StringValue) -> StringValue:
    """The parts as one text; null where a value is null."""
    whole = ibis.literal(parts[0]) if isinstance(parts[0], str) else parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def _plain(value: FloatingValue) -> StringValue:
    """A number as text, rounded to whole seconds: engines write fractions differently."""
    return value.round().cast("int64").cast("string")

"""Gold assets of coverage's history: people there against people needed, hour by hour, and the gaps of their dates.

A run replaces the intervals of its hours and the gaps of their dates, so any hour may be made again, in any order. What is
stored is judged again before readers see it. A live monitor writes the same tables while it runs. Not here: the look
(monitoring/coverage), what people were needed (staffing.py).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import COVERAGE_GROUP, COVERAGE_STEP, DATES_TAG, HOUR, key_of
from wfm_pipeline.assets.declaring import partitioned, specs
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import NOT_MADE, Flow, Step, again_later, at_work, dates_of
from wfm_pipeline.checks.coverage_judgement import RULES, HistoryRows, faults_of
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.coverage import COVERAGE_GAP, COVERAGE_INTERVAL, COVERAGE_TABLES
from wfm_pipeline.contracts.gold import QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.coverage.gold_day import GoldDays
from wfm_pipeline.monitoring.coverage.history.past_hours import Hours, hours_between, look_back, read_date
from wfm_pipeline.monitoring.coverage.opening import LIVE_URL, choices_of, live_urls
from wfm_pipeline.reports.figures.coverage import coverage_chart, coverage_glance
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.coverage.history import CoverageHistory
from wfm_pipeline.warehouse.shelves.coverage.same_weekdays import read_same_weekdays

_KNOWN = dg.AssetCheckSpec(
    "hours_are_known", asset=key_of(COVERAGE_INTERVAL), description="No interval of the run's hours is without data."
)
_LAWS = [
    dg.AssetCheckSpec(name, asset=key_of(COVERAGE_INTERVAL), description=words, blocking=True)
    for name, words in RULES.items()
]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What became of one date.

    Attributes:
        hours: The stretch of it that the run is about.
        rows: What is stored of the hours, and of the date's gaps, to be judged.
        day: Stored intervals of the whole date.
        findings: Values and rows that were refused at the door, and states that do not count [count].
    """

    hours: Hours
    rows: HistoryRows
    day: pd.DataFrame
    findings: int


def build_coverage_assets(partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """Intervals and gaps; by hour where `partitions` is given."""
    reads = [QUEUE_INTERVAL_FORECAST, QUEUE_INTERVAL_STAFFING, QUEUE_INTERVALS]

    @dg.multi_asset(
        name=COVERAGE_STEP,
        specs=specs(COVERAGE_TABLES, reads=reads, group=COVERAGE_GROUP, partitions=HOUR, made_in=__name__),
        check_specs=[*_LAWS, _KNOWN],
        **partitioned(partitions),
    )
    def coverage_of_hours(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with at_work(context, house) as step, again_later(context, house):
            for table in COVERAGE_TABLES:
                step.warehouse.create(table)
            reason = _no_centre(house)
            kept = [] if reason else _keep(step, _hours_of(step))
            yield from _made(step, kept, reason)
            yield from _judged(kept)

    return [coverage_of_hours]


def _no_centre(house: House) -> str:
    """Why there is no centre to read; empty where there is one."""
    try:
        live_urls(house)
    except SettingsError as error:
        return str(error)
    return ""


def _hours_of(step: Step) -> tuple[Hours, ...]:
    """The hours a run is about: its partitions', or all of the dates that its tag names."""
    context, site = step.context, step.house.site
    if DATES_TAG not in context.run.tags and (context.has_partition_key_range or context.has_partition_key):
        window = context.partition_time_window
        starts_at, ends_at = (moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in (window.start, window.end))
        return hours_between(site, starts_at, ends_at)
    one_day = dt.timedelta(days=1)
    return tuple(
        Hours(date, *(start_of_day(site, day) for day in (date, date + one_day))) for date in dates_of(context)
    )


def _keep(step: Step, stretches: tuple[Hours, ...]) -> list[Kept]:
    """Look at every date and put its hours on the shelf; none of a centre without services."""
    days, history = GoldDays(step.house), CoverageHistory(step.warehouse, step.house.site.time_zone)
    return [kept for hours in stretches if (kept := _keep_date(step, days, history, hours)) is not None]


def _keep_date(step: Step, days: GoldDays, history: CoverageHistory, hours: Hours) -> Kept | None:
    site, choices = step.house.site, choices_of(step.house)
    read = read_date(live_urls(step.house), site, hours.date, what=LIVE_URL, attempts=step.settings.retry_attempts)
    past = read_same_weekdays(step.warehouse, step.source_map, hours.date)
    day = replace(days.day(hours.date, ()), history=past)
    answer = look_back(read.tables, day, choices, as_of=_as_of(history, hours))
    if answer is None:
        step.say(f"{hours.date}: the centre has no service; table services has no row")
        return None
    history.write(_within(answer.intervals, hours), answer.gaps)
    services = read.tables["services"]["id"]
    intervals, gaps = history.date(hours.date, *services)
    grid = _within(day.intervals(services), hours).rename(columns={"queue_id": "service_id"})
    closed = grid.loc[~grid["is_open"], ["service_id", "interval_start"]]
    expected = grid["interval_start"].drop_duplicates()
    rows = HistoryRows(_within(intervals, hours), gaps, expected, closed, answer.site, choices.limits)
    return Kept(hours, rows, intervals, read.findings + len(answer.findings))


def _as_of(history: CoverageHistory, hours: Hours) -> dt.datetime:
    """The end of the hours; where later ones of the date are kept already, as of when these are known."""
    known = history.date(hours.date)[0]["as_of"].max()
    return hours.ends_at if pd.isna(known) else max(hours.ends_at, known.to_pydatetime())


def _within(rows: pd.DataFrame, hours: Hours) -> pd.DataFrame:
    return rows[rows["interval_start"].between(hours.starts_at, hours.ends_at, inclusive="left")]


def _made(step: Step, kept: list[Kept], reason: str) -> Iterator[dg.MaterializeResult]:
    """What became of both tables; pictures with the first alone, for Dagster keeps what is said with every hour of a run."""
    if reason:
        step.say(f"coverage is not made: {reason}")
    intervals, gaps = ([getattr(one.rows, name) for one in kept] for name in ("intervals", "gaps"))
    notes = {NOT_MADE: reason} if reason else _notes(step, kept)
    for table, frames, column in (
        (COVERAGE_INTERVAL, intervals, "interval_start"),
        (COVERAGE_GAP, gaps, "starts_at"),
    ):
        rows = sum(map(len, frames))
        yield step.made(table, Flow(rows, rows, notes=notes), time_column=column)
        notes = {name: note for name, note in notes.items() if not isinstance(note, dg.MarkdownMetadataValue)}


def _notes(step: Step, kept: list[Kept]) -> dict[str, Any]:
    """Numbers and pictures of what the run has kept; the pictures are of its last date."""
    if not kept:
        return {}
    rows = pd.concat([one.rows.intervals for one in kept], ignore_index=True)
    last, title = kept[-1], step.house.title("People required, rostered and there")
    return {
        "hours": f"{kept[0].hours.starts_at:%Y-%m-%d %H:%M} to {last.hours.ends_at:%Y-%m-%d %H:%M} UTC",
        "services": int(rows["service_id"].nunique()),
        **{f"intervals_{name}": int(count) for name, count in rows["status"].value_counts().sort_index().items()},
        "gaps": sum(len(one.rows.gaps) for one in kept),
        "findings_of_rows_and_states": sum(one.findings for one in kept),
        "no_data": sorted(set(rows["reason"].dropna())),
        **pictures(
            step.context,
            at_a_glance=lambda: coverage_glance(last.day, title=title),
            picture=lambda: coverage_chart(last.day, last.rows.gaps, title=title),
        ),
    }


def _judged(kept: list[Kept]) -> Iterator[dg.AssetCheckResult]:
    """The laws, which block, and whether anything was unknown, which warns."""
    found = [faults_of(one.rows) for one in kept]
    looked = sum(len(one.rows.intervals) for one in kept)
    for name, words in RULES.items():
        faults = sum(one[name] for one in found)
        told = f"{words} {looked:,} intervals judged: " + (f"broken in {faults:,}" if faults else "kept")
        result = verdict(passed=not faults, words=told, expected=0, found=faults, numbers={"intervals": looked})
        yield result._replace(check_name=name, asset_key=key_of(COVERAGE_INTERVAL))
    unknown = sum(int((one.rows.intervals["status"] == "no_data").sum()) for one in kept)
    words = f"{unknown:,} of {looked:,} intervals are without data; the column reason says which table and stretch"
    yield verdict(passed=not unknown, words=words, expected=0, found=unknown)._replace(
        check_name=_KNOWN.name, asset_key=key_of(COVERAGE_INTERVAL), severity=dg.AssetCheckSeverity.WARN
    )

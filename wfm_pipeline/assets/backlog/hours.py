"""The step of the hourly backlog and its gold tables: cases read anew, hours counted, what is to come, what to do.

A run replaces its hours, so any hour may be made again, in any order; only the newest hour of a run looks ahead, for of those
before it nobody can act any more. What is stored is judged again before readers see it. Not here: the report (report.py).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import BACKLOG_GROUP, BACKLOG_STEP, HOUR
from wfm_pipeline.assets.backlog.counting import Counted, count_hours
from wfm_pipeline.assets.backlog.judging import LAWS, judged, unjudged
from wfm_pipeline.assets.backlog.looking_ahead import Ahead, look_ahead
from wfm_pipeline.assets.backlog.news import CASE_ROLES, News, read_case_news
from wfm_pipeline.assets.backlog.standing import why_no_cases
from wfm_pipeline.assets.backlog.stretch import Stretch, stretch_of
from wfm_pipeline.assets.backlog.writing import write_hours
from wfm_pipeline.assets.declaring import partitioned, specs
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import NOT_MADE, Flow, Step, again_later, at_work
from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES, BACKLOG_ALERT, HEADCOUNT_HOUR
from wfm_pipeline.contracts.backlog.hours import BACKLOG_TABLES
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.activities import PLANNED_ACTIVITIES
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.monitoring.backlog.report import OLDEST
from wfm_pipeline.monitoring.backlog.telling import tell_backlog
from wfm_pipeline.reports.figures.backlog import backlog_chart, backlog_glance
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.source_states import unread_parts

TABLES: Final = (*BACKLOG_TABLES, *AHEAD_TABLES)
SHOWN: Final = pd.Timedelta(days=2)
"""Hours behind the newest that its picture shows."""


def build_backlog_assets(
    source_map: SourceMap, partitions: dg.PartitionsDefinition | None
) -> list[dg.AssetsDefinition]:
    """The backlog's tables of gold; by hour where `partitions` is given."""
    reads = [table for role, (table, _) in CASE_ROLES.items() if source_map.playing(role)]

    @dg.multi_asset(
        name=BACKLOG_STEP,
        specs=specs(TABLES, reads=[*reads, PLANNED_ACTIVITIES], group=BACKLOG_GROUP, partitions=HOUR, made_in=__name__),
        check_specs=LAWS,
        **partitioned(partitions),
    )
    def backlog_of_hours(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        now = utc_now().replace(microsecond=0)
        stretch = stretch_of(context, house.site, now)
        with again_later(context, house):
            news = read_case_news(context, house, stretch.dates(house.site))
        with at_work(context, house) as step:
            yield from _results(step, stretch, now, news)

    return [backlog_of_hours]


def _results(
    step: Step, stretch: Stretch, now: dt.datetime, news: News
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Count, look ahead, write, judge and tell."""
    for table in TABLES:
        step.warehouse.create(table)
    if reason := why_no_cases(step):
        step.say(f"no backlog is counted: {reason}")
        yield from _unmade(step, reason)
        return
    counted = count_hours(step, stretch, now)
    ahead = look_ahead(step, counted)
    rows = write_hours(step, counted, ahead)
    yield from _made(step, counted, ahead, rows, news)
    laws = list(judged(step, counted.stretch))
    yield from laws
    if all(law.passed for law in laws):
        _tell(step, counted, rows[BACKLOG_ALERT], ahead)


def _unmade(step: Step, reason: str) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    for table in TABLES:
        yield step.made(table, Flow(0, 0, notes={NOT_MADE: reason}))
    yield from unjudged()


def _made(
    step: Step, counted: Counted, ahead: Ahead, rows: Mapping[Table, pd.DataFrame], news: News
) -> Iterator[dg.MaterializeResult]:
    """What became of the tables; numbers of the run with the first alone."""
    notes: dict[str, Any] = {
        **_pictures(step, counted, rows[HEADCOUNT_HOUR]),
        "hours": f"{counted.stretch.start:%Y-%m-%d %H:%M} to {counted.stretch.end:%Y-%m-%d %H:%M} UTC",
        "rows_read_of_the_source": news.rows_in,
        "rows_new_of_the_source": news.rows_loaded,
        "rows_refused": news.rows_rejected,
        "read": counted.read.words,
        "queues": len(counted.queues),
        "open_cases": int(counted.newest["open_cases"].sum()),
        "findings": counted.answer.findings["finding"].value_counts().sort_index().to_dict(),
        "events_told_too_late": counted.answer.not_yet_known,
        "people": counted.people.fault or "known",
        "cases_that_differ_from_the_hour_before": counted.seam,
        "alerts": len(ahead.alerts),
        "kinds_not_judged": list(ahead.not_judged),
    }
    for table in TABLES:
        count = len(rows[table])
        yield step.made(table, Flow(count, count, notes=notes), time_column="hour_start")
        notes = {}


def _pictures(step: Step, counted: Counted, people: pd.DataFrame) -> dict[str, Any]:
    """The newest hour as readers will see it: its last two days and the hours to come."""
    hours = counted.answer.hours
    trail = hours[hours["hour_start"] >= counted.stretch.end - SHOWN]
    title, limit = step.house.title("Backlog"), step.settings.backlog_breach_limit
    return pictures(
        step.context,
        at_a_glance=lambda: backlog_glance(trail, title=title),
        picture=lambda: backlog_chart(trail, people, title=title, breach_limit=limit),
    )


def _unread(step: Step) -> str:
    """Sources of the site whose cases could not be read, in words; empty where all were."""
    states = unread_parts(step.warehouse, step.source_map)
    names = [
        part.name
        for part in step.source_map.parts
        if part.name in states and states[part.name].is_fault and any(part.table(role) for role in CASE_ROLES)
    ]
    return f"cases of {', '.join(names)} could not be read" if names else ""


def _tell(step: Step, counted: Counted, alerts: pd.DataFrame, ahead: Ahead) -> None:
    """Alerts of the newest hour go to the alerts room, unless it is so old that nobody can act on it."""
    end = counted.stretch.end.to_pydatetime()
    if utc_now() - end > OLDEST:
        step.say(f"the hour ended at {end} UTC, too long ago to act on: nobody is told")
        return
    told = tell_backlog(step.house, alerts, at=end, fault=_unread(step), not_judged=ahead.not_judged)
    step.say(f"{len(alerts)} alerts stand, {len(told)} are new")

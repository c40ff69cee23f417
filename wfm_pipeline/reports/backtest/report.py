"""The backtest's report: one HTML file that a planner reads in a minute and a statistician to the end.

Here: the order of words, tables and pictures. Not here: the sentences (words.py), the cells
(tables.py), the pictures (figures.py) or the building blocks (reports/words/html_page). No clock and
no file: the same input gives the same bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting import METHOD, BacktestResult
from wfm_pipeline.domain.forecasting.judging.analysis import BacktestAnalysis
from wfm_pipeline.domain.forecasting.judging.calibration import pit_misplaced
from wfm_pipeline.reports.backtest import figures, tables
from wfm_pipeline.reports.backtest.method_names import method_name
from wfm_pipeline.reports.backtest.weeks import shown_weeks
from wfm_pipeline.reports.backtest.words import NOTHING_BUSY, NOTHING_SCORED, headline, summary, unscored_words
from wfm_pipeline.reports.words import html_page as page
from wfm_pipeline.reports.words.numbers import percent

_SLICE_TITLES = {
    "horizon_day": "Day of the horizon",
    "weekday": "Weekday",
    "day_type": "Day type",
    "queue": "Queue",
    "hour": "Hour",
}


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the tables do not say themselves.

    Attributes:
        title: Title of the report.
        is_simulated: True where the data are made; the page says so at the top.
        data: What was read, name -> words.
        configuration: Choices of the forecast, name -> words.
        versions: Package -> version.
    """

    title: str
    is_simulated: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


def backtest_report(result: BacktestResult, analysis: BacktestAnalysis, facts: ReportFacts) -> str:
    """The report as one self-contained HTML page.

    Args:
        result: From `run_backtest`, with our own method among its methods.
        analysis: From `analyse`.
        facts: Title, labels, configuration.

    Returns:
        HTML without script or outside address, every word of the data escaped.
    """
    return page.page(facts.title, _body(result, analysis, facts))


def best_peer(analysis: BacktestAnalysis) -> str | None:
    """The other method with the lowest error per queue and interval; None without any."""
    gains = analysis.gains[analysis.gains["score"] == "int_q"]
    best = gains.loc[gains["is_best_peer"].astype(bool), "peer"]
    return str(best.iloc[0]) if len(best) else None


def _body(result: BacktestResult, analysis: BacktestAnalysis, facts: ReportFacts) -> Iterator[str]:
    yield page.text(facts.title, "h1")
    yield _badges(facts)
    if METHOD not in set(analysis.rows["method"]):
        yield page.text(NOTHING_SCORED)
        yield from _data(result, analysis, facts)
        return
    peer = best_peer(analysis)
    yield page.tiles(headline(result.scores, analysis))
    yield page.word_list(summary(result.scores, analysis))
    yield from _comparison(result, analysis, peer)
    yield from _weeks(analysis)
    yield from _slices(analysis, peer)
    yield from _calibration(analysis)
    yield from _gains(analysis)
    yield from _slice_tables(analysis, peer)
    yield from _data(result, analysis, facts)


def _badges(facts: ReportFacts) -> str:
    simulated = page.text("SIMULATED DATA", "span", kind="badge warn") if facts.is_simulated else ""
    hindcast = "HINDCAST: computed afterwards, each forecast knowing only what came before its origin"
    return f"<div>{simulated}{page.text(hindcast, 'span', kind='badge')}</div>"


def _comparison(result: BacktestResult, analysis: BacktestAnalysis, peer: str | None) -> Iterator[str]:
    yield page.text("All methods side by side", "h2")
    yield page.table(tables.COMPARISON_HEAD, tables.comparison_rows(result.scores, analysis))
    yield page.text(
        "Errors are wMAPE: absolute error over calls; bold is lowest. Per queue and interval the median is scored, "
        "wherever calls are added up the mean. Volume is the total of a horizon. Bands are judged on busy intervals.",
        kind="note",
    )
    yield page.picture(
        figures.days_figure(analysis.rows, ours=METHOD, peer=peer), "Calls per day over all target days, all queues."
    )


def _weeks(analysis: BacktestAnalysis) -> Iterator[str]:
    yield page.text("Forecast against what came", "h2")
    for label, week in shown_weeks(analysis.rows, ours=METHOD).items():
        first = week["target_date"].min()
        title = f"{label} ({first:%d %B %Y})"
        caption = f"The {label} from {first:%Y-%m-%d}, by interval; at most the four largest queues."
        yield page.picture(figures.week_figure(week, title=title), caption, is_raster=True)


def _slices(analysis: BacktestAnalysis, peer: str | None) -> Iterator[str]:
    yield page.text("Where is it good, where weak?", "h2")
    yield page.picture(
        figures.slices_figure(analysis.slices, ours=METHOD, peer=peer),
        "Error per queue and interval. Green: what chance alone would leave; the bar above it is removable.",
    )


def _calibration(analysis: BacktestAnalysis) -> Iterator[str]:
    queues = queues_by_calls(analysis)
    yield page.text("Do the bands tell the truth?", "h2")
    if METHOD not in set(analysis.bands["method"]):
        yield page.text(NOTHING_BUSY)
        return
    yield page.picture(
        figures.calibration_figure(analysis.reliability, analysis.bands, ours=METHOD, queues=queues),
        "Busy intervals only. Counts sit on quantiles, so a quantile is right if its level lies inside its bar.",
    )
    pit = analysis.pit[(analysis.pit["method"] == METHOD) & (analysis.pit["queue_id"] == ALL)]
    if len(pit):
        moved = percent(pit_misplaced(pit["share"].to_numpy(float)), digits=1)
        yield page.picture(
            figures.pit_figure(analysis.pit, ours=METHOD, queues=queues),
            "Where the counts fell in their forecast distributions (PIT). Flat is right, a hump says bands too wide, "
            f"a bowl too narrow, a slope a bias. {moved} of the counts would have to move to make it flat.",
        )


def queues_by_calls(analysis: BacktestAnalysis, most: int = 8) -> list[str]:
    """Queues with the most calls first; none where one queue is the whole."""
    rows = analysis.rows[analysis.rows["method"] == METHOD]
    calls = rows.groupby("queue_id")["calls"].sum().sort_values(ascending=False, kind="stable")
    return [str(name) for name in calls.index[:most]] if len(calls) > 1 else []


def _gains(analysis: BacktestAnalysis) -> Iterator[str]:
    if analysis.gains.empty:
        return
    yield page.text("How much could still be gained?", "h2")
    yield page.picture(
        figures.gain_figure(analysis.gains),
        "The best other method's error, taken apart: chance, what ours still has above it, and what ours has removed.",
    )
    yield page.table(tables.GAIN_HEAD, tables.gain_rows(analysis.gains), text_columns=frozenset({2}))
    yield page.text(
        "Share left = (ours - floor) / (theirs - floor). The floor is the error that is expected if the true rate were "
        "known and calls came as a Poisson stream; the rate is each day's calls spread by the weekday's profile.",
        kind="note",
    )
    yield page.text("Is the difference luck?", "h2")
    yield page.picture(
        figures.difference_figure(analysis.differences),
        "Our error relative to each other method's, with 95 % intervals from a block bootstrap over days. Left of 0 "
        "ours is better.",
    )
    yield page.table(tables.DIFFERENCE_HEAD, tables.difference_rows(analysis.differences), text_columns=frozenset({1}))
    block, lags = (int(analysis.differences[name].max()) for name in ("block_days", "dm_lags"))
    yield page.text(
        f"Days hang together, so days are resampled in blocks of {block}, and the Diebold-Mariano test allows for "
        f"{lags} lags (Newey-West variance, Harvey-Leybourne-Newbold correction, Student's t, two-sided).",
        kind="note",
    )


def _slice_tables(analysis: BacktestAnalysis, peer: str | None) -> Iterator[str]:
    yield page.text("All slices", "h2")
    other = f" ({method_name(peer)})" if peer is not None else ""
    yield page.text(f"Ours, with the best other method{other} beside it.", kind="note")
    for kind, title in _SLICE_TITLES.items():
        yield page.text(title, "h3")
        yield page.table(tables.SLICE_HEAD, tables.slice_rows(analysis.slices, kind, peer))


def _data(result: BacktestResult, analysis: BacktestAnalysis, facts: ReportFacts) -> Iterator[str]:
    yield page.text("Data and configuration", "h2")
    yield page.word_list(
        [
            *facts.data.items(),
            ("days left out", unscored_words(analysis.unscored_days)),
            ("unscored intervals", _unscored_intervals(result.judged)),
            ("steps down", _notes(result.notes)),
            ("versions", ", ".join(f"{name} {version}" for name, version in facts.versions.items()) or "not given"),
        ]
    )
    if facts.configuration:
        yield page.text("Forecast options", "h3")
        yield page.table(
            ("option", "value"),
            [page.Row([name, value]) for name, value in facts.configuration.items()],
        )
    yield page.text("Every score, test and its drawbacks: docs/methods/backtesting.md.", kind="note")


def _unscored_intervals(judged: pd.DataFrame) -> str:
    one = judged[judged["method"] == judged["method"].iloc[0]] if len(judged) else judged
    left_out = one[~one["is_scored"].astype(bool)]
    unknown = int(left_out["calls"].isna().sum())
    return (
        f"{len(one):,} target intervals have a row; {len(left_out):,} of them are not scored "
        f"({unknown:,} with unknown calls or outside the opening hours, {len(left_out) - unknown:,} on closed days)."
    )


def _notes(notes: tuple[str, ...]) -> str:
    shown = 12
    more = f"; and {len(notes) - shown} more" if len(notes) > shown else ""
    return "; ".join(notes[:shown]) + more if notes else "none: every queue kept its own rung at every origin"

"""A picture of a day's coverage: people required, rostered and there, per service, with gaps and what is not known marked.

The axis runs in real time and is named by the wall clock, so that a day on which clocks change has its 23 or 25 hours.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from wfm_pipeline.reports.figures.drawing import picture_text
from wfm_pipeline.reports.figures.forecast import ACTUAL, FORECAST, as_markdown, stacked_axes
from wfm_pipeline.reports.figures.glance import Line, glance
from wfm_pipeline.reports.figures.staffing import SCHEDULED

if TYPE_CHECKING:
    import matplotlib as mpl
    from matplotlib.figure import Figure


GAP, UNKNOWN = "#c8382d", "#bbbbbb"
_MOST_SERVICES: Final = 8
_TICK_HOURS: Final = 2
"""From one word of the axis to the next [h]."""
_HOUR: Final = pd.Timedelta(hours=1)
_PEOPLE: Final = {"agents_required": FORECAST, "agents_scheduled": SCHEDULED, "agents_actual": ACTUAL}


def coverage_figure(intervals: pd.DataFrame, gaps: pd.DataFrame, *, title: str) -> "Figure":
    """People over a business date, and its gaps.

    Args:
        intervals: Rows of `gold.coverage_interval` of one date.
        gaps: Rows of `gold.coverage_gap` of the same date.
        title: Title, which says so where the data are simulated.

    Returns:
        The figure, services with most people needed first, at most eight. What is not known leaves a hole in its line.
    """
    need = intervals.assign(need=intervals["agents_required"].astype(float)).groupby("service_id")["need"].sum()
    order = need.sort_values(ascending=False, kind="stable").index
    shown = order[:_MOST_SERVICES]
    words = f"{title}\n(the {len(shown)} largest of {len(order)} services)" if len(order) > len(shown) else title
    with stacked_axes(words, len(shown)) as (figure, places):
        for axes, service in zip(places, shown, strict=False):
            rows = intervals[intervals["service_id"] == service].sort_values("interval_start")
            _draw_service(axes, rows, gaps[gaps["service_id"] == service])
            axes.set_title(picture_text(service), loc="left", fontsize=8)
        if len(shown):
            places[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False)
            _name_hours(places[-1], intervals)
    return figure


def _draw_service(axes: "mpl.axes.Axes", rows: pd.DataFrame, gaps: pd.DataFrame) -> None:
    begins, step = rows["interval_start"].min(), _step(rows)
    place = _hours(rows["interval_start"], begins)
    for starts, ends, in_words in _spans(rows, gaps, step):
        color, alpha = (GAP, 0.18) if in_words == "gap" else (UNKNOWN, 0.5)
        known = axes.get_legend_handles_labels()[1]
        axes.axvspan(
            (starts - begins) / _HOUR, (ends - begins) / _HOUR, color=color, alpha=alpha, linewidth=0,
            label=None if in_words in known else in_words,
        )  # fmt: skip
    edges = np.append(place, place[-1] + step / _HOUR)
    for name, color in _PEOPLE.items():
        values = rows[name].to_numpy(np.float64, na_value=np.nan)
        axes.step(
            edges, np.append(values, values[-1]), where="post", color=color, label=name.removeprefix("agents_"),
            linewidth=1.6 if name == "agents_actual" else 1.1,
        )  # fmt: skip
    axes.set_ylabel("people")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(bottom=0)


def _spans(rows: pd.DataFrame, gaps: pd.DataFrame, step: pd.Timedelta) -> list[tuple[pd.Timestamp, pd.Timestamp, str]]:
    """Stretches that are marked: gaps, and what is not known."""
    unknown = rows.loc[rows["status"] == "no_data", "interval_start"]
    runs = unknown.groupby((unknown.diff() != step).cumsum())
    return [
        *((gap.starts_at, gap.ends_at, "gap") for gap in gaps.itertuples()),
        *((run.iloc[0], run.iloc[-1] + step, "no data") for _, run in runs),
    ]


def _step(rows: pd.DataFrame) -> pd.Timedelta:
    """Length of an interval."""
    apart = rows["interval_start"].drop_duplicates().sort_values().diff().min()
    return _HOUR if pd.isna(apart) else pd.Timedelta(apart)


def _hours(moments: pd.Series, begins: pd.Timestamp) -> np.ndarray:
    """Real hours since the date's first interval [h]."""
    return ((moments - begins) / _HOUR).to_numpy(np.float64)


def _name_hours(axes: "mpl.axes.Axes", intervals: pd.DataFrame) -> None:
    """Whole hours of the wall clock, every other one."""
    known = intervals.drop_duplicates("interval_start").sort_values("interval_start")
    local = known["interval_start_local"]
    whole = known[(local.dt.minute == 0) & (local.dt.hour % _TICK_HOURS == 0)]
    places = _hours(whole["interval_start"], known["interval_start"].iloc[0])
    axes.set_xticks(places, [f"{at:%H:%M}" for at in whole["interval_start_local"]])
    axes.set_xlabel(f"wall clock, {local.iloc[0]:%Y-%m-%d}")


def coverage_chart(intervals: pd.DataFrame, gaps: pd.DataFrame, *, title: str) -> str:
    """The picture as Markdown, for a run's metadata."""
    return as_markdown(coverage_figure(intervals, gaps, title=title), title)


def coverage_glance(intervals: pd.DataFrame, *, title: str) -> str:
    """People of all services over the date, small enough to be seen without a click; arguments as `coverage_figure`."""
    people = intervals.astype(dict.fromkeys(_PEOPLE, float)).groupby("interval_start")[list(_PEOPLE)].sum(skipna=False)
    lines = [Line(people[name].tolist(), color) for name, color in _PEOPLE.items()]
    when = f", {intervals['interval_start_local'].min():%Y-%m-%d}" if len(intervals) else ""
    return glance(lines, words=f"{title}; blue required, orange rostered, grey there, all services{when}")

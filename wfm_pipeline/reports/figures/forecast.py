"""Pictures of forecasts. Colours keep their meaning: grey is past, blue is forecast."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd

from wfm_pipeline.reports.figures.drawing import as_png, drawing, picture_text
from wfm_pipeline.reports.figures.glance import Line, glance
from wfm_pipeline.reports.words.markdown import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


ACTUAL, FORECAST = "#555555", "#1f6fb4"
_WIDTH_INCHES, _ROW_INCHES = 9.0, 1.7
_HEAD_INCHES, _FOOT_INCHES, _GAP_INCHES = 0.6, 0.45, 0.25
_MOST_QUEUES = 8
_DPI = 80


@contextmanager
def stacked_axes(title: str, rows: int) -> Iterator[tuple["Figure", list["Axes"]]]:
    """A figure with its axes one above the other, to be drawn on inside the `with`.

    The margins are said here and not searched for: matplotlib's own search draws the whole figure twice more.

    Args:
        title: Title, of one or two lines.
        rows: How many axes, >= 0; there is always one.
    """
    from matplotlib.figure import Figure

    rows = max(rows, 1)
    height = _HEAD_INCHES + _FOOT_INCHES + _ROW_INCHES * rows
    with drawing():
        figure = Figure(figsize=(_WIDTH_INCHES, height))
        figure.suptitle(title, y=1 - 0.1 / height, va="top")
        figure.subplots_adjust(
            left=0.07, right=0.99, top=1 - _HEAD_INCHES / height, bottom=_FOOT_INCHES / height,
            hspace=_GAP_INCHES / (_ROW_INCHES - _GAP_INCHES),
        )  # fmt: skip
        yield figure, list(figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0])


def fan_chart_figure(actual: pd.DataFrame, days: pd.DataFrame, *, title: str) -> "Figure":
    """Daily calls and their forecast with its 80 % band, one row of axes per queue.

    Args:
        actual: queue_id, business_date, calls; NaN leaves a gap in the line.
        days: queue_id, business_date, calls_mean, calls_q10, calls_q90.
        title: Title, which says so where the data are simulated.

    Returns:
        The figure, with the queues of the largest forecast first, at most eight.
    """
    order = (
        days.groupby("queue_id")["calls_mean"].sum().sort_values(ascending=False, kind="stable").index[:_MOST_QUEUES]
    )
    with stacked_axes(title, len(order)) as (figure, rows):
        for axes, queue in zip(rows, order, strict=False):
            past = actual[actual["queue_id"] == queue].sort_values("business_date")
            future = days[days["queue_id"] == queue].sort_values("business_date")
            axes.plot(past["business_date"], past["calls"], color=ACTUAL, label="came")
            axes.plot(future["business_date"], future["calls_mean"], color=FORECAST, label="forecast (mean)")
            axes.fill_between(
                future["business_date"],
                future["calls_q10"],
                future["calls_q90"],
                color=FORECAST,
                alpha=0.25,
                label="80 % band",
                linewidth=0,
            )
            axes.set_title(picture_text(queue), loc="left", fontsize=8)
            axes.set_ylabel("calls per day")
            axes.set_ylim(bottom=0)
        if len(order):
            rows[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
    return figure


def fan_chart(actual: pd.DataFrame, days: pd.DataFrame, *, title: str) -> str:
    """The fan chart as Markdown with the picture inside, for a run's metadata."""
    return as_markdown(fan_chart_figure(actual, days, title=title), title)


def fan_glance(actual: pd.DataFrame, days: pd.DataFrame, *, title: str) -> str:
    """Calls per day of all queues and their forecast, small enough to be seen without a click.

    Args:
        actual: queue_id, business_date, calls.
        days: queue_id, business_date, calls_mean.
        title: Title, which says so where the data are simulated.
    """
    came = actual.groupby("business_date")["calls"].sum(min_count=1)
    coming = days.groupby("business_date")["calls_mean"].sum()
    dates = came.index.union(coming.index).sort_values()
    lines = [Line(came.reindex(dates).tolist(), ACTUAL), Line(coming.reindex(dates).tolist(), FORECAST)]
    return glance(lines, words=f"{title}; grey came, blue forecast, all queues, {stretch(dates)}")


def stretch(dates: pd.Index) -> str:
    """First and last date in words."""
    return f"{pd.Timestamp(dates.min()):%Y-%m-%d} to {pd.Timestamp(dates.max()):%Y-%m-%d}" if len(dates) else "no dates"


def as_markdown(figure: "Figure", title: str) -> str:
    """A figure as Markdown with the PNG inside."""
    return f"![{plain(title)}](data:image/png;base64,{base64.b64encode(as_png(figure, dpi=_DPI)).decode()})"

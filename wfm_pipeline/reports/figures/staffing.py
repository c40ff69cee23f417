"""A picture of the staffing: agents required over the day, per queue."""

from typing import TYPE_CHECKING

import pandas as pd

from wfm_pipeline.reports.figures.drawing import picture_text
from wfm_pipeline.reports.figures.forecast import FORECAST, as_markdown, stacked_axes
from wfm_pipeline.reports.figures.glance import Line, glance

if TYPE_CHECKING:
    import matplotlib as mpl
    from matplotlib.figure import Figure


_MOST_QUEUES = 8
SCHEDULED = "#d1600a"
_AGENTS = ["agents_required", "agents_scheduled"]


def staffing_figure(rows: pd.DataFrame, *, title: str) -> "Figure":
    """Agents required on the phones over the first open day with a team, and the spread of the other days.

    Args:
        rows: queue_id, interval_start_local, business_date, agents_required, agents_scheduled of one
            issue; null where there is no team.
        title: Title, which says so where the data are simulated.

    Returns:
        The figure, queues with most people first, at most eight.
    """
    known = rows.dropna(subset="agents_required").astype({"agents_required": float, "agents_scheduled": float})
    known = known.assign(hour=known["interval_start_local"].dt.hour + known["interval_start_local"].dt.minute / 60)
    order = known.groupby("queue_id")["agents_required"].sum().sort_values(ascending=False, kind="stable").index
    shown = order[:_MOST_QUEUES]
    words = f"{title}\n(the {len(shown)} largest of {len(order)} queues)" if len(order) > len(shown) else title
    with stacked_axes(words, len(shown)) as (figure, places):
        for axes, queue in zip(places, shown, strict=False):
            _draw_queue(axes, known[known["queue_id"] == queue])
            axes.set_title(picture_text(queue), loc="left", fontsize=8)
        if len(shown):
            figure.axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
            figure.axes[-1].set_xlabel("hour of the day, local")
    return figure


def _draw_queue(axes: "mpl.axes.Axes", rows: pd.DataFrame) -> None:
    by_hour = rows.groupby("hour")["agents_required"].agg(["min", "max"])
    axes.fill_between(by_hour.index, by_hour["min"], by_hour["max"], step="post", color=FORECAST, alpha=0.2,
                      label="all days of the issue", linewidth=0)  # fmt: skip
    busy = rows.loc[rows["agents_required"] > 0, "business_date"]
    first = rows[rows["business_date"] == busy.min()].sort_values("hour")
    day = f"{pd.Timestamp(busy.min()):%Y-%m-%d}" if len(busy) else ""
    axes.step(first["hour"], first["agents_required"], where="post", color=FORECAST, label=f"required {day}")
    axes.step(first["hour"], first["agents_scheduled"], where="post", color=SCHEDULED, label=f"scheduled {day}")
    axes.set_ylabel("agents")
    axes.set_xlim(0, 24)
    axes.set_ylim(bottom=0)


def staffing_chart(rows: pd.DataFrame, *, title: str) -> str:
    """The picture as Markdown, for a run's metadata."""
    return as_markdown(staffing_figure(rows, title=title), title)


def staffing_glance(rows: pd.DataFrame, *, title: str) -> str:
    """Agents of all queues over the first day with work, small enough to be seen without a click.

    Args:
        rows: interval_start_local, business_date, agents_required, agents_scheduled of one issue.
        title: Title, which says so where the data are simulated.
    """
    known = rows.dropna(subset="agents_required").astype({"agents_required": float, "agents_scheduled": float})
    day = known.loc[known["agents_required"] > 0, "business_date"].min()
    agents = known[known["business_date"] == day].groupby("interval_start_local")[_AGENTS].sum().sort_index()
    lines = [Line(agents[name].tolist(), colour) for name, colour in zip(_AGENTS, (FORECAST, SCHEDULED), strict=True)]
    when = f", {pd.Timestamp(day):%Y-%m-%d}" if len(agents) else ""
    return glance(lines, words=f"{title}; blue required, orange scheduled, all queues{when}")

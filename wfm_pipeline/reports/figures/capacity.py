"""A picture of the capacity plan: FTE required and available over the weeks, per pool, with bands."""

from typing import TYPE_CHECKING

import pandas as pd

from wfm_pipeline.reports.figures.drawing import picture_text
from wfm_pipeline.reports.figures.forecast import FORECAST, as_markdown, stacked_axes, stretch
from wfm_pipeline.reports.figures.glance import Line, glance

if TYPE_CHECKING:
    import matplotlib as mpl
    from matplotlib.figure import Figure


_MOST_POOLS = 8
AVAILABLE = "#2c8a4b"
WITH_HIRING = "#d1600a"


def capacity_figure(rows: pd.DataFrame, *, title: str) -> "Figure":
    """FTE on the phones that are required and available, each with its 80 % band.

    Args:
        rows: One issue of `gold.capacity_week`.
        title: Title, which says so where the data are simulated.

    Returns:
        The figure, pools with most work first, at most eight. A pool without people shows what is required.
    """
    order = rows.groupby("pool_id")["fte_required_mean"].sum().sort_values(ascending=False, kind="stable").index
    shown = order[:_MOST_POOLS]
    words = f"{title}\n(the {len(shown)} largest of {len(order)} pools)" if len(order) > len(shown) else title
    with stacked_axes(words, len(shown)) as (figure, places):
        for axes, pool in zip(places, shown, strict=False):
            _draw_pool(axes, rows[rows["pool_id"] == pool].sort_values("week_start"))
            axes.set_title(picture_text(pool), loc="left", fontsize=8)
        if len(shown):
            places[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
    return figure


def _draw_pool(axes: "mpl.axes.Axes", rows: pd.DataFrame) -> None:
    for prefix, color, words in (("fte_required", FORECAST, "required"), ("fte_available", AVAILABLE, "available")):
        low, high = rows[f"{prefix}_q10"], rows[f"{prefix}_q90"]
        axes.fill_between(rows["week_start"], low, high, color=color, alpha=0.2, linewidth=0)
        axes.plot(rows["week_start"], rows[f"{prefix}_mean"], color=color, label=f"{words} (mean, 80 % band)")
    if rows["hires_needed"].sum():
        hire_for = rows["hire_for"].iloc[0]
        hired = rows[f"fte_required_{hire_for}"] - rows["gap_fte_after_hiring"]
        axes.plot(rows["week_start"], hired, color=WITH_HIRING, linestyle="--", label="with the people to hire")
    axes.set_ylabel("FTE on the phones")
    axes.set_ylim(bottom=0)


def capacity_chart(rows: pd.DataFrame, *, title: str) -> str:
    """The picture as Markdown, for a run's metadata."""
    return as_markdown(capacity_figure(rows, title=title), title)


def capacity_glance(rows: pd.DataFrame, *, title: str) -> str:
    """FTE of all pools over the weeks, small enough to be seen without a click; arguments as `capacity_figure`."""
    names = {"fte_required_mean": FORECAST, "fte_available_mean": AVAILABLE}
    weeks = rows.groupby("week_start")[list(names)].sum(min_count=1).astype(float).sort_index()
    lines = [Line(weeks[name].tolist(), colour) for name, colour in names.items()]
    return glance(lines, words=f"{title}; blue required, green available, all pools, {stretch(weeks.index)}")

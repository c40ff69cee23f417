"""A picture of a week's allocation: per demand the ideal, the people assigned and the people required."""

from typing import TYPE_CHECKING

import pandas as pd

from wfm_pipeline.reports.figures.drawing import drawing, picture_text
from wfm_pipeline.reports.figures.forecast import as_markdown
from wfm_pipeline.reports.figures.glance import Line, glance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


ASSIGNED, IDEAL, REQUIRED = "#4c9a6b", "#333333", "#d1600a"
_MOST_DEMANDS = 40
_LONGEST_NAME = 64
"""Letters; longer ones would leave no room for the bars."""
_WIDTH_INCHES, _ROW_INCHES = 9.0, 0.24


def allocation_figure(demands: pd.DataFrame, *, title: str) -> "Figure":
    """Bars of assigned people, marks of ideal and required FTE, one line per demand.

    Args:
        demands: demand_id, platform, locality, case_type, state, ideal_fte, assigned, required_fte
            (may be null) of one week.
        title: Title, which says so where the data are simulated.

    Returns:
        The figure: the demands with the largest ideal first, at most forty; the title says how many there are.
    """
    from matplotlib.figure import Figure

    shown = demands.sort_values(["ideal_fte", "demand_id"], ascending=[False, True], kind="stable").head(_MOST_DEMANDS)
    left_out = len(demands) - len(shown)
    lines = range(len(shown))
    with drawing():
        figure = Figure(figsize=(_WIDTH_INCHES, 1.2 + _ROW_INCHES * max(len(shown), 1)), layout="constrained")
        axes = figure.subplots()
        axes.barh(lines, shown["assigned"], color=ASSIGNED, alpha=0.55, height=0.7, label="assigned people")
        axes.scatter(shown["ideal_fte"], lines, marker="|", s=90, linewidths=2.2, color=IDEAL, label="ideal share")
        axes.scatter(
            shown["required_fte"], lines, marker="D", s=14, color=REQUIRED, label="required for the work", zorder=3
        )
        axes.set_yticks(lines, [_name(row) for row in shown.itertuples()])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel("people (FTE)")
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        figure.suptitle(f"{title}\n(the {len(shown)} largest of {len(demands)} demands)" if left_out else title)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def allocation_chart(demands: pd.DataFrame, *, title: str) -> str:
    """The picture as Markdown, for a run's metadata."""
    return as_markdown(allocation_figure(demands, title=title), title)


def allocation_glance(demands: pd.DataFrame, *, title: str) -> str:
    """People per demand, the largest ideal first, small enough to be seen without a click."""
    shown = demands.sort_values(["ideal_fte", "demand_id"], ascending=[False, True], kind="stable")
    names = {"assigned": ASSIGNED, "ideal_fte": IDEAL}
    lines = [Line(shown[name].astype(float).tolist(), colour) for name, colour in names.items()]
    return glance(lines, words=f"{title}; green assigned, black ideal, {len(shown)} demands from the largest on")


def _name(row: object) -> str:
    parts = (getattr(row, name) for name in ("demand_id", "platform", "locality", "case_type", "state"))
    return picture_text(" · ".join(map(str, parts)), longest=_LONGEST_NAME)

"""Picture of the models' honesty: reached and predicted service level per queue and month."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wfm_pipeline.machine import answer_file
from wfm_pipeline.reports.figures.drawing import as_png, drawing, picture_text
from wfm_pipeline.reports.figures.forecast import ACTUAL, as_markdown
from wfm_pipeline.reports.figures.glance import Line, glance
from wfm_pipeline.reports.words.markdown import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_COLOURS = {"erlang_c": "#c1272d", "erlang_a": "#1f6fb4", "simulation": "#2a8a4a"}
_WORDS = {"erlang_c": "Erlang C", "erlang_a": "Erlang A", "simulation": "simulation"}
_DPI = 80
_COLOURS_KEPT = 32
"""Lines and letters need no more, and the file is a third as large."""
_WIDTH_INCHES, _ROW_INCHES, _MOST_QUEUES = 9.0, 1.35, 6


def model_fit_figure(months: pd.DataFrame, *, title: str) -> "Figure":
    """One row of axes per queue, one column per presence rule; grey is what was reached.

    Args:
        months: Rows of gold.queue_model_fit.
        title: Title, which says so where the data are simulated.

    Returns:
        The figure, with the queues of most calls first, at most six.
    """
    from matplotlib.figure import Figure

    volume = months.groupby("queue_id")["calls_in_line"].sum().sort_values(ascending=False, kind="stable")
    queues, rules = list(volume.index[:_MOST_QUEUES]), sorted(months["presence"].unique())
    with drawing():
        figure = Figure(figsize=(_WIDTH_INCHES, 0.9 + _ROW_INCHES * max(len(queues), 1)), layout="constrained")
        figure.suptitle(title)
        grid = figure.subplots(max(len(queues), 1), max(len(rules), 1), sharex=True, sharey=True, squeeze=False)
        for row, queue in enumerate(queues):
            for column, rule in enumerate(rules):
                own = months[(months["queue_id"] == queue) & (months["presence"] == rule)].sort_values("month")
                _draw(grid[row, column], own, f"{picture_text(queue)}, agents by {rule}")
        if queues:
            handles, labels = grid[0, 0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw(axes: "Axes", own: pd.DataFrame, title: str) -> None:
    month = pd.to_datetime(own["month"]).dt.strftime("%y-%m")
    axes.plot(month, own["service_level"], color=ACTUAL, linewidth=2.2, label="reached")
    for model, colour in _COLOURS.items():
        axes.plot(month, own[f"service_level_{model}"], color=colour, marker=".", linewidth=0.9, label=_WORDS[model])
    axes.set_title(title, loc="left", fontsize=8)
    axes.set_ylim(0, 1)


def model_fit_chart(months: pd.DataFrame, *, title: str) -> str:
    """The picture as Markdown with the PNG inside, for a run's metadata."""
    return as_markdown(model_fit_figure(months, title=title), title)


def write_model_fit_picture(months: pd.DataFrame, path: Path, *, title: str) -> None:
    """Write the picture as PNG.

    Raises:
        DataError: the place cannot be written.
    """
    from PIL import Image

    drawn = io.BytesIO(as_png(model_fit_figure(months, title=title), dpi=_DPI))
    with answer_file(path) as beside:
        Image.open(drawn).convert("RGB").quantize(_COLOURS_KEPT).save(beside, format="png", optimize=True)


def model_fit_glance(months: pd.DataFrame, *, title: str) -> str:
    """Reached and simulated service level of the queue with most calls, small enough to be seen without a click."""
    names = {"service_level": ACTUAL, "service_level_simulation": _COLOURS["simulation"]}
    volume = months.groupby("queue_id")["calls_in_line"].sum().sort_values(ascending=False, kind="stable")
    own = months[months["queue_id"].isin(volume.index[:1])]
    levels = own[own["presence"] == own["presence"].min()].sort_values("month")
    lines = [Line(levels[name].astype(float).tolist(), colour) for name, colour in names.items()]
    queue = f", queue {plain(picture_text(volume.index[0]))}" if len(volume) else ""
    return glance(lines, words=f"{title}; grey reached, green simulation{queue}, {len(levels)} months", top=1.0)

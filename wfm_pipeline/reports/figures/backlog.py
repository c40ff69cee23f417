"""A picture of the backlog for a mail or a run: open cases by age over two days, people of the next hours, the likeliest breaches.

Light is young and dark is old, lines differ in stroke and every bar that matters has its number: it is read without colours too.
Axes run in real time and are named by the wall clock. Not here: who needs what (reports/backlog).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.backlog.hours import AGE_BUCKETS, age_bucket
from wfm_pipeline.reports.backlog.cells import people as people_words
from wfm_pipeline.reports.backlog.cells import risk
from wfm_pipeline.reports.backlog.status import bucket_heads
from wfm_pipeline.reports.figures.drawing import drawing, picture_text
from wfm_pipeline.reports.figures.forecast import as_markdown
from wfm_pipeline.reports.figures.glance import Line, glance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


AGES: Final = ("#deebf7", "#a6c8e4", "#5b9bc9", "#2166a5", "#0a2f5c")
"""Light to dark, so that age is seen in grey too."""
OVER_DUE, SHORT, THERE, NEEDED = "#d1600a", "#c8382d", "#a9c7a0", "#222222"
_SIZE: Final = (6.8, 6.6)
"""Inches: 680 points wide on a screen, as wide as mail is read."""
_HEIGHTS: Final = (2.3, 1.5, 1.5)
_MOST_QUEUES: Final = 6
_MOST_HOURS: Final = 12
"""Coming hours that are drawn [h]."""
_STYLE: Final[Mapping[str, Any]] = {"font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold"}
_NAME_LETTERS: Final = 20
_TICK_HOURS: Final = 6
_HOUR: Final = pd.Timedelta(hours=1)


def backlog_figure(trail: pd.DataFrame, people: pd.DataFrame, *, title: str, breach_limit: float) -> "Figure":
    """Open cases by age, people of the next hours, and the likeliest breaches.

    Args:
        trail: Rows of `gold.backlog_hour` of the last hours, up to two days; the last of them is now.
        people: Rows of `gold.headcount_hour` of the hours to come, as asked once.
        title: Title, which says so where the data are simulated.
        breach_limit: Wanted probability of a breach, at most [0..1].

    Returns:
        The figure; what is not known is left out and counted in words.
    """
    from matplotlib.figure import Figure

    with drawing(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained")
        figure.suptitle(picture_text(title, longest=90), fontsize=11)
        ages, there, breaches = figure.subplots(3, 1, height_ratios=_HEIGHTS)
        _draw_ages(ages, trail)
        _draw_people(there, people)
        _draw_breaches(breaches, trail, breach_limit)
    return figure


def _draw_ages(axes: "Axes", trail: pd.DataFrame) -> None:
    names = [age_bucket(place) for place in range(1, AGE_BUCKETS + 1)]
    hours = trail.groupby("hour_start")[names].sum().sort_index()
    place = _places(hours.index, hours.index)
    bottom = np.zeros(len(hours))
    for name, words, color in zip(names, bucket_heads(trail), AGES, strict=True):
        counts = hours[name].to_numpy(np.float64)
        axes.bar(place, counts, bottom=bottom, color=color, width=0.92, label=words, edgecolor="white", linewidth=0.2)
        bottom += counts
    late = (
        trail.assign(late=trail["over_due"].astype(float)).groupby("hour_start")["late"].sum(min_count=1).sort_index()
    )
    axes.plot(place, late.to_numpy(), color="white", linewidth=4)
    axes.plot(place, late.to_numpy(), color=OVER_DUE, linewidth=2, linestyle="--", marker=".", label="over due")
    _name_last(axes, place, late)
    axes.set_title("Open cases by age, and how many are over due", loc="left")
    axes.legend(ncols=6, frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, -0.36), handlelength=1.2,
                columnspacing=1.0)  # fmt: skip
    axes.margins(x=0.01)
    axes.set_ylim(0, max(bottom.max(initial=0.0), 1.0) * 1.1)
    _name_hours(axes, trail, place_of=hours.index)


def _name_last(axes: "Axes", place: np.ndarray, late: pd.Series) -> None:
    """The number over due now, beside its line."""
    if len(late) and not np.isnan(late.iloc[-1]):
        axes.annotate(
            f"{late.iloc[-1]:,.0f}", (place[-1], late.iloc[-1]), xytext=(4, 0), textcoords="offset points", va="center",
            color=OVER_DUE, fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def _name_hours(axes: "Axes", trail: pd.DataFrame, *, place_of: pd.Index) -> None:
    known = trail.drop_duplicates("hour_start").set_index("hour_start")["hour_start_local"].reindex(place_of)
    whole = known[known.dt.hour % _TICK_HOURS == 0]
    words = [f"{at:%a %H:%M}" if at.hour == 0 else f"{at:%H:%M}" for at in whole]
    axes.set_xticks(_places(whole.index, place_of), words)


def _places(moments: pd.Index, begins: pd.Index) -> np.ndarray:
    """Real hours since the first [h]."""
    return ((moments - begins[0]) / _HOUR).to_numpy(np.float64) if len(begins) else np.zeros(0)


def _draw_people(axes: "Axes", people: pd.DataFrame) -> None:
    known = people[people["on_product"].notna() & people["required"].notna()]
    rows = known.astype({"on_product": float, "required": float, "short": float})
    hours = rows.groupby("hour_start").agg(
        there=("on_product", "sum"),
        need=("required", "sum"),
        short=("short", "sum"),
        local=("hour_start_local", "first"),
    )
    hours = _while_open(hours.sort_index().iloc[:_MOST_HOURS])
    place = np.arange(len(hours))
    axes.bar(place, hours["there"], color=THERE, edgecolor="#4d7a42", width=0.6)
    axes.hlines(hours["need"], place - 0.42, place + 0.42, color=NEEDED, linewidth=2.4)
    for at, (there, need, short) in enumerate(hours[["there", "need", "short"]].to_numpy(np.float64)):
        if short > 0:
            axes.annotate(
                f"-{people_words(short)}", (at, max(there, need)), xytext=(0, 3), textcoords="offset points",
                ha="center", color=SHORT, fontweight="bold",
            )  # fmt: skip
    left_out = people["queue_id"].nunique() - known["queue_id"].nunique()
    words = f"not known of {left_out} queue{'s' if left_out != 1 else ''}, which are left out" if left_out else ""
    axes.set_title("People of the next hours: bars on cases, lines needed, - short", loc="left")
    axes.set_xlabel(words)
    axes.set_xticks(place, [f"{at:%H:%M}" for at in hours["local"]])
    highest = max(hours["there"].max(), hours["need"].max()) if len(hours) else 0.0
    axes.set_ylim(0, max(highest, 1.0) * 1.3)
    axes.set_xlim(-0.6, max(len(hours), 1) - 0.4)
    if hours.empty:
        axes.text(0.5, 0.5, "not known", transform=axes.transAxes, ha="center")


def _while_open(hours: pd.DataFrame) -> pd.DataFrame:
    """The hours up to the last in which anybody is there or needed; all of them where nobody ever is."""
    busy = np.flatnonzero((hours["there"] > 0) | (hours["need"] > 0))
    return hours.iloc[: busy[-1] + 1] if len(busy) else hours


def _draw_breaches(axes: "Axes", trail: pd.DataFrame, limit: float) -> None:
    now = trail[trail["hour_start"] == trail["hour_start"].max()]
    known = now[now["breach_probability"].notna()].astype({"breach_probability": float})
    worst = known.sort_values(["breach_probability", "queue_id"], ascending=[False, True]).head(_MOST_QUEUES)
    place, shares = np.arange(len(worst)), worst["breach_probability"].to_numpy(np.float64)
    colors = [SHORT if share >= limit else "#b9c4cc" for share in shares]
    axes.barh(place, shares, color=colors, edgecolor="#555555", height=0.65)
    for at, share in enumerate(shares):
        axes.text(share + 0.012, at, risk(share), va="center", fontweight="bold" if share >= limit else "normal")
    axes.axvline(limit, color=NEEDED, linestyle=":", linewidth=1.5)
    axes.set_yticks(place, [picture_text(queue, longest=_NAME_LETTERS) for queue in worst["queue_id"]])
    axes.set_xlim(0, 1.1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_ylim(max(len(worst), 1) - 0.4, -0.6)
    unknown = int((now["breach_probability"].isna() & (now["open_cases"] > 0)).sum())
    words = f"; not known of {unknown} queue{'s' if unknown != 1 else ''}" if unknown else ""
    axes.set_title(f"How likely a breach is, at most {risk(limit)} is wanted{words}", loc="left")
    if worst.empty:
        axes.text(0.5, 0.5, "not known", transform=axes.transAxes, ha="center")


def backlog_chart(trail: pd.DataFrame, people: pd.DataFrame, *, title: str, breach_limit: float) -> str:
    """The picture as Markdown, for a run's metadata; arguments as `backlog_figure`."""
    return as_markdown(backlog_figure(trail, people, title=title, breach_limit=breach_limit), title)


def backlog_glance(trail: pd.DataFrame, *, title: str) -> str:
    """Open cases and those over due, of all queues over the hours, small enough to be seen without a click."""
    hours = trail.astype({"open_cases": float, "over_due": float}).groupby("hour_start")[["open_cases", "over_due"]]
    sums = hours.sum(min_count=1).sort_index()
    lines = [Line(sums["open_cases"].tolist(), AGES[3]), Line(sums["over_due"].tolist(), OVER_DUE)]
    local = trail["hour_start_local"]
    when = f", {local.min():%Y-%m-%d %H:%M} to {local.max():%Y-%m-%d %H:%M}" if len(trail) else ""
    return glance(lines, words=f"{title}; blue open, orange over due, all queues{when}")

"""Pictures of a backtest: days, weeks with bands, errors by slice, calibration, differences, gains.

Here: frames in, figures out. Colours keep their meaning: grey is what came, blue is ours, orange the
best peer, green the floor. Not here: the numbers (domain/forecasting) or the words (words.py).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.reports.backtest.method_names import SCORE_NAMES, method_name
from wfm_pipeline.reports.figures.drawing import drawing, picture_text
from wfm_pipeline.reports.figures.forecast import ACTUAL
from wfm_pipeline.reports.figures.forecast import FORECAST as OURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PEER, FLOOR, SHAPE = "#c8741a", "#3a8f5c", "#9db9d3"
WIDTH_INCHES: Final = 9.6
MOST_QUEUES: Final = 4
MOST_TICKS: Final = 14
MOST_OF_OURS: Final = 2.0
"""Height of a slice's axis as a multiple of our largest bar; a peer above it is written as a number."""
_STYLE: Final = {
    "font.size": 8.5,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
_SLICE_TITLES: Final = {
    "horizon_day": "by day of the horizon",
    "weekday": "by weekday",
    "day_type": "by day type",
    "queue": "by queue",
    "hour": "by hour of the day",
}


def _figure(height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple["Figure", np.ndarray]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def _percent(value: float, _place: int) -> str:
    """A tick: 0.025 -> `2.5%`, 0.4 -> `40%`."""
    return f"{round(value * 100, 2):g}%"


def days_figure(rows: pd.DataFrame, *, ours: str, peer: str | None) -> "Figure":
    """Calls per day, all queues added up: what came, our mean, the best peer's; gaps where nothing is scored."""
    sums = rows.sort_values("horizon_day", kind="stable").drop_duplicates(["method", "queue_id", "interval_start"])
    days = sums.groupby(["method", "target_date"])[["calls", "calls_mean"]].sum()
    with drawing(_STYLE):
        figure, axes = _figure(2.9)
        plot = axes[0, 0]
        own = days.loc[ours]
        plot.plot(*_with_gaps(own["calls"]), color=ACTUAL, marker="o", markersize=2.6, linewidth=1.0, label="came")
        plot.plot(*_with_gaps(own["calls_mean"]), color=OURS, linewidth=1.6, label=f"{method_name(ours)}, mean")
        if peer is not None:
            name = picture_text(method_name(peer))
            plot.plot(*_with_gaps(days.loc[peer]["calls_mean"]), color=PEER, linewidth=0.9, linestyle="--", label=name)
        plot.set_ylabel("calls per day")
        plot.set_ylim(bottom=0)
        figure.legend(loc="outside upper right", ncols=3)
    return figure


def _with_gaps(values: pd.Series) -> tuple[pd.DatetimeIndex, pd.Series]:
    """Dates that are more than three days apart are not joined by a line."""
    index = pd.DatetimeIndex(values.index)
    breaks = index[:-1][np.diff(index.to_numpy()) > np.timedelta64(3, "D")] + pd.Timedelta(days=1)
    wide = values.reindex(index.union(breaks))
    return pd.DatetimeIndex(wide.index), wide


def week_figure(week: pd.DataFrame, *, title: str) -> "Figure":
    """One week by interval: what came, the mean, and the 50 and 90 % bands, per queue, largest first.

    Closed hours are left out of the axis, so that every interval has the same width.
    """
    queues = week.groupby("queue_id")["calls"].sum().sort_values(ascending=False, kind="stable").index[:MOST_QUEUES]
    starts = pd.DatetimeIndex(np.sort(week["interval_start"].unique()))
    with drawing(_STYLE):
        figure, axes = _figure(0.7 + 1.65 * len(queues), len(queues), sharex=True)
        figure.suptitle(title, x=0.01, ha="left")
        for plot, queue in zip(axes[:, 0], queues, strict=True):
            own = week[week["queue_id"] == queue].set_index("interval_start").reindex(starts)
            _draw_week(plot, own)
            plot.set_title(picture_text(str(queue)), loc="left", fontsize=8.5)
        _mark_days(axes[-1, 0], starts)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=4)
    return figure


def _draw_week(plot: Any, own: pd.DataFrame) -> None:
    at = np.arange(len(own))
    for low, high, alpha, label in (("calls_q05", "calls_q95", 0.18, "90 % band"), ("calls_q25", "calls_q75", 0.34, "50 % band")):  # fmt: skip
        plot.fill_between(at, own[low], own[high], step="mid", color=OURS, alpha=alpha, linewidth=0, label=label)
    plot.plot(at, own["calls_mean"], color=OURS, linewidth=1.1, label="mean")
    plot.plot(at, own["calls"], color=ACTUAL, marker=".", markersize=2.6, linewidth=0.5, label="came")
    plot.set_ylabel("calls")
    plot.set_ylim(bottom=0)
    plot.set_xlim(-0.5, len(own) - 0.5)
    plot.grid(visible=False, axis="x")


def _mark_days(plot: Any, starts: pd.DatetimeIndex) -> None:
    first = np.flatnonzero(np.append(True, np.diff(starts.normalize().to_numpy()) > np.timedelta64(0)))
    plot.set_xticks(first, [f"{start:%a %d %b}" for start in starts[first]], ha="left")
    for axes in plot.figure.axes:
        for place in first:
            axes.axvline(place - 0.5, color="#cccccc", linewidth=0.7)


def slices_figure(slices: pd.DataFrame, *, ours: str, peer: str | None) -> "Figure":
    """Error by horizon day, weekday, day type, queue and hour: ours, the best peer's, and the floor."""
    counts = slices.groupby("slice")["value"].nunique()
    kinds = [kind for kind in _SLICE_TITLES if counts.get(kind, 0) > 1]
    lines = max(-(-len(kinds) // 2), 1)
    with drawing(_STYLE):
        figure, axes = _figure(0.5 + 2.4 * lines, lines, 2)
        for plot, kind in zip(axes.ravel(), kinds, strict=False):
            _draw_slices(plot, slices[slices["slice"] == kind], ours, peer)
            plot.set_title(_SLICE_TITLES[kind], loc="left", fontsize=9)
        for plot in axes.ravel()[len(kinds) :]:
            plot.set_axis_off()
        if kinds:
            handles, labels = axes[0, 0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper right", ncols=3)
    return figure


def _draw_slices(plot: Any, table: pd.DataFrame, ours: str, peer: str | None) -> None:
    own = table[table["method"] == ours]
    at = np.arange(len(own))
    most = MOST_OF_OURS * float(own["wmape"].max())
    top = min(most, float(table.loc[table["method"].isin([ours, peer]), "wmape"].max()))
    plot.set_ylim(0, top * 1.1)
    plot.bar(at, own["wmape"], color=OURS, alpha=0.75, width=0.68, label=method_name(ours))
    if peer is not None:
        other = table[table["method"] == peer].set_index("value")["wmape"].reindex(own["value"])
        name = picture_text(method_name(peer))
        shown = other.to_numpy(float)
        plot.plot(at, np.minimum(shown, top), color=PEER, marker="D", markersize=4, linestyle="none", label=name)
        for place in np.flatnonzero(shown > top):
            plot.annotate(
                f"{shown[place]:.0%}", (place, top), (-5, -3), textcoords="offset points", ha="right", color=PEER
            )
    plot.hlines(own["wmape_floor"], at - 0.34, at + 0.34, color=FLOOR, linewidth=2.0, label="Poisson floor")
    step = -(-len(own) // MOST_TICKS)
    names = [picture_text(str(value)) for value in own["value"]]
    turned = 30 if max(map(len, names), default=0) * len(names) > 64 else 0  # noqa: PLR2004 (letters that fit a row)
    plot.set_xticks(at[::step], names[::step], rotation=turned, ha="right" if turned else "center")
    plot.yaxis.set_major_formatter(_percent)
    plot.grid(visible=False, axis="x")


def calibration_figure(reliability: pd.DataFrame, bands: pd.DataFrame, *, ours: str, queues: Sequence[str]) -> "Figure":
    """Left: how often calls fell below each quantile. Right: coverage of the bands, per queue."""
    with drawing(_STYLE):
        figure, axes = _figure(3.7, 1, 2)
        _draw_reliability(axes[0, 0], reliability[reliability["method"] == ours])
        _draw_band_coverage(axes[0, 1], bands[bands["method"] == ours], queues)
    return figure


def _draw_reliability(plot: Any, table: pd.DataFrame) -> None:
    whole = table[table["queue_id"] == ALL]
    plot.plot([0, 1], [0, 1], color=FLOOR, linewidth=1.2, label="perfect")
    plot.vlines(whole["level"], whole["share_below"], whole["share_at_or_below"], color=OURS, alpha=0.5, linewidth=5)
    middle = (whole["share_below"] + whole["share_at_or_below"]) / 2
    plot.plot(whole["level"], middle, "o", color=OURS, markersize=4, label="ours")
    plot.set_title("reliability: bars that meet the line are right", loc="left", fontsize=9)
    plot.set_xlabel("level of the quantile")
    plot.set_ylabel("share of calls below it .. at or below it")
    plot.xaxis.set_major_formatter(_percent)
    plot.yaxis.set_major_formatter(_percent)
    plot.legend(loc="upper left")


def _draw_band_coverage(plot: Any, table: pd.DataFrame, queues: Sequence[str]) -> None:
    shown = [name for name in (ALL, *queues) if name in set(table["queue_id"])]
    for band, marker in zip((0.5, 0.8, 0.9), "osD", strict=True):
        part = table[table["band"] == band].set_index("queue_id")["band_coverage"].reindex(shown)
        plot.axvspan(band - 0.04, band + 0.04, color=FLOOR, alpha=0.12, linewidth=0)
        plot.axvline(band, color=FLOOR, linewidth=1.0)
        plot.plot(part, np.arange(len(shown)), color=OURS, marker=marker, linestyle="none", label=f"{band:.0%} band")
    plot.set_yticks(np.arange(len(shown)), [picture_text(name) for name in shown])
    plot.set_ylim(len(shown) - 0.5, -0.5)
    plot.set_title("band coverage on busy intervals; green: target and 4 points around it", loc="left", fontsize=9)
    plot.xaxis.set_major_formatter(_percent)
    plot.legend(loc="best")


def pit_figure(pit: pd.DataFrame, *, ours: str, queues: Sequence[str]) -> "Figure":
    """PIT histograms: bars without chance, points with it; flat at the line is calibrated."""
    own = pit[pit["method"] == ours]
    shown = [name for name in (ALL, *queues) if name in set(own["queue_id"])]
    columns = min(max(len(shown), 1), 3)
    lines = -(-max(len(shown), 1) // columns)
    with drawing(_STYLE):
        figure, axes = _figure(0.5 + 2.1 * lines, lines, columns, sharey=True)
        for plot, queue in zip(axes.ravel(), shown, strict=False):
            part = own[own["queue_id"] == queue]
            middle = (part["bin_low"] + part["bin_high"]) / 2
            width = part["bin_high"] - part["bin_low"]
            plot.bar(middle, part["share"], width * 0.92, color=OURS, alpha=0.7, label="non-randomised")
            plot.plot(middle, part["share_randomised"], ".", color=ACTUAL, markersize=5, label="randomised")
            plot.axhline(1 / max(len(part), 1), color=FLOOR, linewidth=1.4, label="perfect")
            plot.set_title(f"{picture_text(queue)}, {part['points'].max():,} intervals", loc="left", fontsize=8.5)
            plot.yaxis.set_major_formatter(_percent)
            plot.grid(visible=False, axis="x")
        for plot in axes.ravel()[len(shown) :]:
            plot.set_axis_off()
        if shown:
            handles, labels = axes[0, 0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper right", ncols=3)
    return figure


def difference_figure(differences: pd.DataFrame) -> "Figure":
    """Our error against every peer's, with the 95 % interval; left of 0 ours is better."""
    scores = list(dict.fromkeys(differences["score"]))
    peers = list(dict.fromkeys(differences["peer"]))
    with drawing(_STYLE):
        figure, axes = _figure(0.9 + 0.32 * max(len(peers), 1), 1, max(len(scores), 1), sharey=True)
        for plot, score in zip(axes[0], scores, strict=False):
            part = differences[differences["score"] == score].set_index("peer").reindex(peers)
            at = np.arange(len(peers))
            scale = part["peer_score"]
            plot.hlines(at, part["difference_low"] / scale, part["difference_high"] / scale, color=OURS, linewidth=2.4)
            plot.plot(part["relative"], at, "o", color=OURS, markersize=5)
            plot.axvline(0, color=PEER, linewidth=1.2)
            plot.set_yticks(at, [picture_text(method_name(peer)) for peer in peers])
            plot.set_ylim(len(peers) - 0.5, -0.5)
            plot.set_title(SCORE_NAMES[score], loc="left", fontsize=9)
            plot.xaxis.set_major_formatter(_percent)
    return figure


def gain_figure(gains: pd.DataFrame) -> "Figure":
    """What the best peer's error is made of: chance, what is left in ours, and what ours has taken away."""
    best = gains[gains["is_best_peer"]].reset_index(drop=True)
    at = np.arange(len(best))
    oracle = np.minimum(
        best["oracle_day_total"].where(best["oracle_day_total"] > best["floor"], best["floor"]), best["ours"]
    )
    parts = (
        ("chance (Poisson floor)", best["floor"], FLOOR, 0.55),
        ("inside the day", oracle - best["floor"], SHAPE, 1.0),
        ("the day's level", best["ours"] - oracle, OURS, 0.85),
        ("better than the best peer", (best["peer_score"] - best["ours"]).clip(lower=0), PEER, 0.25),
    )
    with drawing(_STYLE):
        figure, axes = _figure(0.9 + 0.42 * max(len(best), 1))
        plot, left = axes[0, 0], np.zeros(len(best))
        for label, width, colour, alpha in parts:
            plot.barh(at, width.clip(lower=0), left=left, color=colour, alpha=alpha, height=0.62, label=label)
            left = left + width.clip(lower=0).to_numpy()
        plot.set_yticks(at, [SCORE_NAMES[score] for score in best["score"]])
        plot.set_ylim(len(best) - 0.5, -0.5)
        plot.xaxis.set_major_formatter(_percent)
        plot.grid(visible=False, axis="y")
        figure.legend(loc="outside upper center", ncols=4)
    return figure

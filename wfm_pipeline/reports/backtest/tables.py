"""The tables of a backtest's report, as text in cells.

Here: which columns are shown and how their numbers are written. Not here: the numbers themselves
(domain/forecasting) or the page (report.py).
"""

from typing import Final

import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting import METHOD
from wfm_pipeline.domain.forecasting.judging.analysis import BacktestAnalysis
from wfm_pipeline.reports.backtest.method_names import SCORE_NAMES, method_name
from wfm_pipeline.reports.words.html_page import Row
from wfm_pipeline.reports.words.numbers import UNKNOWN, number, p_value, percent, ratio, signed_percent

COMPARISON_HEAD: Final = (
    "method",
    "interval, per queue",
    "interval, all queues",
    "day, per queue",
    "day, all queues",
    "volume, mean",
    "volume, worst",
    "bias",
    "pinball",
    "50 % band holds",
    "80 % band holds",
    "90 % band holds",
)
_LOWER_IS_BETTER: Final = ("int_q", "int_tot", "day_q", "day_tot", "volume_mean", "volume_worst")


def comparison_rows(scores: pd.DataFrame, analysis: BacktestAnalysis) -> list[Row]:
    """One row per method, ours first, the others by their interval error, the floor last; best cells marked."""
    ordered = pd.concat(
        [scores[scores["method"] == METHOD], scores[scores["method"] != METHOD].sort_values("int_q", kind="stable")]
    )
    whole = analysis.bands[analysis.bands["queue_id"] == ALL].set_index(["method", "band"])["band_coverage"]
    best = {name: ordered[name].min() for name in (*_LOWER_IS_BETTER, "pinball")}
    places = {name: place for place, name in enumerate(_LOWER_IS_BETTER, start=1)} | {"pinball": 8}
    rows = []
    for _, score in ordered.iterrows():
        method = str(score["method"])
        cells = [
            method_name(method),
            *(percent(score[name]) for name in _LOWER_IS_BETTER),
            signed_percent(score["bias"]),
            number(score["pinball"], digits=4),
            *(percent(whole.get((method, band), float("nan")), digits=1) for band in (0.5, 0.8, 0.9)),
        ]
        marked = frozenset(place for name, place in places.items() if score[name] == best[name])
        rows.append(Row(cells, kind="ours" if method == METHOD else "", best=marked))
    return [*rows, _floor_row(analysis)]


def _floor_row(analysis: BacktestAnalysis) -> Row:
    floors = analysis.gains.drop_duplicates("score").set_index("score")["floor"]
    known = [percent(floors.get(name, float("nan"))) for name in _LOWER_IS_BETTER[:4]]
    return Row(["Poisson floor: the true rate known", *known, *[UNKNOWN] * 7], kind="quiet")


DIFFERENCE_HEAD: Final = (
    "score",
    "against",
    "ours",
    "theirs",
    "difference",
    "95 % interval",
    "resamples in which ours is better",
    "Diebold-Mariano",
    "p",
    "days",
)


def difference_rows(differences: pd.DataFrame) -> list[Row]:
    """One row per score and peer; the difference and its interval are relative to the peer's score."""
    return [
        Row(
            [
                SCORE_NAMES[row["score"]],
                method_name(row["peer"]),
                _score(row["score"], row["ours"]),
                _score(row["score"], row["peer_score"]),
                signed_percent(row["relative"]),
                _between(
                    ratio(row["difference_low"], row["peer_score"]), ratio(row["difference_high"], row["peer_score"])
                ),
                percent(row["better_share"], digits=0),
                number(row["dm_statistic"]),
                p_value(row["dm_p_value"]),
                f"{row['days']:,}",
            ]
        )
        for row in differences.to_dict("records")
    ]


def _score(name: str, value: float) -> str:
    return number(value, digits=4) if name == "pinball" else percent(value)


def _between(low: float, high: float) -> str:
    words = signed_percent(low), signed_percent(high)
    return UNKNOWN if UNKNOWN in words else f"{words[0]} to {words[1]}"


GAIN_HEAD: Final = (
    "score",
    "ours",
    "best other method",
    "theirs",
    "Poisson floor",
    "ours if the day's total were known",
    "share of their removable error left",
)


def gain_rows(gains: pd.DataFrame) -> list[Row]:
    """One row per score, against the best peer."""
    return [
        Row(
            [
                SCORE_NAMES[row["score"]],
                percent(row["ours"]),
                method_name(row["peer"]),
                percent(row["peer_score"]),
                percent(row["floor"]),
                percent(row["oracle_day_total"]),
                percent(row["share_left"], digits=0),
            ]
        )
        for row in gains[gains["is_best_peer"].astype(bool)].to_dict("records")
    ]


SLICE_HEAD: Final = (
    "slice",
    "share of calls",
    "interval error",
    "best other method",
    "Poisson floor",
    "day error",
    "bias",
    "50 % band holds",
    "80 % band holds",
    "90 % band holds",
)


def slice_rows(slices: pd.DataFrame, kind: str, peer: str | None) -> list[Row]:
    """One row per slice of a kind: ours, with the best peer's error beside it."""
    table = slices[slices["slice"] == kind]
    theirs = table[table["method"] == peer]
    other: dict[str, float] = dict(zip(theirs["value"], theirs["wmape"], strict=True))
    return [
        Row(
            [
                row["value"],
                percent(row["calls_share"], digits=1),
                percent(row["wmape"]),
                percent(other.get(row["value"], float("nan"))),
                percent(row["wmape_floor"]),
                percent(row["wmape_day"]),
                signed_percent(row["bias"]),
                *(percent(row[f"band_coverage_{band}"], digits=1) for band in (50, 80, 90)),
            ]
        )
        for row in table[table["method"] == METHOD].to_dict("records")
    ]

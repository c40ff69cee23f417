"""What a backtest says in plain words: how good, against whom, how honest, where weak, what is left.

Here: sentences and large figures, made from the tables by stated rules. Not here: the tables
(domain/forecasting) or the page (report.py).
"""

import math
from collections.abc import Hashable
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting import METHOD
from wfm_pipeline.domain.forecasting.judging.analysis import BacktestAnalysis
from wfm_pipeline.reports.backtest.method_names import method_name
from wfm_pipeline.reports.words.numbers import percent, ratio, signed_percent
from wfm_pipeline.units import WEEKDAYS

HONEST_WITHIN: Final = 0.04
"""Distance of a band coverage from its target up to which a band counts as honest [0..1]."""
NOTHING_BUSY: Final = "No interval is busy enough to judge them."
NOTHING_SCORED: Final = "Nothing could be scored: no target interval has known calls on an open day."
WEAK_FROM_SHARE: Final = 0.0025
"""Share of the calls from which a slice is worth naming [0..1]."""
_MOSTLY: Final = 0.5
_SLICE_WORDS: Final = {
    "horizon_day": "day {} of the horizon",
    "weekday": "{}",
    "day_type": "{}",
    "queue": "queue {}",
}
_VALUE_WORDS: Final = {
    **dict(
        zip(
            WEEKDAYS, ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"), strict=True
        )
    ),
    "working": "working days",
    "bridge": "bridge days",
    "eve": "eves of holidays",
    "weekend": "weekends",
    "holiday": "holidays",
}


def headline(scores: pd.DataFrame, analysis: BacktestAnalysis) -> list[tuple[str, str]]:
    """The four large figures: error, distance to the best peer, band coverage, share left."""
    own = _scores_of_ours(scores)
    best = _best(analysis.gains, "int_q")
    ahead = float("nan") if best is None else ratio(best["ours"] - best["peer_score"], best["peer_score"])
    left = float("nan") if best is None else best["share_left"]
    versus = "no peer was run" if best is None else f"against the best peer, {method_name(str(best['peer']))}"
    return [
        (percent(own["int_q"]), "error per queue and interval (wMAPE)"),
        (signed_percent(ahead), versus),
        (percent(own["cov80"], digits=1), "of busy intervals lie in the 80 % band"),
        (percent(left, digits=0), "of the best peer's removable error is left"),
    ]


def summary(scores: pd.DataFrame, analysis: BacktestAnalysis) -> list[tuple[str, str]]:
    """Five answers with their questions, in the order in which a planner asks; one where nothing was scored."""
    if METHOD not in set(analysis.rows["method"]):
        return [("How good is it?", NOTHING_SCORED)]
    return [
        ("How good is it?", _how_good(scores, analysis)),
        ("Better than a simple rule?", _against_peers(analysis)),
        ("Do the bands tell the truth?", _honesty(analysis)),
        ("Where is it weak?", _weakness(analysis)),
        ("What could still be gained?", _gain(analysis)),
    ]


def _scores_of_ours(scores: pd.DataFrame) -> dict[Hashable, float]:
    return next(row for row in scores.to_dict("records") if row["method"] == METHOD)


def _how_good(scores: pd.DataFrame, analysis: BacktestAnalysis) -> str:
    own = _scores_of_ours(scores)
    rows = analysis.rows[analysis.rows["method"] == METHOD]
    horizon, origins = int(rows["horizon_day"].max()), rows["origin"].nunique()
    ahead = "one day" if horizon == 1 else f"up to {horizon} days"
    volume = (
        ""
        if horizon == 1
        else f" The calls of a whole horizon are off by {percent(own['volume_mean'])} on average and "
        f"{percent(own['volume_worst'])} at worst."
    )
    side = "few" if own["bias"] < 0 else "many"
    return (
        f"Looking {ahead} ahead from {origins} origins, an interval of one queue is off by {percent(own['int_q'])} of "
        f"its calls, and a day of the whole desk by {percent(own['day_tot'])}.{volume} Over everything it expected "
        f"{percent(abs(own['bias']))} too {side} calls."
    )


def _against_peers(analysis: BacktestAnalysis) -> str:
    best = _best(analysis.gains, "int_q")
    if best is None:
        return "No other method was run, so nothing can be said."
    row = analysis.differences.set_index(["score", "peer"]).loc[("int_q", best["peer"])]
    word = "lower" if row["difference"] < 0 else "higher"
    opening = (
        f"The best of {analysis.gains['peer'].nunique()} other methods per interval is {method_name(str(best['peer']))} "
        f"with {percent(best['peer_score'])}; ours is {percent(abs(row['relative']), digits=1)} {word}."
    )
    return f"{opening} {_verdict(row)}"


def _verdict(row: pd.Series) -> str:
    low, high = ratio(row["difference_low"], row["peer_score"]), ratio(row["difference_high"], row["peer_score"])
    if math.isnan(low) or math.isnan(high):
        return "There are too few days to tell that from luck."
    between = f"({signed_percent(low)} to {signed_percent(high)} with 95 % confidence)"
    if low <= 0 <= high:
        return f"That may be luck {between}."
    return f"That is not luck {between}."


def _honesty(analysis: BacktestAnalysis) -> str:
    own = analysis.bands[analysis.bands["method"] == METHOD]
    whole = own[own["queue_id"] == ALL].set_index("band")["band_coverage"]
    if whole.empty or whole.isna().all():
        return NOTHING_BUSY
    said = [
        f"{percent(float(str(band)), digits=0)} bands hold {percent(share, digits=1)}" for band, share in whole.items()
    ]
    off = {band: share for band, share in whole.items() if abs(share - float(str(band))) > HONEST_WITHIN}
    judgement = (
        "Over all queues each lies within 4 points of what it promises."
        if not off
        else " ".join(
            f"The {percent(float(str(band)), digits=0)} bands are too {_width_word(share, band)}."
            for band, share in off.items()
        )
    )
    return f"{'; '.join(said)}. {judgement}{_worst_queue(own)}"


def _width_word(share: float, band: object) -> str:
    return "wide" if share > float(str(band)) else "narrow"


def _worst_queue(own: pd.DataFrame) -> str:
    """The queue and band furthest from what it promises; nothing where one queue is the whole."""
    queues = own[(own["queue_id"] != ALL) & own["band_coverage"].notna()]
    if queues["queue_id"].nunique() < 2:  # noqa: PLR2004 (one queue is the whole)
        return ""
    worst = queues.iloc[int((queues["band_coverage"] - queues["band"]).abs().argmax())]
    return (
        f" Furthest off is queue {worst['queue_id']}: its {percent(worst['band'], digits=0)} bands hold "
        f"{percent(worst['band_coverage'], digits=1)}."
    )


def _weakness(analysis: BacktestAnalysis) -> str:
    own = analysis.slices[analysis.slices["method"] == METHOD]
    own = own[own["calls_share"] >= WEAK_FROM_SHARE]
    named = []
    for kind, words in _SLICE_WORDS.items():
        part = own[own["slice"] == kind].dropna(subset=["wmape"])
        if len(part) > 1:
            worst, best = part.iloc[int(part["wmape"].argmax())], part.iloc[int(part["wmape"].argmin())]
            names = [words.format(_value(kind, row["value"])) for row in (worst, best)]
            named.append(f"{names[0]} ({percent(worst['wmape'])}; lowest: {names[1]} with {percent(best['wmape'])})")
    if not named:
        return "There is only one kind of day and one queue."
    return f"The largest relative errors: {'; '.join(named)}.{_most_removable(own)}"


def _value(kind: str, value: object) -> str:
    return _VALUE_WORDS.get(str(value), str(value)) if kind in {"weekday", "day_type"} else str(value)


def _most_removable(own: pd.DataFrame) -> str:
    """Where the most calls of error above the floor lie: the queue and the weekday."""
    said = []
    for kind in ("queue", "weekday"):
        part = own[own["slice"] == kind]
        above = ((part["wmape"] - part["wmape_floor"]) * part["calls"]).clip(lower=0)
        if len(part) > 1 and above.sum() > 0:
            name = _SLICE_WORDS[kind].format(_value(kind, part["value"].iloc[int(above.argmax())]))
            said.append(f"{name} ({percent(float(above.max() / above.sum()), digits=0)})")
    return (
        f" Counted in calls, the largest part of the error above chance comes from {' and '.join(said)}."
        if said
        else ""
    )


def _gain(analysis: BacktestAnalysis) -> str:
    best = _best(analysis.gains, "int_q")
    if best is None:
        return "Without another method there is nothing to measure it by."
    floor = f"Calls come at random: even the true rate would leave {percent(best['floor'])}."
    if math.isnan(best["share_left"]):
        return f"{floor} The best peer is there already."
    gone = percent(1 - best["share_left"], digits=0)
    left = f"Of what {method_name(str(best['peer']))} leaves above that, ours has removed {gone}."
    removable = best["ours"] - best["floor"]
    if removable <= 0:
        return f"{floor} {left} Ours is there: nothing is left."
    level = max(best["ours"] - max(best["oracle_day_total"], best["floor"]), 0.0) / removable
    where = "the day's level" if level > _MOSTLY else "how calls spread inside the day"
    return (
        f"{floor} {left} Knowing each day's total would bring the error from {percent(best['ours'])} to "
        f"{percent(best['oracle_day_total'])}: most of what is left is {where}."
    )


def _best(gains: pd.DataFrame, score: str) -> pd.Series | None:
    rows = gains[(gains["score"] == score) & gains["is_best_peer"].astype(bool)]
    return rows.iloc[0] if len(rows) else None


def unscored_words(days: pd.DataFrame) -> str:
    """How many days taught or judged nothing, and which."""
    if days.empty:
        return "No day is missing and none was closed beside the weekly rest."
    said = []
    for reason, part in days.groupby("reason", sort=True):
        dates = ", ".join(f"{date:%Y-%m-%d}" for date in part["date"].iloc[:12])
        more = f" and {len(part) - 12} more" if len(part) > 12 else ""  # noqa: PLR2004 (dates that fit a line)
        targets = int(part["is_target"].sum())
        said.append(f"{reason}: {len(part)} days, {targets} of them to be forecast ({dates}{more})")
    return "; ".join(said) + ". They were neither learnt from nor scored."

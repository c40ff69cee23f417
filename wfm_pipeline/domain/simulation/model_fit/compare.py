"""Is the model honest? Predicted against reached service level, per queue and month, and which model to use.

Here: the comparison, the bias of each model, the choice per queue, and what is known about the error
of the agents that were inferred. Not here: how each model predicts (predictions.py) and how a
chosen model is used for staffing. Method and measured results: docs/methods/staffing_honesty.md.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.model_fit.predictions import Month, erlang_levels, simulated_levels, skills_of
from wfm_pipeline.domain.simulation.model_fit.records import (
    habits_of,
    line_records,
    pools_of,
    services_of,
    with_handle_times,
)
from wfm_pipeline.domain.staffing.presence import (
    PRESENCE_RULES,
    Presence,
    WaitingTime,
    first_to_last,
    presence_error,
    seen_available,
)
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import ANSWER_TARGET_SECONDS, SECONDS_PER_DAY

_NO_HANDLE_TIME: Final = "no_handle_time"
"""Reason of calls that are left out because nobody knows how long their pool's calls of the month took."""
MODELS = ("erlang_c", "erlang_a", "simulation")
"""From the simplest to the richest; of equally good ones the simpler is chosen."""


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to compare.

    Attributes:
        seed: Seed of the simulation.
        answer_target_seconds: The 20 of 80/20 [s].
        interval_seconds: Length of an interval [s].
        runs: Runs of the simulation per month, >= 2.
        calls_min: A queue's month with fewer calls in the line is left out: its level is luck.
    """

    seed: int
    answer_target_seconds: float = ANSWER_TARGET_SECONDS
    interval_seconds: float = 1800.0
    runs: int = 5
    calls_min: int = 30


@dataclass(frozen=True, slots=True, eq=False)
class ModelFit:
    """The comparison.

    Attributes:
        months: One row per queue, month and presence rule: what was reached, what each model predicts, its bias
            (predicted - reached), and `model_name`: the model that was best in the *other* months.
        choices: One row per queue and presence rule: mean bias and mean absolute error of each model, weighed
            by calls, and `model_name`: the model to use.
        presence: One row per month: what is known about the error of the inferred agents.
        left_out: Reason -> records that are no calls in a line.
    """

    months: pd.DataFrame
    choices: pd.DataFrame
    presence: pd.DataFrame
    left_out: dict[str, int]


def compare_models(
    records: pd.DataFrame,
    *,
    options: FitOptions,
    presence_rules: tuple[str, ...] = PRESENCE_RULES,
    on_month: Callable[[str], None] = lambda _month: None,
) -> ModelFit:
    """Compare predicted with reached service level per queue and month.

    Args:
        records: See `records.line_records`.
        options: How to compare.
        presence_rules: How agents present are inferred; each gives its own rows.
        on_month: Told the name of each month.

    Returns:
        The comparison. Service levels count answered in target over calls that joined the line.

    Raises:
        DataError: the records lack a column, hold no call in a line, no agent or no handle time at all.

    Source:
        docs/methods/staffing_honesty.md.
    """
    found = line_records(records)
    if found.calls["agent_id"].isna().all():
        raise DataError("no record names an agent, so nobody's presence can be inferred")
    months, errors, left_out = [], [], {**found.left_out, _NO_HANDLE_TIME: 0}
    for month, every in found.calls.groupby("month", sort=True):
        on_month(f"{month:%Y-%m}")
        calls = with_handle_times(every)
        left_out[_NO_HANDLE_TIME] += len(every) - len(calls)
        if calls.empty:
            continue
        compared, error = _compare_month(calls.reset_index(drop=True), options, presence_rules)
        months.append(compared.assign(month=month))
        errors.append({"month": month, **error})
    if not months:
        raise DataError("no answered record has a handle time, so no model can say anything")
    table = _with_choice(pd.concat(months, ignore_index=True))
    return ModelFit(table, choices_of(table), pd.DataFrame(errors), left_out)


def _compare_month(
    calls: pd.DataFrame, options: FitOptions, rules: tuple[str, ...]
) -> tuple[pd.DataFrame, dict[str, object]]:
    services = services_of(calls)
    queue_ids = sorted(calls["queue_id"].unique())
    waiting = WaitingTime(calls["joins"].to_numpy(), (calls["joins"] + calls["wait_seconds"]).to_numpy())
    pools, skills = pools_of(services, queue_ids), skills_of(services)
    habits = {queue_id: habits_of(calls[calls["queue_id"] == queue_id]) for queue_id in queue_ids}
    begins = float(calls["joins"].min() // SECONDS_PER_DAY * SECONDS_PER_DAY)
    n_intervals = int((calls["joins"].max() - begins) // options.interval_seconds) + 1
    parts = []
    for rule in rules:
        presence = presence_by_rule(rule, services, calls, skills)
        month = Month(calls, begins, n_intervals, options.interval_seconds, pools, presence, skills, habits)
        parts.append(_predictions(month, options).assign(presence=rule))
    reached = _reached(calls, options.answer_target_seconds, habits, pools.of_queue)
    table = reached.merge(pd.concat(parts, ignore_index=True), on="queue_id")
    table = table[table["calls_in_line"] >= options.calls_min]
    for model in MODELS:
        table[f"bias_{model}"] = table[f"service_level_{model}"] - table["service_level"]
    return table, asdict(presence_error(services, waiting))


def presence_by_rule(
    rule: str, services: pd.DataFrame, calls: pd.DataFrame, skills: dict[str, frozenset[str]]
) -> Presence:
    """Presence by one of `PRESENCE_RULES`.

    Args:
        rule: The rule.
        services: agent_id, queue_id, starts, ends [s].
        calls: Rows of `LineRecords.calls`, whose waits count.
        skills: agent_id -> queues the agent serves; an agent is passed over only by callers of those.

    Returns:
        Stretches of presence.

    Raises:
        DataError: an unknown rule.
    """
    if rule == "first_to_last":
        return first_to_last(services)
    if rule != "seen_available":
        raise DataError(f"presence rule must be one of {', '.join(PRESENCE_RULES)}, got {rule!r}", got=rule)
    ends = calls["joins"] + calls["wait_seconds"]
    parts: list[Presence] = []
    named = services[services["agent_id"].notna()]
    by_skills = named["agent_id"].map(skills)
    for own, rows in named.groupby(by_skills.map(lambda queues: ";".join(sorted(queues))), sort=True):
        mine = calls["queue_id"].isin(str(own).split(";")).to_numpy()
        lines = WaitingTime(calls["joins"].to_numpy()[mine], ends.to_numpy()[mine])
        parts.append(seen_available(rows.reset_index(drop=True), lines))
    return _together(parts)


def _together(parts: list[Presence]) -> Presence:
    if not parts:
        return Presence(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), ())
    names = [name for part in parts for name in part.agents]
    offsets = np.cumsum([0, *(len(part.agents) for part in parts)])[:-1]
    return Presence(
        np.concatenate([part.agent + offset for part, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        tuple(names),
    )


def _reached(calls: pd.DataFrame, target: float, habits: dict, pool_of: dict[str, str]) -> pd.DataFrame:
    in_target = calls["is_answered"] & (calls["wait_seconds"] <= target)
    by_queue = calls.assign(in_target=in_target, gone=~calls["is_answered"]).groupby("queue_id")
    table = by_queue.agg(
        calls_in_line=("gone", "size"),
        service_level=("in_target", "mean"),
        abandon_share=("gone", "mean"),
        redials_in_line=("is_redial", "sum"),
    ).reset_index()
    found = [habits[queue_id] for queue_id in table["queue_id"]]
    return table.assign(
        pool=table["queue_id"].map(pool_of),
        aht_seconds=[one.aht_seconds for one in found],
        patience_seconds=[_finite(one.patience.patience_seconds) for one in found],
        patience_seconds_low=[_finite(one.patience.low) for one in found],
        patience_seconds_high=[_finite(one.patience.high) for one in found],
        patience_first_attempts_seconds=[_finite(one.patience_first_attempts.patience_seconds) for one in found],
    )


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan


def _predictions(month: Month, options: FitOptions) -> pd.DataFrame:
    table = erlang_levels(month, options.answer_target_seconds)
    simulated = simulated_levels(month, options.answer_target_seconds, seed=options.seed, runs=options.runs)
    levels = [simulated[queue_id][0] for queue_id in table["queue_id"]]
    return table.assign(
        service_level_simulation=[one.value for one in levels],
        service_level_simulation_low=[one.low for one in levels],
        service_level_simulation_high=[one.high for one in levels],
        abandon_share_simulation=[simulated[queue_id][1].value for queue_id in table["queue_id"]],
    )


def _with_choice(table: pd.DataFrame) -> pd.DataFrame:
    """Each month's model is the one that was best in the queue's other months; null where there is none."""
    chosen: dict[int, str] = {}
    for _, rows in table.groupby(["queue_id", "presence"]):
        chosen |= {row: _best(rows.drop(index=row)) for row in rows.index if len(rows) > 1}
    biases = [table.loc[row, f"bias_{chosen[row]}"] if row in chosen else np.nan for row in table.index]
    names = pd.Series([chosen.get(row) for row in table.index], index=table.index, dtype=object)
    return table.assign(model_name=names.where(names.notna(), None), bias_model=biases)


def _best(rows: pd.DataFrame) -> str:
    errors = [_mean(rows[f"bias_{model}"].abs(), rows["calls_in_line"]) for model in MODELS]
    return MODELS[int(np.argmin(errors))]


def _mean(values: pd.Series, weights: pd.Series) -> float:
    return float(np.average(values, weights=weights))


def choices_of(months: pd.DataFrame) -> pd.DataFrame:
    """Which model to use for each queue.

    Args:
        months: Rows as `ModelFit.months` has them.

    Returns:
        One row per queue and presence rule: months, calls_in_line, service_level, the mean bias and the mean
        absolute error of each model (`bias_`, `error_`), weighed by calls, and `model_name`, the one with the
        smallest error; of equally good ones the simpler.
    """
    rows = []
    for (queue_id, presence), own in months.groupby(["queue_id", "presence"], sort=True):
        weights = own["calls_in_line"]
        row: dict[str, object] = {"queue_id": queue_id, "presence": presence, "months": len(own)}
        row["calls_in_line"] = int(weights.sum())
        row["service_level"] = _mean(own["service_level"], weights)
        row |= {f"bias_{model}": _mean(own[f"bias_{model}"], weights) for model in MODELS}
        row |= {f"error_{model}": _mean(own[f"bias_{model}"].abs(), weights) for model in MODELS}
        rows.append({**row, "model_name": _best(own)})
    return pd.DataFrame(rows)

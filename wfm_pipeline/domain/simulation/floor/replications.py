"""Many runs of one floor, and what they say together: estimates with confidence intervals.

Shares are ratios of sums (all calls in target over all calls), never means of ratios: a quiet
interval must not weigh as much as a busy one. Not here: one run (run) and its sums (measures).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import CONFIDENCE
from wfm_pipeline.domain.simulation.floor.centre import Floor
from wfm_pipeline.domain.simulation.floor.draws import draw_callers
from wfm_pipeline.domain.simulation.floor.measures import GROUP_MEASURES, QUEUE_MEASURES, measure
from wfm_pipeline.domain.simulation.floor.run import crew_of, run_callers
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_HOUR

QUEUE_RATIOS = {
    "service_level": ("answered_in_target", "calls_offered"),
    "abandon_share": ("calls_abandoned", "calls_offered"),
    "asa_seconds": ("wait_answered_seconds", "calls_answered"),
    "wait_mean_seconds": ("wait_seconds", "calls_offered"),
    "aht_seconds": ("handle_seconds", "calls_answered"),
}
"""Ratio -> (sum above, sum below). Service level: answered in target over offered, redials are offered too."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Replications:
    """Sums of every run.

    Attributes:
        floor: The floor.
        queues: Sums named by `QUEUE_MEASURES`, shape (n_runs, n_measures, n_queues, n_intervals).
        groups: Sums named by `GROUP_MEASURES`, shape (n_runs, n_measures, n_groups, n_intervals).
    """

    floor: Floor
    queues: np.ndarray
    groups: np.ndarray

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.queues)

    def queue_sums(self, name: str, *, first_interval: int = 0) -> np.ndarray:
        """One measure per run and queue, added up over intervals.

        Args:
            name: One of `QUEUE_MEASURES`.
            first_interval: First interval that counts; those before it warm the floor up.

        Returns:
            Sums [calls or s], shape (n_runs, n_queues).
        """
        return self.queues[:, QUEUE_MEASURES.index(name), :, first_interval:].sum(axis=2)

    def group_sums(self, name: str, *, first_interval: int = 0) -> np.ndarray:
        """One measure per run and group, added up over intervals.

        Args:
            name: One of `GROUP_MEASURES`.
            first_interval: First interval that counts.

        Returns:
            Sums [s], shape (n_runs, n_groups).
        """
        return self.groups[:, GROUP_MEASURES.index(name), :, first_interval:].sum(axis=2)


def replicate(floor: Floor, *, seed: int, runs: int, on_run: Progress = lambda _done, _total: None) -> Replications:
    """Run a floor several times, each with its own luck.

    Args:
        floor: The floor.
        seed: Same floor, seed and number of runs give the same answer; run k is the same however many there are.
        runs: Number of runs, >= 1.
        on_run: Told (done, total) after each run.

    Returns:
        The sums of every run.

    Raises:
        DataError: fewer than one run.

    Source:
        docs/methods/simulation.md, step 8.
    """
    if runs < 1:
        raise DataError(f"a simulation needs at least 1 replication, got {runs}", got=runs)
    crew = crew_of(floor)
    queues = np.empty((runs, len(QUEUE_MEASURES), len(floor.queues), floor.n_intervals))
    groups = np.empty((runs, len(GROUP_MEASURES), len(floor.groups), floor.n_intervals))
    for number in range(runs):
        sums = measure(floor, crew, run_callers(floor, crew, draw_callers(floor, seed=seed, replication=number)))
        queues[number], groups[number] = sums.queues, sums.groups
        on_run(number + 1, runs)
    return Replications(floor, queues, groups)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its confidence interval; the ends are NaN where one run cannot tell.

    Attributes:
        value: The estimate; NaN where nothing was counted.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def ratio_of_sums(above: np.ndarray, below: np.ndarray, *, confidence: float = CONFIDENCE) -> Estimate:
    """Ratio of two sums over the runs, its interval by linearisation (the classic ratio estimator).

    Args:
        above: Sum above per run, shape (n_runs,).
        below: Sum below per run, shape (n_runs,).
        confidence: Level of the interval (0, 1).

    Returns:
        The estimate; NaN where the sum below is 0. The ends may leave [0, 1] for a share; they are not cut.

    Source:
        Law (2015), Simulation Modeling and Analysis, section 9.5 (t intervals over independent runs); Cochran
        (1977), Sampling Techniques, section 6.4 (ratio estimator).
    """
    total = float(np.sum(below))
    if total == 0:
        return Estimate(np.nan, np.nan, np.nan)
    ratio = float(np.sum(above)) / total
    half = _half_width((above - ratio * below) / np.mean(below), confidence)
    return Estimate(ratio, ratio - half, ratio + half)


def _half_width(deviations: np.ndarray, confidence: float) -> float:
    from scipy.special import stdtrit

    runs = len(deviations)
    if runs <= 1:
        return float("nan")
    error = np.sqrt(np.sum(deviations**2) / (runs - 1) / runs)
    return float(stdtrit(runs - 1, (1 + confidence) / 2) * error)


def queue_summary(
    replications: Replications, *, confidence: float = CONFIDENCE, first_interval: int = 0
) -> pd.DataFrame:
    """One row per queue, and `(all)` where there are several, over the intervals from `first_interval` on.

    Args:
        replications: The runs.
        confidence: Level of the intervals (0, 1).
        first_interval: First interval that counts.

    Returns:
        queue_id, calls per run (`calls_offered` ... `calls_waiting`), and each of `QUEUE_RATIOS` with its
        ends as `_low` and `_high`.
    """
    names = [queue.queue_id for queue in replications.floor.queues]
    sums = {name: replications.queue_sums(name, first_interval=first_interval) for name in QUEUE_MEASURES}
    counts = [name for name in QUEUE_MEASURES if name.startswith("calls_")]
    rows = []
    for queue_id, pick in _rows(names):
        row: dict[str, object] = {"queue_id": queue_id}
        row |= {name: float(sums[name][:, pick].sum(axis=1).mean()) for name in counts}
        for ratio, (above, below) in QUEUE_RATIOS.items():
            found = ratio_of_sums(
                sums[above][:, pick].sum(axis=1), sums[below][:, pick].sum(axis=1), confidence=confidence
            )
            row |= {ratio: found.value, f"{ratio}_low": found.low, f"{ratio}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)


def group_summary(
    replications: Replications, *, confidence: float = CONFIDENCE, first_interval: int = 0
) -> pd.DataFrame:
    """One row per group of agents, and `(all)` where there are several.

    Args:
        replications: The runs.
        confidence: Level of the interval (0, 1).
        first_interval: First interval that counts.

    Returns:
        group_id, agents, staffed_hours, overtime_hours and busy_hours per run, occupancy (busy over
        staffed and overtime) with its ends.
    """
    names = [group.group_id for group in replications.floor.groups]
    heads = np.array([len(group.agents) for group in replications.floor.groups])
    sums = {name: replications.group_sums(name, first_interval=first_interval) for name in GROUP_MEASURES}
    rows = []
    for group_id, pick in _rows(names):
        total = {name: values[:, pick].sum(axis=1) for name, values in sums.items()}
        found = ratio_of_sums(
            total["busy_seconds"], total["staffed_seconds"] + total["overtime_seconds"], confidence=confidence
        )
        hours = {
            name.replace("seconds", "hours"): float(values.mean() / SECONDS_PER_HOUR) for name, values in total.items()
        }
        rows.append(
            {
                "group_id": group_id,
                "agents": int(heads[pick].sum()),
                **hours,
                "occupancy": found.value,
                "occupancy_low": found.low,
                "occupancy_high": found.high,
            }
        )
    return pd.DataFrame(rows, columns=["group_id", "agents", *_HOURS, "occupancy", "occupancy_low", "occupancy_high"])


_HOURS = [name.replace("seconds", "hours") for name in GROUP_MEASURES]


def interval_summary(replications: Replications) -> pd.DataFrame:
    """One row per queue and interval: means over the runs of the counts, ratios of their sums.

    Args:
        replications: The runs.

    Returns:
        queue_id, interval, starts_seconds, the counts per run, and `QUEUE_RATIOS` without ends.
    """
    floor = replications.floor
    mean = replications.queues.mean(axis=0)
    n_queues, n_intervals = len(floor.queues), floor.n_intervals
    table = pd.DataFrame(
        {
            "queue_id": np.repeat([queue.queue_id for queue in floor.queues], n_intervals),
            "interval": np.tile(np.arange(n_intervals), n_queues),
            "starts_seconds": np.tile(np.arange(n_intervals) * floor.interval_seconds, n_queues),
        }
    )
    flat = {name: mean[position].ravel() for position, name in enumerate(QUEUE_MEASURES)}
    for name in QUEUE_MEASURES:
        if not name.endswith("_seconds"):
            table[name] = flat[name]
    for ratio, (above, below) in QUEUE_RATIOS.items():
        table[ratio] = np.divide(
            flat[above], flat[below], out=np.full(n_queues * n_intervals, np.nan), where=flat[below] > 0
        )
    return table


def _rows(names: list[str]) -> list[tuple[str, list[int]]]:
    single = [(name, [position]) for position, name in enumerate(names)]
    return [*single, (ALL, list(range(len(names))))] if len(names) > 1 else single

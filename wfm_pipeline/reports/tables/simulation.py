"""The simulation as tables for the terminal: a value and the half width of its confidence interval side by side."""

import pandas as pd

_RATIOS = ("service_level", "abandon_share", "asa_seconds")
_COUNTS = ("calls_offered", "calls_redial", "calls_answered", "calls_abandoned", "calls_waiting")


def queue_table(queues: pd.DataFrame) -> pd.DataFrame:
    """One row per queue: counts per run, and each ratio with its half width as `+-`; columns of zeros are left out.

    Args:
        queues: What the simulation says per queue, with `_low` and `_high` beside each ratio.
    """
    counts = [name for name in _COUNTS if name == "calls_offered" or (queues[name] > 0).any()]
    shown = queues[["queue_id", *counts]].copy()
    for name in _RATIOS:
        shown[name] = queues[name]
        shown["+-" + " " * _RATIOS.index(name)] = (queues[f"{name}_high"] - queues[f"{name}_low"]) / 2
    return shown


def group_table(groups: pd.DataFrame) -> pd.DataFrame:
    """One row per group of agents: hours per run, occupancy with its half width."""
    shown = groups.drop(columns=["occupancy_low", "occupancy_high"])
    return shown.assign(**{"+-": (groups["occupancy_high"] - groups["occupancy_low"]) / 2})

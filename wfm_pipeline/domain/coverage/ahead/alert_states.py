"""When an alert is open: looks at a number, made into open and closed by pending time and hysteresis, for many limits at once.

The same machine as monitoring/alerts/weighing, which keeps one thing alive over restarts; here whole days are gone through
to ask how good a limit is, and a test holds the two together. Small numbers are bad: a number at or below the limit is wrong, one
at or above the clear limit is well, what lies between changes nothing.
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class AlertRule:
    """How looks become alerts.

    Attributes:
        clear_above: How far above the limit a number is well again, > 0, in the number's own unit.
        pending_seconds: How long it must have been wrong before the alert opens [s].
        clear_seconds: How long it must have been well before it closes [s].
    """

    clear_above: float
    pending_seconds: float
    clear_seconds: float


def alert_states(values: FloatArray, looked_at: FloatArray, limits: FloatArray, rule: AlertRule) -> BoolArray:
    """Whether an alert is open after each look; before the first look none is.

    Args:
        values: The number looked at, NaN = not known: such a look changes nothing; shape (n_things, n_looks).
        looked_at: When, rising [s], shape (n_looks,).
        limits: Limits at which a number is wrong, shape (n_limits,).
        rule: Times and hysteresis.

    Returns:
        True where it is open, shape (n_limits, n_things, n_looks).

    Example:
        >>> rule = AlertRule(clear_above=0.1, pending_seconds=120.0, clear_seconds=120.0)
        >>> levels = np.array([[0.5, 0.5, 0.65, 0.8, 0.8]])
        >>> alert_states(levels, np.arange(5) * 300.0, np.array([0.6]), rule)[0, 0].tolist()
        [False, True, True, True, False]
    """
    shape = (len(limits), len(values))
    is_open = np.zeros(shape, dtype=bool)
    since = np.full(shape, np.nan)  # wrong since, while closed; well since, while open
    found = np.zeros((*shape, values.shape[1]), dtype=bool)
    with np.errstate(invalid="ignore"):
        wrong = values <= limits[:, None, None]
        well = values >= limits[:, None, None] + rule.clear_above
    for number, now in enumerate(looked_at):
        towards = np.where(is_open, well[..., number], wrong[..., number])
        back = np.where(is_open, wrong[..., number], well[..., number])
        since = np.where(towards & np.isnan(since), now, np.where(back, np.nan, since))
        waits = np.where(is_open, rule.clear_seconds, rule.pending_seconds)
        turns = towards & (now - since >= waits)
        is_open = is_open ^ turns
        since = np.where(turns, np.nan, since)
        found[..., number] = is_open
    return found

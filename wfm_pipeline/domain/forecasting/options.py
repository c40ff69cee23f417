"""Every choice of the forecast in one record: memories of the level and of its drift, half-lives, quantile levels, seeds.

Here: what several parts read, or what a caller or a test may want otherwise. Not here: a number of one part
alone, which stands at the top of that part with its unit and reason; and what the choices do.

One configuration serves every desk; nothing is tuned per data set or per origin. Where the numbers come from and
what each is worth: docs/methods/forecasting.md.
"""

from dataclasses import dataclass
from typing import Final

from wfm_pipeline.errors import SettingsError

FORECAST_VERSION: Final = 1
"""Raise it with every change of the method that moves its numbers: what was made to compare with is made again."""

METHOD: Final = "wfm"
"""Name of our own method wherever methods stand side by side."""

MEDIAN: Final = 0.5
"""Level of the median."""
QUANTILE_LEVELS: Final = (0.05, 0.1, 0.25, MEDIAN, 0.75, 0.9, 0.95)
"""Quantiles that every forecast carries, as columns `calls_q05` to `calls_q95`."""

RUNG_MODEL: Final = "lightgbm"
RUNG_PROFILE: Final = "profile_level"
RUNG_WEEKDAYS: Final = "mean_weekdays"
RUNG_POOLED: Final = "pooled_profile"
RUNG_NONE: Final = "no_history"
RUNG_CLOSED: Final = "closed"
"""No step of the ladder: the queue has stopped."""
RUNGS: Final = (RUNG_MODEL, RUNG_PROFILE, RUNG_WEEKDAYS, RUNG_POOLED, RUNG_NONE)
"""The ladder, from much history to none; a queue steps down to the right."""


def quantile_column(level: float) -> str:
    """Name of a quantile's column.

    Args:
        level: The quantile's level, in (0, 1).

    Returns:
        Name of its column.

    Example:
        >>> quantile_column(0.1)
        'calls_q10'
    """
    return f"calls_q{round(level * 100):02d}"


@dataclass(frozen=True, slots=True)
class ForecastOptions:
    """Choices of the forecast. Weeks are weeks of usable history; shares are 0..1.

    Attributes:
        weekdays_from_weeks: From here on a queue forecasts with its own weekdays.
        profile_from_weeks: From here on it has a level and a profile of its own.
        model_from_weeks: From here on the interval quantile models may join.
        level_days: Same weekdays whose median is the level; the mean of several medians [days].
        drift_days: Working days the recent drift looks at [days].
        drift_half_lives_days: Ages at which a day counts half in each drift, short to long [days].
        drift_gain: Share of the drift that is carried into the future.
        rehearsal_days: Last days whose origins the drifts are rehearsed from [days].
        yearly_from_days: History from which last year's movement is used [days].
        shape_days: Same weekdays behind the intraday profile [days].
        shape_half_life_days: Same weekdays after which a day counts half in the profile [days].
        trim_share: Share of days cut at each end of the profile's mean.
        effect_clip: Largest calendar effect the trees may learn [log].
        effect_seeds: Seeds of the calendar-effect models; several are averaged.
        effect_trees: Trees per calendar-effect model.
        quantile_trees: Trees per interval quantile model.
        quantile_max_rows: Training rows the interval models see at most.
        inner_origins: Backtest origins inside the training window, for bands and weights.
        dispersion_default: Over-dispersion f of Var = m + f m^2 before any backtest exists.
        lognormal_cap: Largest correction of the level for its own log error.
        sane_ratio: A forecast further than this factor from the last weeks' level is not believed.
        leave_out_anomalies: Days that look wrong are not learnt from unless a person refuses.
        anomaly_spreads: Usual spreads from which a day looks wrong.
        aht_shrink_calls: Calls an interval needs to weigh as much as its queue's mean [calls].
        num_threads: Threads for LightGBM; the result does not depend on it.
        seed: First seed of everything random.
    """

    weekdays_from_weeks: float = 2.0
    profile_from_weeks: float = 8.0
    model_from_weeks: float = 26.0
    level_days: tuple[int, ...] = (4, 8)
    drift_days: int = 15
    drift_half_lives_days: tuple[float, float, float] = (2.0, 5.0, 12.0)
    drift_gain: float = 0.75
    rehearsal_days: int = 56
    yearly_from_days: int = 392
    shape_days: int = 20
    shape_half_life_days: float = 8.0
    trim_share: float = 0.2
    effect_clip: float = 0.6
    effect_seeds: int = 3
    effect_trees: int = 100
    quantile_trees: int = 80
    quantile_max_rows: int = 100_000
    inner_origins: int = 6
    dispersion_default: float = 0.05
    lognormal_cap: float = 0.05
    sane_ratio: float = 3.0
    leave_out_anomalies: bool = True
    anomaly_spreads: float = 4.0
    aht_shrink_calls: float = 30.0
    num_threads: int = 2
    seed: int = 20_240_101

    def __post_init__(self) -> None:
        """Refuse what cannot be computed with."""
        ladder = (self.weekdays_from_weeks, self.profile_from_weeks, self.model_from_weeks)
        if list(ladder) != sorted(ladder) or ladder[0] < 0:
            raise SettingsError(f"the ladder's weeks must not fall from rung to rung, got {ladder}", got=ladder)
        if not self.level_days or min(self.level_days) < 1:
            raise SettingsError(
                f"level_days must be whole days of at least 1, got {self.level_days}", got=self.level_days
            )
        for name in ("drift_days", "shape_days", "effect_seeds", "inner_origins", "num_threads"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, got {getattr(self, name)}", got=getattr(self, name))
        if not self.sane_ratio > 1:
            raise SettingsError(f"sane_ratio must be above 1, got {self.sane_ratio}", got=self.sane_ratio)

"""What the made contact centre is like: its queues, its callers' habits, its dirt. Numbers only.

The defaults are the sample every newcomer sees; each is invented, none is fitted to real data.
"""

import datetime as dt
from dataclasses import dataclass, field

import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.errors import DataError

SAMPLE_VERSION = "4"
"""Changes whenever the same seed and dates no longer give the same file."""

TEST_QUEUE = "test"
MONITOR_NUMBER = "+46740000001"
"""The probe that dials in to see whether the lines work; the map excludes it."""


def sample_site() -> Site:
    """A Swedish site: Monday to Friday 07-21, Saturday 10-16, closed on Sundays and public holidays."""
    weekdays = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "07:00-21:00")
    return Site(
        calendar="sample",
        time_zone="Europe/Stockholm",
        country="SE",
        opening_hours={**weekdays, "sat": "10:00-16:00"},
        closed_on_holidays=True,
    )


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One queue.

    Attributes:
        queue_id: Its id; `name` is what people read.
        calls_per_day: First attempts on a mean weekday at the start [calls].
        trend_per_year: Growth per year; 0.1 is 10 %.
        season_amplitude: Height of the yearly wave [share]; it peaks on day `season_peak_day` of the year.
        month_end_lift: Extra calls from the 25th on [share].
        morning_share: Weight of the morning peak against the afternoon's [0..1].
        talk_seconds: Mean talk time [s].
        after_call_seconds: Mean after-call work [s].
        patience_seconds: Mean patience of a waiting caller, exponential [s].
        transfer_share: Share of answered legs passed on to another queue [0..1].
        case_share: Share of finished calls that open a case [0..1].
        hourly_cost: Cost of a paid hour of one agent [currency of the centre].
    """

    queue_id: str
    name: str
    calls_per_day: float
    trend_per_year: float = 0.0
    season_amplitude: float = 0.1
    season_peak_day: int = 30
    month_end_lift: float = 0.0
    morning_share: float = 0.6
    talk_seconds: float = 240.0
    after_call_seconds: float = 40.0
    patience_seconds: float = 240.0
    transfer_share: float = 0.06
    case_share: float = 0.2
    hourly_cost: float = 310.0


@dataclass(frozen=True, slots=True)
class Behavior:
    """What callers do.

    Attributes:
        redial_share: Share of callers who come back after giving up [0..1].
        attempts_max: Attempts after which a person stops trying [count].
        quick_share: Share of those who come back soon; the others do something else first [0..1].
        quick_seconds: Mean time to a quick redial, after a pause of `redial_pause_seconds` [s].
        late_seconds: Mean time to a late redial [s].
        other_phone_share: Share of redials from the person's other phone [0..1].
        withheld_share: Share of persons who never show a number [0..1].
        foreign_share: Share of persons with a foreign number [0..1].
        switchboard_share: Share of persons behind a switchboard, spread over `switchboards` numbers [0..1].
        colleague_share: Share of switchboard calls after which a colleague calls about the same thing [0..1].
        colleague_seconds: Mean time until the colleague calls, whatever became of the first call [s].
        unlisted_share: Share of calls that dial a landing number no customer has [0..1].
        closed_calls_per_day: Calls just outside the opening hours [calls].
    """

    redial_share: float = 0.62
    attempts_max: int = 6
    quick_share: float = 0.82
    quick_seconds: float = 50.0
    redial_pause_seconds: float = 6.0
    late_seconds: float = 2400.0
    other_phone_share: float = 0.08
    withheld_share: float = 0.03
    foreign_share: float = 0.02
    switchboard_share: float = 0.06
    switchboards: int = 60
    colleague_share: float = 0.10
    colleague_seconds: float = 420.0
    unlisted_share: float = 0.01
    closed_calls_per_day: float = 1.5


@dataclass(frozen=True, slots=True)
class Dirt:
    """Faults of the records, each labelled in the truth.

    Attributes:
        duplicate_share, corrected_share: Rows of `queue_cdr` that come twice, and that are corrected later [0..1].
        negative_talk_share, absurd_talk_share, negative_wait_share: Rows with such a duration [0..1].
        duplicate_case_share: Cases that come twice [0..1].
        test_calls_per_day, monitor_calls_per_day: Calls that nobody made [calls].
        missing_days: Days whose log is lost [days].
    """

    duplicate_share: float = 4e-4
    corrected_share: float = 2e-4
    negative_talk_share: float = 8e-5
    absurd_talk_share: float = 8e-5
    negative_wait_share: float = 4e-5
    duplicate_case_share: float = 4e-4
    test_calls_per_day: float = 0.3
    monitor_calls_per_day: float = 1.0
    missing_days: int = 1


def _default_queues() -> tuple[QueueSpec, ...]:
    return (
        QueueSpec("support", "Simulated support", 340, 0.12, 0.10, 25, 0.0, 0.6, 250, 40, 230, 0.07, 0.30),
        QueueSpec("orders", "Simulated orders", 230, 0.05, 0.18, 345, 0.0, 0.5, 190, 25, 200, 0.05, 0.12),
        QueueSpec("billing", "Simulated billing", 130, -0.06, 0.08, 60, 0.28, 0.65, 280, 55, 260, 0.09, 0.25),
        QueueSpec("english", "Simulated English desk", 50, 0.20, 0.15, 190, 0.0, 0.5, 320, 45, 280, 0.08, 0.20),
    )


@dataclass(frozen=True, slots=True)
class ContactCentreSpec:
    """The whole centre.

    Attributes:
        site: Clock, calendar and opening hours.
        months: Length of the history, up to and including the last date [months].
        queues: The queues.
        weekday_shares: Level of Monday to Sunday against a mean weekday.
        day_level_sd: Spread of the shared day level, log scale; half of it carries over to the next day.
        queue_level_sd: Spread of each queue's own day level, log scale.
        occupancy: Occupancy the planner aims at; higher means longer waits [0..1].
        customers: Client companies, reached over one to four landing numbers each [count].
        parents: Parent companies that group some of them [count].
        persons: People who may call [count].
        overtime_multiplier: An hour of overtime over a usual one [factor].
        currency: ISO 4217 code of costs.
    """

    site: Site = field(default_factory=sample_site)
    months: int = 18
    queues: tuple[QueueSpec, ...] = field(default_factory=_default_queues)
    weekday_shares: tuple[float, ...] = (1.18, 1.06, 1.0, 0.98, 0.90, 0.36, 0.3)
    day_level_sd: float = 0.10
    queue_level_sd: float = 0.09
    occupancy: float = 0.78
    customers: int = 80
    parents: int = 12
    persons: int = 60_000
    overtime_multiplier: float = 1.5
    currency: str = "SEK"
    behavior: Behavior = field(default_factory=Behavior)
    dirt: Dirt = field(default_factory=Dirt)

    def __post_init__(self) -> None:
        """Refuse a centre that cannot be simulated."""
        if self.months < 1 or len(self.queues) < 2 or self.customers <= self.parents:  # noqa: PLR2004 - a transfer needs two
            raise DataError(
                "a sample needs months >= 1, at least 2 queues and more customers than parents, got "
                f"months={self.months}, {len(self.queues)} queues, customers={self.customers}, parents={self.parents}"
            )

    def first_date(self, last_date: dt.date) -> dt.date:
        """First date of a history of `months` months that ends with `last_date`.

        Args:
            last_date: Last date of the history.

        Returns:
            First date of `months` months that end with it.
        """
        return (pd.Timestamp(last_date) - pd.DateOffset(months=self.months) + pd.Timedelta(days=1)).date()

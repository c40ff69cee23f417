"""A coverage analyzer out of a house: its addresses, limits and policies as the settings say.

Not here: what the analyzer does (analyzer).
"""

from collections.abc import Sequence
from typing import Final

from wfm_pipeline.domain.coverage.actions import ActionLimits
from wfm_pipeline.domain.coverage.intervals import CoverageLimits
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels import Channel
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.coverage.analyzer import CoverageAnalyzer
from wfm_pipeline.monitoring.coverage.asking import Choices
from wfm_pipeline.monitoring.coverage.centre import LiveCentre
from wfm_pipeline.monitoring.coverage.cycle import Worker
from wfm_pipeline.monitoring.coverage.gold_day import GoldDays
from wfm_pipeline.monitoring.coverage.keeping import Keeper
from wfm_pipeline.monitoring.coverage.looks import LookLimits
from wfm_pipeline.monitoring.coverage.telling import Teller
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import staffing_policies, staffing_policy
from wfm_pipeline.settings import Settings
from wfm_pipeline.sources.operational.live.limits import ReaderLimits
from wfm_pipeline.sources.operational.live.reader import LiveReader
from wfm_pipeline.units import SECONDS_PER_MINUTE

LIVE_URL: Final = "live_url (WFM_LIVE_URL)"


def open_analyzer(
    house: House,
    urls: Sequence[str] = (),
    *,
    what: str = LIVE_URL,
    is_told: bool = True,
    is_kept: bool = True,
    callback: Channel | None = None,
) -> CoverageAnalyzer:
    """Coverage of the live centre of a house; nothing is connected yet.

    Args:
        house: The house.
        urls: Addresses; those of the settings where none is given, else the sample's.
        what: Whose addresses they are, for messages.
        is_told: Monitoring writes alerts and sends them.
        is_kept: Monitoring writes history into the warehouse.
        callback: Called in this process with every alert, as one more channel.

    Returns:
        The analyzer; use it as an async context manager.

    Raises:
        SettingsError: nothing says where the centre is, or a setting is wrong.
    """
    settings = house.settings
    choices = choices_of(house)
    worker = Worker(GoldDays(house), choices, house.site.time_zone, settings.live_stale_seconds)
    teller = Teller(
        house.source_map.name,
        choices.interval_seconds,
        AlertDesk(house, callback=callback) if is_told else None,
        Keeper(house, choices.interval_seconds) if is_kept else None,
        LookLimits(settings.live_below_target, clear_coverage=settings.live_clear_coverage),
    )
    reader = LiveReader(urls or live_urls(house), limits=reader_limits(settings), what=what)
    return CoverageAnalyzer(LiveCentre(reader, worker, house.site), teller)


def live_urls(house: House) -> tuple[str, ...]:
    """Addresses of the centre, with their passwords: never print them.

    Raises:
        SettingsError: nothing says where it is.
    """
    given = (house.settings.live_url, house.settings.live_standby_url)
    urls = tuple(one.get_secret_value() for one in given if one)
    if not urls and house.is_simulated and (sample := house.settings.url_of_source):
        return (sample,)
    if not urls:
        raise SettingsError(
            "where is the live centre? Set WFM_LIVE_URL, or live_url in wfm.toml, to the database with its operational tables "
            "(sql/operational), or give --from; `wfm monitor --replay` shows a recorded day"
        )
    return urls


def choices_of(house: House) -> Choices:
    """What the settings say of a cycle."""
    settings = house.settings
    return Choices(
        interval_seconds=float(house.site.interval_minutes * SECONDS_PER_MINUTE),
        policies=staffing_policies(settings),
        default=staffing_policy(settings),
        limits=CoverageLimits(settings.live_adequate_from, settings.live_optimal_from, settings.live_optimal_to),
        reach=ActionLimits(call_back_share=settings.live_call_back_share),
        most_gaps=settings.live_action_gaps,
    )


def reader_limits(settings: Settings) -> ReaderLimits:
    """How the centre is read."""
    return ReaderLimits(
        kept_connections=settings.live_kept_connections,
        most_connections=settings.live_most_connections,
        connect_seconds=settings.live_connect_seconds,
        query_seconds=settings.live_query_seconds,
    )

"""Settings: what a person may choose, from `wfm.toml` and `WFM_*` variables, checked at the door.

The only module that reads the environment. Order of precedence: arguments of a command, environment,
`wfm.toml`, defaults. What a setting means for tables and sites is worked out in resources/options.py.
"""

import difflib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableValueError

from wfm_pipeline.backlog_settings import BacklogSettings
from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.machine import expanded
from wfm_pipeline.number_settings import Day, OccupancyCap, Patience, Shrinkage, Target
from wfm_pipeline.remembered import remember_url, remembered_url
from wfm_pipeline.secret_settings import FILE_OF, Secret, secret_fields, with_files
from wfm_pipeline.settings_groups import (
    AlertSettings,
    LiveSettings,
    ReaderSettings,
    ScheduleSettings,
    SourceSettings,
    StaffingEntry,
    TrainingSettings,
)
from wfm_pipeline.toml_file import read_toml
from wfm_pipeline.units import INTERVAL_MINUTES_ALLOWED, WEEKDAYS
from wfm_pipeline.urls import parse_url

PREFIX = "WFM_"
CONFIG_VARIABLE = "WFM_CONFIG"
_OTHER_VARIABLES = frozenset({CONFIG_VARIABLE, "WFM_REAL_DATA"})
_NUMBAS_FOLDER = "NUMBA_CACHE_DIR"
_TEST_PREFIX = "WFM_TEST_"
_TOLD_FAULTS = 5
_LONGEST_KEY = 100


class Settings(
    SourceSettings,
    ReaderSettings,
    AlertSettings,
    LiveSettings,
    BacklogSettings,
    ScheduleSettings,
    TrainingSettings,
    BaseSettings,
):
    """Every setting with its default; `wfm init` writes them down with these descriptions."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    home: Path = Field(Path("data"), description="Folder for everything made at run time.")
    source: str = Field("telephony", description="Name of a source map, or the path of your own (.toml).")
    source_url: Secret | None = Field(
        None,
        description="Where the source is: an SQLAlchemy URL (mysql+pymysql://user:password@host/database), an ODBC URL "
        "(mysql+pyodbc://...?driver=...), or file:///folder. Default: the sample of `wfm sample`, for telephony.",
    )
    source_url_file: Path | None = Field(None, description=FILE_OF.format("source_url"))
    warehouse_url: Secret = Field(
        SecretStr("duckdb:///warehouse/wfm.duckdb"),
        description="duckdb:///relative/to/home, duckdb:////absolute, or postgresql://user:password@host/database.",
    )
    warehouse_url_file: Path | None = Field(None, description=FILE_OF.format("warehouse_url"))
    rejected_raw_days: int = Field(
        90,
        ge=1,
        le=36_500,
        description="Days for which silver.rejected_rows keeps the raw row of a finding and its words.",
    )
    dagster_postgres_url: Secret | None = Field(
        None, description="PostgreSQL URL for Dagster's run storage; SQLite in home/dagster if empty."
    )
    dagster_postgres_url_file: Path | None = Field(None, description=FILE_OF.format("dagster_postgres_url"))

    writer_wait_seconds: float = Field(
        900.0,
        ge=0,
        le=86_400,
        description="How long a run waits for another that is writing the warehouse; 0 stops at once [s].",
    )

    time_zone: str | None = Field(None, description="IANA zone of the site; default: the source map's.")
    country: str | None = Field(None, description="ISO country code for public holidays; default: the map's.")
    subdivision: str | None = Field(None, description="State or region for public holidays.")
    weekend: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        None, description="Weekend days, such as ['sat', 'sun']."
    )
    opening_hours: dict[str, str] | None = Field(
        None,
        description="Weekday -> '08:00-18:00', '08:00-12:00,13:00-17:00', '22:00-06:00' or 'closed'; default: the map's.",
    )
    closed_on_holidays: bool | None = Field(None, description="Public holidays close the desk; default: the map's.")
    extra_holidays: dict[Day, str] = Field(default_factory=dict, description="Own days: date -> name.")
    interval_minutes: int | None = Field(None, description="5, 15, 30 or 60; default: the map's.")

    redial_window_seconds: int = Field(300, ge=1, le=86_400, description="A redial starts at most this long after [s].")
    redial_minimum_digits: int = Field(7, ge=1, le=15, description="Shorter caller numbers are unknown callers.")
    answer_target_seconds: int = Field(20, ge=0, le=3_600, description="The 20 of 80/20 [s].")
    excluded_queues: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Queues that are refused (tests, internal)."
    )
    excluded_numbers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Caller numbers that are refused, digits."
    )
    rejected_share_limit: float = Field(
        0.5,
        ge=0.001,
        le=1,
        description="The run fails when more than this share of rows is refused besides exclusions.",
    )
    contradiction_share_limit: float = Field(
        0.02,
        ge=0.001,
        le=1,
        description="The run fails when more than this share of calls contradicts itself: abandoned with talk time, or "
        "legs that overlap and should be in turn.",
    )
    unread_share_limit: float = Field(
        0.02,
        ge=0,
        le=1,
        description="The run fails when more than this share of what came in, or most of an hour of day or a queue, has "
        "a time that could not be read; 1 lets a run go on.",
    )

    first_date: Day | None = Field(
        None, description="First date of Dagster's partitions; default: the map's, else what the last run found."
    )
    overlap_days: int = Field(
        3, ge=0, le=366, description="Days before the last one whose rows are compared with the source in every run."
    )
    check_days_per_night: int = Field(
        30,
        ge=0,
        le=3_660,
        description="Older days whose rows are compared with the source each night, in turn: finds rows that were "
        "corrected in a source without a column for it.",
    )
    chunk_rows: int = Field(50_000, ge=1_000, le=1_000_000, description="Rows read from the source at a time.")
    retry_attempts: int = Field(3, ge=1, le=10, description="Tries when the source does not answer.")
    step_retries: int = Field(
        3, ge=0, le=20, description="How often a step of a run is done again when the source stays away."
    )
    step_retry_seconds: float = Field(
        60.0, ge=0.01, le=3_600, description="Wait before the first of them [s]; it doubles every time."
    )

    horizon_days: int = Field(14, ge=1, le=366, description="Days to forecast.")
    backtest_origins: int = Field(3, ge=0, le=52, description="Past issues scored in the main job, horizon_days apart.")
    num_threads: int = Field(2, ge=1, le=256, description="Threads for training and for staffing many intervals.")
    seed: int = Field(20_260_101, ge=0, le=2**31 - 1, description="Seed of everything random.")

    leave_out_anomalies: bool = Field(
        True, description="The forecast does not learn from days that look wrong, unless a person refuses."
    )
    anomaly_spreads: float = Field(
        4.0, ge=2, le=100, description="Usual spreads from which a day looks wrong; larger finds fewer."
    )
    staffing_service_level: Target = Field(
        0.8, description="Share of offered calls to answer within answer_target_seconds: the 80 of 80/20."
    )
    staffing_patience_seconds: Patience | None = Field(
        None, description="Mean patience of callers [s]; not set: nobody hangs up (Erlang C)."
    )
    staffing_max_occupancy: OccupancyCap | None = Field(0.9, description="Cap of the occupancy.")
    staffing_shrinkage: Shrinkage = Field(0.3, description="Paid time not available (breaks, leave, training).")
    staffing_concurrency: float = Field(1.0, ge=1, le=100, description="Contacts an agent handles at a time (chat).")
    staffing_quantile: float | None = Field(
        None,
        ge=0.05,
        le=0.95,
        description="Quantile of the calls to staff to; not set: per queue and day the smallest that is expected to "
        "reach the service level over the forecast's band. cost of one too few / (that + cost of one too many) is "
        "the quantile that costs least.",
    )
    staffing_queues: dict[str, StaffingEntry] = Field(
        default_factory=dict,
        description="What single queues do differently: queue -> service_level, answer_target_seconds, "
        "patience_seconds, max_occupancy, shrinkage, concurrency, quantile.",
    )

    capacity_full_time_hours: float = Field(40.0, ge=1, le=168, description="Paid hours of one FTE's week [h].")
    capacity_hire_for: Literal["mean", "q10", "q50", "q90"] = Field(
        "mean", description="Which gap of the capacity plan hiring should close: at expected calls, or at a quantile."
    )
    capacity_bundle_weeks: int = Field(
        4, ge=1, le=52, description="Weeks whose needs one hiring class covers, so that no class starts every week."
    )

    planning_folder: Path | None = Field(
        None,
        description="Folder of the planners' CSV tables (resources, rules, events, overrides ...); default: the sample's.",
    )
    allocation_strategy: Literal["optimal", "v2"] = Field("optimal", description="Strategy of the weekly allocation.")
    allocation_weight: Literal["volume", "workload"] | None = Field(
        None, description="What ideal shares follow; default: workload where every handle time is known."
    )
    allocation_minimum_one: bool = Field(
        False, description="Every demand gets a first person before any gets a second (strategy optimal)."
    )
    allocation_stability: bool = Field(
        False, description="Of equally good answers the one with fewest moves from last week (strategy optimal)."
    )
    allocation_full_week: bool = Field(False, description="Count only people who are there on every working day.")
    default_locality: Literal["Domestic", "Global"] = Field(
        "Global", description="Locality of a main_lob that no rule fits."
    )
    locality_calendars: dict[str, str] = Field(
        default_factory=dict,
        description="Calendar -> country or COUNTRY-SUBDIVISION of its holidays, on top of US for Domestic and "
        "IN for Global; a state's own calendar is called 'Domestic-TX' and would be 'US-TX'.",
    )

    freshness_hours: float = Field(
        6.0,
        ge=0,
        le=168,
        description="Hours after the nightly's time by which yesterday's calls and today's forecast must be there; "
        "0: nobody looks.",
    )
    dead_run_minutes: float = Field(
        5.0, ge=1, le=1_440, description="A run that gave no sign of life for so long was killed, and is closed [min]."
    )
    keep_runs_days: int = Field(
        90,
        ge=0,
        le=3_650,
        description="Older runs are taken out of Dagster's memory, unless they are the last that filled a day or a week; "
        "0: never.",
    )
    volume_drop_limit: float = Field(
        0.5, ge=0, le=0.999, description="Warn when a day's calls are below this share of what was forecast."
    )
    volume_least_calls: float = Field(
        20.0, ge=0, le=1e9, description="Days with a smaller forecast are too few calls to judge a drop by."
    )
    refused_share_warning: float = Field(
        0.02, ge=0, le=1, description="Warn when more than this share of rows is refused besides exclusions."
    )
    band_coverage_tolerance: float = Field(
        0.15, ge=0.001, le=0.999, description="Warn when the share inside the 80 % band is further than this from 0.8."
    )
    worse_than_peer_issues: int = Field(
        3, ge=1, le=30, description="Warn when so many issues in a row were worse than the median of six weekdays."
    )

    sample_months: int = Field(18, ge=2, le=60, description="Length of the sample contact centre.")

    @field_validator(
        "weekend",
        "excluded_queues",
        "excluded_numbers",
        "alert_channels",
        "alert_email_to",
        mode="before",
    )
    @classmethod
    def _split_at_commas(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("weekend")
    @classmethod
    def _check_weekend(cls, days: tuple[str, ...] | None) -> tuple[str, ...] | None:
        lower = tuple(day.lower() for day in days) if days is not None else None
        if lower and not set(lower) <= set(WEEKDAYS):
            raise ValueError(f"must be of {', '.join(WEEKDAYS)}")
        return lower

    @field_validator("interval_minutes")
    @classmethod
    def _check_interval(cls, minutes: int | None) -> int | None:
        if minutes is not None and minutes not in INTERVAL_MINUTES_ALLOWED:
            raise ValueError(f"must be one of {', '.join(map(str, INTERVAL_MINUTES_ALLOWED))}")
        return minutes

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic's)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[Any, ...]:
        """Arguments first, then the environment, then `wfm.toml`; a secret's file stands for the secret in each."""
        secrets = secret_fields(cls.model_fields)
        origins = (init_settings, env_settings, _TomlFile(settings_cls))
        return tuple(lambda origin=origin: with_files(origin(), secrets) for origin in origins)

    @property
    def url_of_source(self) -> str | None:
        """URL of the chosen source, with its password: never print it."""
        if self.source_url:
            return self.source_url.get_secret_value()
        if isinstance(self.sources, dict) and (entry := self.sources.get(self.source)):
            return entry.url.get_secret_value()
        return self.found_url(self.source)

    def found_url(self, source: str) -> str | None:
        """Where `wfm load` or `wfm sample` has put a source that no setting places; None where they have not."""
        if remembered := remembered_url(self.remembered_path, source):
            return remembered
        return f"sqlite:///{self.sample_path}" if source == "telephony" else None

    @property
    def sample_path(self) -> Path:
        """The SQLite file of the sample contact centre."""
        return self.home / "samples" / "contact_centre.sqlite"

    @property
    def remembered_path(self) -> Path:
        """Where `wfm load` notes which URL without a secret it loaded a source into."""
        return self.home / "sources.toml"

    def remember_source(self, name: str, url: str) -> bool:
        """Note where a source was loaded to, unless the URL holds a password or options; says whether it was noted."""
        return remember_url(self.remembered_path, name, url)


class _TomlFile(PydanticBaseSettingsSource):
    """`wfm.toml`, or the file `WFM_CONFIG` names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  (pydantic's)
        """Not used: the file is read whole."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The file's keys, or nothing where there is no file."""
        path = config_path()
        if not path.exists():
            if CONFIG_VARIABLE in os.environ:
                raise SettingsError(f"{CONFIG_VARIABLE} names {path}, which does not exist", got=str(path))
            return {}
        values = read_toml(path)
        unknown = sorted(set(values) - set(Settings.model_fields))
        if unknown:
            raise SettingsError(f"{path} has an unknown key {_with_guess(unknown[0])}", got=unknown)
        return {key: value for key, value in values.items() if value != ""}


def config_path() -> Path:
    """The settings file in force: `WFM_CONFIG`, else `wfm.toml` in the working folder."""
    return Path(os.environ.get(CONFIG_VARIABLE, "wfm.toml"))


def load_settings(**overrides: Any) -> Settings:
    """Read and check all settings.

    Args:
        overrides: Values from the command line; None means "not given".

    Raises:
        SettingsError: a value is not allowed; the message names the key, what came and what is allowed.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        faults = [_one_line(item) for item in error.errors()]
        more = [f"and {len(faults) - _TOLD_FAULTS} more"] if len(faults) > _TOLD_FAULTS else []
        raise SettingsError("; ".join([*faults[:_TOLD_FAULTS], *more])) from None
    except UnreadableValueError as error:
        name = str(error).split('"')[1] if '"' in str(error) else "a setting"
        raise SettingsError(f'{PREFIX}{name.upper()} must be JSON such as \'{{"mon": "08:00-18:00"}}\'') from None
    except RecursionError:
        raise SettingsError(f"a {PREFIX}* variable has too many lists or tables inside each other") from None
    _refuse_two_ways(settings, is_chosen="source" in given)
    return settings.model_copy(update={"home": expanded(settings.home).absolute()})


def _refuse_two_ways(settings: Settings, *, is_chosen: bool) -> None:
    """A site of several sources and one source are two answers to one question; a command may choose one of the several."""
    if not settings.site_sources:
        return
    both = {"source", "source_url"} & settings.model_fields_set - ({"source"} if is_chosen else set())
    if both:
        name = min(both)
        raise SettingsError(
            f"{name} ({PREFIX}{name.upper()}) and a list of sources are both set: keep one of them; a run that reads one of "
            "the list alone is `wfm run --source NAME`"
        )


def _one_line(item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])[:_LONGEST_KEY]
    is_secret = key.split(".")[0].endswith(("url", "urls", "password", "token")) or key.startswith("sources")
    got = "a value that is not shown" if is_secret else shown(item.get("input"))
    words = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("must be ")
    return f"{key} ({PREFIX}{key.split('.')[0].upper()}) must be {words}, got {got}"


def unknown_variables() -> list[str]:
    """`WFM_*` variables that no setting reads, each with the nearest one: worth a warning, never a refusal."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | _OTHER_VARIABLES
    names = sorted(name for name in os.environ if name.startswith(PREFIX) and not name.startswith(_TEST_PREFIX))
    return [_with_guess(name, known) for name in names if name not in known]


def _with_guess(name: str, known: set[str] | None = None) -> str:
    near = difflib.get_close_matches(name, known or set(Settings.model_fields), n=1)
    return f"{name} (did you mean {near[0]}?)" if near else f"{name}; `wfm init` lists all keys"


def commented_file() -> str:
    """A `wfm.toml` with every setting as a comment, its default and what it means."""
    lines = ["# Settings of wfm. Take the # off what you want to change; WFM_<KEY> in the environment wins.", ""]
    later = (ReaderSettings, AlertSettings, BacklogSettings, ScheduleSettings)
    groups = {name for group in later for name in group.model_fields}
    fields = sorted(Settings.model_fields.items(), key=lambda item: item[0] in groups)  # what everybody needs first
    for name, field in fields:
        if name == "sources":
            continue
        lines += [
            f"# {field.description}",
            f"# {name} = {_toml_value(field.get_default(call_default_factory=True))}",
            "",
        ]
    lines += ["# One entry per source whose URL differs from source_url:", "# [sources.anonymous_bank]"]
    lines += ['# url = "mysql+pymysql://reader@127.0.0.1/calls"', ""]
    several = (
        "# Or several sources that are one site, [[sources]] with map and url each: docs/how_to/several_sources.md"
    )
    return "\n".join([*lines, several, ""])


def _toml_value(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return '""  # not set'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    return "{}" if isinstance(value, dict) else str(value) if isinstance(value, (int, float)) else f'"{value}"'


def dagster_home(settings: Settings) -> Path:
    """Where Dagster keeps its runs: `DAGSTER_HOME`, else home/dagster."""
    return Path(os.environ.get("DAGSTER_HOME", settings.home / "dagster"))


def export_dagster_variables(settings: Settings) -> None:
    """Put what Dagster reads by itself into the environment of this process and its children."""
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings))
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    if settings.dagster_postgres_url:
        variable = f"{PREFIX}DAGSTER_POSTGRES_URL"
        os.environ[variable] = _dagster_url(settings.dagster_postgres_url.get_secret_value())
        os.environ.pop(f"{variable}_FILE", None)  # whoever reads both would not know which is meant


def _dagster_url(text: str) -> str:
    """The URL as Dagster takes it, special characters as %XX: it has other parsers than we do."""
    url = parse_url(text, what=f"dagster_postgres_url ({PREFIX}DAGSTER_POSTGRES_URL)")
    if url.parts.get_backend_name() not in {"postgresql", "postgres"}:
        raise SettingsError(f"dagster_postgres_url must be postgresql://user:password@host/database, got {url}")
    return url.with_secrets("postgresql")


def keep_compiled_code(home: Path) -> None:
    """Let numba keep what it compiles in the user's cache folder, else in our home, so that it compiles once only.

    It is told by its own variable; one that is set already is left alone. Where neither folder can be written, nothing
    is kept.
    """
    if _NUMBAS_FOLDER in os.environ:
        return
    caches = [Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache"), *([home / "cache"] if home.is_dir() else [])]
    for cache in caches:
        with suppress(OSError, SettingsError):
            folder = expanded(cache) / "wfm" / "numba"
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                os.environ[_NUMBAS_FOLDER] = str(folder)
                return


def child_environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child process: ours with these variables besides."""
    return {**os.environ, **more}

"""One way through everything that `transforms/` does, the same on every engine, and a record of what it called.

Not here: which engines are held against each other (engines/test_every_transform.py).
"""

import cProfile
import datetime as dt
import importlib
import inspect
import pkgutil
from contextlib import contextmanager
from dataclasses import replace
from types import FunctionType

import pandas as pd

import wfm_pipeline.transforms
from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR, CUSTOMER_SEGMENT, CUSTOMER_SEGMENT_CHANGE
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.contracts.planning.planners_input import QUEUE_HOURS, SOURCE_MATCHES
from wfm_pipeline.contracts.source.source_map import ColumnMap, SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.opening.stated_hours import HOURS_FILE
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.transforms.behavior import measured_behavior
from wfm_pipeline.transforms.matches import MATCH_FILES
from wfm_pipeline.transforms.queue_days import queue_days
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.transforms.segments import memberships_before, segment_sums, segments_before
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.legs import read_legs_with_redials
from wfm_pipeline.warehouse.shelves.versions import take_in
from wfm_pipeline.warehouse.silver import refresh as silver
from wfm_pipeline.warehouse.source_states import SourceState, keep_state
from wfm_pipeline_tests.silver_kit import DAY, FULL_SOURCE, LEGS, STOCKHOLM, at, ingest, leg, refresh

LAST = dt.date(2026, 3, 29)
"""A day on which clocks change in Europe."""
TOMORROW = DAY + dt.timedelta(days=1)
RULES = SilverRules(excluded_numbers=("+46 5550001",))
HEAD = FULL_SOURCE
BRANCH = replace(FULL_SOURCE, name="branch", times_are="utc", tables=(replace(LEGS, legs="at_once"),))
SITE = replace(HEAD, name="site", tables=(), members=(HEAD, BRANCH))
COUNTED = SourceMap(
    "counted",
    "A centre that counts",
    STOCKHOLM,
    (
        TableMap(
            name="split",
            role="intervals",
            load="incremental",
            key=("queue", "day", "clock"),
            types={
                "queue": "string", "day": "date", "clock": "time", "offered": "int64", "answered": "int64",
                "lost": "int64", "talk": "float64", "asa": "float64", "level": "float64",
            },
            columns={
                "queue_id": ColumnMap(column="queue"),
                "interval_start": ColumnMap(date="day", time="clock"),
                "calls_offered": ColumnMap(column="offered"),
                "calls_answered": ColumnMap(column="answered"),
                "calls_abandoned": ColumnMap(column="lost"),
                "mean_talk_seconds": ColumnMap(column="talk", unit="milliseconds"),
                "asa_seconds": ColumnMap(column="asa"),
                "service_level": ColumnMap(column="level", unit="percent"),
            },
            business_date="day",
        ),
    ),
)  # fmt: skip

_MATCH = ("kind", "source", "source_id", "id")
_HOURS = ("queue_id", "from_date", "until_date", "weekdays", "hours")
TOLD = (
    (SOURCE_MATCHES, MATCH_FILES["source_matches"], {}, _MATCH, ("queue", "branch", "Q7", "sales")),
    (
        QUEUE_HOURS,
        HOURS_FILE,
        {"source": SITE.name},
        _HOURS,
        ("sales", str(DAY), "", "mon-fri", "08:00-12:00;13:00-17:00"),
    ),
)
"""What planners say of the site: table, its file, words for reading it, its columns, a line."""


def awkward_rows():
    """Every rule at least once, over days that include a change of clocks."""
    return [
        leg("c1", status="TRANSFERRED"),
        leg("c1", 2, created=at("10:03:00"), queue="support", agent="Åsa"),
        leg("c2", status="ABANDONED", created=at("11:00:00"), caller="+46 (0)8-123 45 67", agent=None),
        leg("c3", created=at("11:04:59"), caller="004681234567"),
        leg("c3", created=at("11:04:59"), caller="004681234567", talk=5, updated=at("12:00:00")),
        leg("c4", talk=-1, wait=99_999, status="PARKED", queue=None, customer="6.02E+11"),
        leg("c5", queue="TEST"),
        leg("c6", created=None),
        leg(None),
        leg("c7", talk=-86_000, talk_from=dt.time(23, 58, 20), talk_to=dt.time(0, 5)),
        leg("c8", created=at("02:30:00", LAST)),
        leg("c9", created=at("12:00:00", LAST), queue="internal"),
        leg("c10", created=at("10:00:00.250000", TOMORROW), caller="44"),
        leg("c11", wait="soon", created=at("23:59:59.900000", TOMORROW)),
        leg("c12", queue="unheard of", caller="5550001"),
    ]


def of_one_source(warehouse):
    """Silver of a source with queues, customers and cases; gives the counts of each step."""
    queues = [{"queue": "sales", "out": 0}, {"queue": "support", "out": 0}, {"queue": "internal", "out": 1}]
    ingest(warehouse, queues, FULL_SOURCE, "queues")
    customers = [{"landing": "0771 100", "customer": "shop", "parent": "group"}]
    ingest(warehouse, customers, FULL_SOURCE, "customers")
    cases = [
        {"case": "k1", "queue": "sales", "state": "OPEN", "opened": at("09:00:00"), "closed": at("02:30:00", LAST)},
        {"case": "k2", "queue": "sales", "state": "Closed", "opened": at("09:00:00"), "closed": at("10:00:00", LAST)},
        {"case": "k3", "queue": "sales", "state": "Closed", "opened": None, "closed": None},
    ]
    ingest(warehouse, cases, FULL_SOURCE, "cases")
    ingest(warehouse, awkward_rows(), FULL_SOURCE)
    ingest(warehouse, case_log_rows(), FULL_SOURCE, "case_events")
    log = silver.refresh_case_events(warehouse, FULL_SOURCE, RULES, Dates.between(DAY, dt.date(2026, 4, 1)))
    return [
        refresh(warehouse, DAY, LAST, source_map=FULL_SOURCE, rules=RULES),
        silver.refresh_cases(warehouse, FULL_SOURCE, RULES, Dates.between(DAY, LAST)),
        refresh(warehouse, DAY, DAY, source_map=FULL_SOURCE, rules=RULES),
        log,
    ]


def case_log_rows():
    """Events of cases, with every rule at least once; ingested on 1 April."""
    plain = {"case": "k1", "what": "Created", "at": at("09:00:00"), "queue": "sales", "priority": "High", "due": None,
             "who": "ann", "told": None}  # fmt: skip
    changes = [
        {},
        {"what": "Deadline", "due": at("10:00:00", LAST), "queue": None},
        {"what": "reassigned ", "at": at("09:30:00"), "queue": "nowhere", "told": at("09:31:00")},
        {"what": "moved", "at": at("09:40:00"), "queue": None, "who": "NONE"},
        {"what": "RESOLVED", "at": at("10:00:00"), "queue": None, "priority": None, "told": at("09:59:00")},
        {"case": "k2", "at": at("12:00:00", LAST), "told": at("02:30:00", LAST)},
        {"what": "Deadline", "due": at("02:30:00", LAST), "queue": None},
        {"what": "pondered"},
        {"what": "Comment"},
        {"what": None},
        {"case": " "},
        {"at": None},
        {"at": at("02:30:00", LAST)},
        {"at": dt.datetime(2026, 4, 1, 2, 30)},
    ]
    return [plain | change | {"number": number} for number, change in enumerate(changes)]


def of_a_site(warehouse):
    """The same source and one whose phones ring at once and that is not read any more: matched, with hours of their own."""
    ringing = [leg("c1", 1, status="ABANDONED", agent=None, talk=4), leg("c1", 2, agent="u1", wait=3)]
    ingest(warehouse, [*ringing, leg("b2", queue="Q7", created=at("12:10:00"))], BRANCH)
    for table, file, words, columns, line in TOLD:
        rows, _ = read_rows(file, pd.DataFrame([line], columns=list(columns), dtype=object), **words)
        take_in(warehouse, table, rows, key=planner_key(table), now=at("07:00:00"), changed_by="planner")
    keep_state(warehouse, SourceState("branch", False, at("08:00:00"), DAY, "no answer"))
    dates = Dates.of([DAY, TOMORROW])
    counts = [silver.refresh_legs(warehouse, part, RULES, dates) for part in SITE.parts]
    counts.append(silver.refresh_calls(warehouse, SITE, RULES, dates))
    silver.refresh_calendar(warehouse, SITE)
    return [*counts, silver.refresh_intervals(warehouse, SITE, RULES, dates)]


def of_counts(warehouse):
    """A source that tells intervals alone."""
    plain = {"queue": "sales", "day": DAY, "clock": dt.time(9), "offered": 10, "answered": 8, "lost": 1,
             "talk": 180_500.0, "asa": 12.5, "level": 70.0}  # fmt: skip
    changes = [
        {},
        {"clock": dt.time(9, 30), "offered": None},
        {"clock": dt.time(10), "answered": 0, "level": 90.0},
        {"clock": dt.time(10, 30), "lost": -1, "asa": None},
        {"day": LAST, "clock": dt.time(2, 30)},
        {"day": LAST, "clock": dt.time(12), "queue": "support", "answered": None},
    ]
    ingest(warehouse, [plain | change for change in changes], COUNTED, "intervals")
    dates = Dates.between(DAY, LAST)
    counts = silver.refresh_statistics(warehouse, COUNTED, RULES, dates)
    silver.refresh_calendar(warehouse, COUNTED)
    return [counts, silver.refresh_intervals(warehouse, COUNTED, RULES, dates)]


def answers(warehouse):
    """What is asked of silver and gold and never stored: name -> rows in order."""
    parts = Scope({"source": (HEAD.name, BRANCH.name)})
    calls, intervals = parts.filter(warehouse.table("silver.calls")), warehouse.table("silver.queue_intervals")
    customers = [
        {
            "source": "s",
            "customer_key": key,
            "segment_id": number,
            "segment_name": "x",
            "calls": 1,
            "calls_per_week": 1.0,
        }
        for key, number in (("shop", 1), ("(unknown)", None))
    ]
    segments = [{"segmented_until": day, "segment_id": number} for day, number in ((DAY, 3), (DAY, 4), (LAST, 9))]
    changes = [
        {"changed_on": day, "customer_key": "shop", "segment_id": number, "segment_name": f"s{number}"}
        for day, number in ((DAY, 3), (TOMORROW, 4), (LAST, 9))
    ]
    kept = {CUSTOMER_BEHAVIOR: customers, CUSTOMER_SEGMENT: segments, CUSTOMER_SEGMENT_CHANGE: changes}
    for table, rows in kept.items():
        columns = {name: [row.get(name) for row in rows] for name in table.column_names}
        warehouse.replace(table, pd.DataFrame(columns), Scope())
    behavior, segment, change = (warehouse.table(table.full_name) for table in kept)
    found = {
        "queue_days": queue_days(intervals),
        "measured_behavior": measured_behavior(calls),
        "segments_before": segments_before(segment, LAST),
        "memberships_before": memberships_before(change, LAST),
        "segment_sums": segment_sums(calls, behavior),
    }
    rows = {name: warehouse.arrow(expression).to_pylist() for name, expression in found.items()}
    rows["legs_of_the_models"] = read_legs_with_redials(warehouse, SITE).astype(object).to_dict("records")
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


# -- the record ----------------------------------------------------------------------------------


def public_transforms():
    """Code of each public function and method of `transforms/` that works on rows -> its name."""
    package = wfm_pipeline.transforms
    modules = [
        importlib.import_module(found.name) for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    owners = [*modules, *(kind for module in modules for kind in _own(module, inspect.isclass))]
    functions = [function for owner in owners for function in _own(owner, _is_written)]
    return {_written(function).__code__: f"{_written(function).__module__}.{_written(function).__qualname__}"
            for function in functions if not _is_plain(_written(function))}  # fmt: skip


def _own(owner, is_wanted):
    """Public members that were written there and not imported."""
    home = getattr(owner, "__module__", owner.__name__)
    return [
        member
        for name, member in vars(owner).items()
        if not name.startswith("_") and is_wanted(member) and _home(member) == home
    ]


def _home(member):
    return member.__module__ if inspect.isclass(member) else _written(member).__module__


def _is_written(member):
    return isinstance(_written(member), FunctionType)


def _written(member):
    """The function behind a property, a class method or itself."""
    return getattr(member, "fget", None) or getattr(member, "__func__", member)


def _is_plain(function):
    """Whether it is about plain values alone, which no engine sees."""
    plain = ("str", "int", "float", "bool", "None")
    words = {str(hint) for hint in inspect.get_annotations(function, eval_str=False).values()}
    kinds = {word.removeprefix("<class '").removesuffix("'>") for word in words}
    return all(set(kind.split(" | ")) <= set(plain) for kind in kinds)


@contextmanager
def recorded(wanted):
    """Names of those of the wanted functions that were called while it was open: known once it is closed."""
    called, profiler = set(), cProfile.Profile(builtins=False)
    with profiler:
        yield called
    called |= {wanted[entry.code] for entry in profiler.getstats() if entry.code in wanted}

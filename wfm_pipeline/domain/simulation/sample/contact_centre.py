"""The sample contact centre as one pure function of a description, a last date and a seed.

Behavior comes first (people, agents, waiting), records second: the truth is what people did, never
what a rule would conclude from the records. Writing it to a file is the work of sources/sample.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.arrivals import day_levels, expected_calls, first_attempts, open_days
from wfm_pipeline.domain.simulation.sample.case_dirt import spoil_case_events
from wfm_pipeline.domain.simulation.sample.case_log import write_case_log
from wfm_pipeline.domain.simulation.sample.cases import open_cases
from wfm_pipeline.domain.simulation.sample.dirt import missing_days, repeat_cases, spoil_cdr
from wfm_pipeline.domain.simulation.sample.operational.tables import (
    COMING_DAYS,
    OperationalRequest,
    operational_tables,
)
from wfm_pipeline.domain.simulation.sample.people import (
    Companies,
    Persons,
    give_attempts_a_caller,
    make_companies,
    make_persons,
)
from wfm_pipeline.domain.simulation.sample.records import Ledger, make_cdr, make_ledger, make_truth_calls
from wfm_pipeline.domain.simulation.sample.rosters import Roster, coming_shifts, day_stints, make_roster
from wfm_pipeline.domain.simulation.sample.service import Draws, ServiceDay, mean_handle_seconds
from wfm_pipeline.domain.simulation.sample.spec import SAMPLE_VERSION, TEST_QUEUE, ContactCentreSpec
from wfm_pipeline.units import SECONDS_PER_DAY, SECONDS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class SampleData:
    """A made contact centre.

    Attributes:
        source: Physical table of `telephony` -> its rows, times in the site's wall clock.
        truth: `truth_*` table -> what really happened; only for tests.
        operational: Operational table of a live centre -> its rows, made of the same calls, agents and days; instants in UTC.
        first_date: First date of the history.
        last_date: Last date of the history.
        seed: Seed it was made from.
        version: Version of the generator, see `SAMPLE_VERSION`.
    """

    source: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame]
    operational: Mapping[str, pd.DataFrame]
    first_date: dt.date
    last_date: dt.date
    seed: int
    version: str = SAMPLE_VERSION


def simulate_contact_centre(spec: ContactCentreSpec, *, last_date: dt.date, seed: int) -> SampleData:
    """Invent a contact centre's history.

    Args:
        spec: What the centre is like.
        last_date: Last date of the history (yesterday, for a fresh sample).
        seed: Same description, date and seed give the same rows.

    Returns:
        Source tables `queue_cdr`, `cases`, `case_events`, `customers`, `queuegroups`, `users`, and truth tables
        `truth_calls` (one row per call that ought to be counted), `truth_dirt` (one row per fault),
        `truth_shifts` (one row per agent and day), `truth_missing_days`, `truth_case_surges`; and the operational tables of the same centre.

    Source:
        docs/methods/sample.md.
    """
    planned, service, dirty, levels, people, work, ahead, log = np.random.SeedSequence(seed).spawn(8)
    history = _live(spec, last_date, plan=planned, service=service, level=levels, people=people)
    source, truth = _write_down(spec, last_date, history, work=work, dirt=dirty, log=log)
    operational = _operate(spec, last_date, history, truth["truth_calls"], np.random.default_rng(ahead))
    return SampleData(source, truth, operational, spec.first_date(last_date), last_date, seed)


@dataclass(frozen=True, slots=True)
class _History:
    """What happened, before anybody wrote it down; `lost` are the days whose log is gone."""

    days: pd.DataFrame
    lost: np.ndarray
    roster: Roster
    companies: Companies
    persons: Persons
    attempts: pd.DataFrame
    ledger: Ledger


def _live(
    spec: ContactCentreSpec,
    last_date: dt.date,
    *,
    plan: np.random.SeedSequence,
    service: np.random.SeedSequence,
    level: np.random.SeedSequence,
    people: np.random.SeedSequence,
) -> _History:
    level_rng, people_rng = np.random.default_rng(level), np.random.default_rng(people)
    days = open_days(spec, last_date)
    expected = expected_calls(spec, days)
    attempts = first_attempts(spec, days, expected * day_levels(spec, len(days), level_rng), level_rng)
    companies, persons = make_companies(spec, people_rng), make_persons(spec, people_rng)
    handle_seconds = mean_handle_seconds(spec, companies)
    roster = make_roster(spec, days, expected, handle_seconds, np.random.default_rng(plan))
    attempts = give_attempts_a_caller(attempts, spec, companies, persons, people_rng)
    lost = missing_days(spec, days)
    attempts = _callable(attempts, days, lost)
    runner = ServiceDay(spec, attempts, companies, roster.speeds, Draws.from_seed(service))
    ledger = _run_days(runner, attempts, days, roster, spec.first_date(last_date))
    return _History(days, lost, roster, companies, persons, attempts, ledger)


def _write_down(
    spec: ContactCentreSpec,
    last_date: dt.date,
    history: _History,
    *,
    work: np.random.SeedSequence,
    dirt: np.random.SeedSequence,
    log: np.random.SeedSequence,
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The source's tables with their faults, and the truth."""
    # Faults come last and on the written rows only, so that the truth is what people did.
    work_rng, dirt_rng = np.random.default_rng(work), np.random.default_rng(dirt)
    days, roster, ledger = history.days, history.roster, history.ledger
    companies, persons = history.companies, history.persons
    truth_calls = make_truth_calls(ledger, history.attempts, spec, companies, persons)
    cdr = make_cdr(
        ledger, history.attempts, spec=spec, companies=companies, persons=persons, roster=roster, rng=work_rng
    )
    customer_ids = truth_calls["customer_id"].to_numpy(dtype=object)
    cdr, cases = open_cases(cdr, ledger, customer_ids=customer_ids, spec=spec, last_date=last_date, rng=work_rng)
    logged_days = days[~days.index.isin(history.lost)].reset_index(drop=True)
    cdr, cdr_dirt = spoil_cdr(cdr, spec, logged_days, last_date, dirt_rng)
    cases, written, surges = _log_cases(spec, last_date, history, cases, log)
    events, event_dirt = spoil_case_events(written, last_date, np.random.default_rng(log.spawn(1)[0]))
    cases, case_dirt = repeat_cases(cases, spec, dirt_rng)
    source = {
        "queue_cdr": cdr,
        "cases": cases,
        "case_events": events,
        "customers": history.companies.table,
        "queuegroups": _queue_table(spec),
        "users": roster.agents,
    }
    truth = {
        "truth_calls": truth_calls,
        "truth_dirt": pd.concat([cdr_dirt, case_dirt, event_dirt], ignore_index=True),
        "truth_shifts": _shift_table(spec, days, roster),
        "truth_case_surges": surges,
        "truth_missing_days": pd.DataFrame({"date": days["date"].iloc[history.lost]}).reset_index(drop=True),
    }
    return source, truth


def _log_cases(
    spec: ContactCentreSpec, last_date: dt.date, history: _History, cases: pd.DataFrame, seed: np.random.SeedSequence
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cases as they stand after their log, the log without faults, and the surges behind it."""
    found = write_case_log(
        cases,
        queues=tuple(queue.queue_id for queue in spec.queues),
        agents=history.roster.agents["UserId"].to_numpy(object),
        days=history.days,
        last_date=last_date,
        seed=seed,
    )
    return found.cases, found.events, found.surges


def _operate(
    spec: ContactCentreSpec, last_date: dt.date, history: _History, truth_calls: pd.DataFrame, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """What a live centre's database would hold of the history, and the shifts of the coming days."""
    every_day = open_days(spec, last_date, days_ahead=COMING_DAYS)
    coming_days = every_day[every_day["date"] > pd.Timestamp(last_date)].reset_index(drop=True)
    handle_seconds = mean_handle_seconds(spec, history.companies)
    expected = expected_calls(spec, coming_days)
    coming = coming_shifts(spec, coming_days, expected, handle_seconds, history.roster, rng)
    return operational_tables(
        OperationalRequest(
            spec=spec,
            last_date=last_date,
            ledger=history.ledger,
            truth_calls=truth_calls,
            roster=history.roster,
            days=history.days,
            lost=history.lost,
            coming=coming,
            coming_days=coming_days,
        )
    )


def _callable(attempts: pd.DataFrame, days: pd.DataFrame, lost: np.ndarray) -> pd.DataFrame:
    """Attempts whose day was logged and that do not come after closing without being meant to."""
    closes = days["closes_minute"].to_numpy()[attempts["day"].to_numpy()] * SECONDS_PER_MINUTE
    in_time = attempts["is_closed"].to_numpy() | (attempts["seconds"].to_numpy() < closes)
    return attempts[in_time & ~attempts["day"].isin(lost)].reset_index(drop=True)


def _run_days(
    runner: ServiceDay, attempts: pd.DataFrame, days: pd.DataFrame, roster: Roster, first_date: dt.date
) -> Ledger:
    closes = days["closes_minute"].to_numpy() * SECONDS_PER_MINUTE
    stints = day_stints(roster.shifts, len(days), closes)
    bounds = np.searchsorted(attempts["day"].to_numpy(), np.arange(len(days) + 1))
    columns = (attempts["queue"].tolist(), attempts["seconds"].tolist(), attempts["is_closed"].tolist())
    rows = list(zip(range(len(attempts)), *columns, strict=True))
    for day, day_index in enumerate(days["day_index"].tolist()):
        first = rows[bounds[day] : bounds[day + 1]]
        runner.run(first, stints[day], midnight=float(day_index * SECONDS_PER_DAY), closes=float(closes[day]))
    return make_ledger(runner.calls, runner.legs, first_date)


def _queue_table(spec: ContactCentreSpec) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "QueueId": [*(queue.queue_id for queue in spec.queues), TEST_QUEUE],
            "Name": [*(queue.name for queue in spec.queues), "Simulated test queue"],
            "ChannelType": "Phone",
            "IsExcluded": [0] * len(spec.queues) + [1],
        }
    )


def _shift_table(spec: ContactCentreSpec, days: pd.DataFrame, roster: Roster) -> pd.DataFrame:
    shifts = roster.shifts
    date = days["date"].to_numpy()[shifts["day"].to_numpy()]
    second = np.timedelta64(1, "s")
    return pd.DataFrame(
        {
            "agent_id": roster.agents["UserId"].to_numpy()[shifts["agent"].to_numpy()],
            "date": date,
            "queue_id": [spec.queues[position].queue_id for position in shifts["queue"]],
            "starts_at_local": date + shifts["starts"].to_numpy() * second,
            "lunch_starts_at_local": date + shifts["lunch_starts"].to_numpy() * second,
            "ends_at_local": date + shifts["ends"].to_numpy() * second,
        }
    )

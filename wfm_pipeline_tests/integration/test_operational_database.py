"""Operational tables out of a database: windows over all services, the schedule in force, the same rows on each engine."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.contracts.operational.live_state import AGENT_STATES
from wfm_pipeline.contracts.operational.services import SERVICES
from wfm_pipeline.contracts.operational.shifts import SHIFT_BREAKS, SHIFTS
from wfm_pipeline.contracts.operational.statistics import CONTACT_STATISTICS
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.operational.database import OperationalDatabase
from wfm_pipeline_tests.operational_kit import MONDAY, make_operational, statistics

HOUR = dt.timedelta(hours=1)


def moved_shifts():
    """Shift 1 moves out of the morning in version 2, shift 2 is cancelled, shift 3 stays."""
    rows = [
        ("1", 1, "a", MONDAY, MONDAY + 2 * HOUR, False),
        ("1", 2, "a", MONDAY + 6 * HOUR, MONDAY + 8 * HOUR, False),
        ("2", 1, "b", MONDAY, MONDAY + 2 * HOUR, False),
        ("2", 2, "b", MONDAY, MONDAY + 2 * HOUR, True),
        ("3", 1, "c", MONDAY - HOUR, MONDAY + HOUR, False),
    ]
    names = ["shift_id", "schedule_version", "agent_id", "starts_at", "ends_at", "is_cancelled"]
    return pd.DataFrame(rows, columns=names).assign(group_id="g", service_id=None)


def their_breaks():
    rows = [(shift, version, start + HOUR / 2, start + HOUR, "rest") for shift, version, start in (
        ("1", 1, MONDAY), ("1", 2, MONDAY + 6 * HOUR), ("2", 2, MONDAY), ("3", 1, MONDAY - HOUR / 2),
    )]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SHIFT_BREAKS.column_names))


def some_states():
    rows = [
        ("a", "g", "talk", MONDAY - HOUR, MONDAY, "1", True),
        ("a", "g", "wrap", MONDAY, None, "1", True),
        ("b", "g", "ready", MONDAY + 2 * HOUR, None, None, False),
    ]
    return pd.DataFrame(rows, columns=list(AGENT_STATES.column_names))


def look(url):
    database = OperationalDatabase(url)
    until = MONDAY + HOUR
    found = {
        "statistics": database.rows(CONTACT_STATISTICS, since=MONDAY + HOUR / 4, until=until),
        "shifts": database.rows(SHIFTS, since=MONDAY, until=until),
        "afternoon": database.rows(SHIFTS, since=MONDAY + 6 * HOUR, until=MONDAY + 7 * HOUR),
        "breaks": database.rows(SHIFT_BREAKS, since=MONDAY, until=until),
        "states": database.rows(AGENT_STATES, since=MONDAY, until=until),
        "services": database.rows(SERVICES),
    }
    database.close()
    assert all(one.findings.empty for one in found.values())
    return (
        found["statistics"].rows["interval_start_time"].dt.minute.tolist(),
        found["statistics"].rows["aht_seconds"].unique().tolist(),
        found["shifts"].rows["shift_id"].tolist(),
        found["afternoon"].rows[["shift_id", "schedule_version"]].to_numpy().tolist(),
        found["breaks"].rows["shift_id"].tolist(),
        found["states"].rows["state"].tolist(),
        found["services"].rows[["target_answer_seconds", "target_service_level"]].to_numpy().tolist(),
    )


EXPECTED = ([15, 30, 45], [240.0], ["3"], [["1", 2.0]], ["3"], ["wrap"], [[20.0, 0.8]])
"""The window is half-open; what ended as it began is not in it; a shift that was moved or cancelled is not where it was."""


def filled(url, dialect):
    service = {"id": "1", "service_name": "Sales", "target_answer_time": 20, "target_service_level": 80}
    return make_operational(
        url,
        dialect,
        services=pd.DataFrame([service]),
        contact_statistics=statistics(8),
        shifts=moved_shifts(),
        shift_breaks=their_breaks(),
        agent_states=some_states(),
    )


def test_a_window_of_all_tables_on_sqlite(tmp_path):
    assert EXPECTED == look(filled(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite"))


@pytest.mark.mariadb
def test_a_window_of_all_tables_on_mariadb(mariadb_url):
    assert EXPECTED == look(filled(mariadb_url, "mariadb"))


@pytest.mark.postgres
def test_a_window_of_all_tables_on_postgresql(postgres_url):
    assert EXPECTED == look(filled(postgres_url.replace("postgresql://", "postgresql+psycopg://"), "postgres"))


def test_a_table_that_is_not_there_is_one_clear_error(tmp_path):
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    (tmp_path / "live.sqlite").touch()

    with pytest.raises(SourceError, match="no such table: contact_statistics"):
        OperationalDatabase(url).rows(CONTACT_STATISTICS)

"""Sources without call records go through the whole pipeline, and say what cannot be made of them. SIMULATED exports."""

import datetime as dt

import pytest

from wfm_pipeline.calculators.source_look import CheckRequest, check_map
from wfm_pipeline.contracts.gold import GOLD_TABLES, PIPELINE_HEALTH
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.reports.tables.main_run import run_tables
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.maps import MAP_FOLDER, load_map
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import apart, count, follow, run
from wfm_pipeline_tests.ticket_exports import CLOSED, DELETED, NAMES, TICKETS, opened, write_tickets

NO_CALLS = "no calls in this source: it has cases"
MADE_OF_CALLS = [table.full_name for table in (*GOLD_TABLES, QUEUE_INTERVAL_STAFFING) if table is not PIPELINE_HEALTH]


def ticket_desk(tmp_path, name):
    folder = tmp_path / "exports"
    folder.mkdir()
    write_tickets(name, folder)
    return House(load_settings(home=tmp_path / "home", source=name, source_url=f"file://{folder}", num_threads=1))


def texts(house, tables):
    with house.open_warehouse() as warehouse:
        return "".join(warehouse.frame(warehouse.table(table)).to_csv() for table in tables)


@pytest.mark.parametrize(
    ("name", "deleted", "closed", "first"),
    [
        pytest.param("servicenow", 0, CLOSED, opened(0) + dt.timedelta(hours=5), id="servicenow"),
        pytest.param("zendesk", DELETED, 0, opened(0), id="zendesk"),
        pytest.param("zendesk_csv", 0, CLOSED, opened(0) + dt.timedelta(hours=5), id="zendesk_csv"),
    ],
)
def test_tickets_alone_become_cases_and_every_table_of_calls_is_empty_with_the_reason(
    tmp_path, name, deleted, closed, first
):
    house = ticket_desk(tmp_path, name)
    for table in check_map(house, CheckRequest()):
        assert {} == {column.column: column.first_misfit for column in table.columns if column.misfits}

    outcome = run(house)

    assert () == outcome.problems
    assert TICKETS - deleted == count(house, "select count(*) from silver.cases")
    assert deleted == count(house, "select count(*) from silver.rejected_rows where rule = 'excluded_deleted'")
    assert closed == count(house, "select count(closed_at) from silver.cases")
    assert 2 == count(house, "select count(distinct queue_id) from silver.cases")
    # New York is five hours behind UTC on 2 March.
    assert first == count(house, "select min(opened_at) from silver.cases")
    with house.open_gold() as gold:
        told = gold.rows("pipeline_health", run_id=outcome.run_id).set_index("table_name")["not_made"].dropna()
        tables = run_tables(gold, run_id=outcome.run_id, source=name)
    assert set(MADE_OF_CALLS) <= set(told.index)
    assert {NO_CALLS} == set(told)
    assert [NO_CALLS] == tables["Forecast per queue"]["not made"].tolist()
    assert {0} == {count(house, f"select count(*) from {table}") for table in MADE_OF_CALLS}
    seen = texts(house, ("silver.cases", *MADE_OF_CALLS))
    assert not [name for name in NAMES if name in seen]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A ticket desk after its first run as the command line makes it; tests only look at it."""
    with apart(tmp_path_factory.mktemp("desk")) as folder:
        house = ticket_desk(folder, "servicenow")
        outcome, _ = follow(house)
    assert () == outcome.problems
    return house


@pytest.mark.usefixtures("clean")
def test_a_second_run_of_tickets_alone_has_nothing_to_do(desk):
    outcome, said = follow(desk)

    assert outcome.is_idle
    assert "nothing new" in said


def test_a_slip_in_the_times_of_tickets_stops_the_run(tmp_path):
    house = ticket_desk(tmp_path, "servicenow")
    file = tmp_path / "exports" / "incident.csv"
    file.write_text(file.read_text().replace('"2026-03-02 19:', '"2026-03-02 7pm:'))

    problems = run(house).problems

    assert any("incident, column opened_at" in problem for problem in problems)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("words", [["long-range"], ["model-fit"], ["reforecast"], ["capacity"], ["backtest"]])
def test_other_commands_of_a_ticket_desk_end_in_words(desk, monkeypatch, capsys, words):
    monkeypatch.setenv("WFM_HOME", str(desk.settings.home))
    monkeypatch.setenv("WFM_SOURCE", "servicenow")
    monkeypatch.setenv("WFM_SOURCE_URL", str(desk.settings.url_of_source))

    found = run_wfm(monkeypatch, capsys, *words)

    assert 1 == found.returncode
    assert f"error: {NO_CALLS}" in found.stderr


def test_a_map_without_calls_cases_or_intervals_is_refused(tmp_path):
    text = (MAP_FOLDER / "servicenow.toml").read_text()
    path = tmp_path / "odd.toml"
    head, columns = text.split("[tables.incident.columns]")
    path.write_text(
        head.replace('role = "cases"', 'role = "agents"') + '[tables.incident.columns]\nagent_id = "number"\n'
    )

    with pytest.raises(SettingsError, match="one table with role call_legs"):
        load_map(str(path))
    assert columns

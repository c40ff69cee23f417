"""Names are data: whatever queues, people and columns are called, a night ends well, the same on every engine."""

import csv
import subprocess
from types import SimpleNamespace

import pandas as pd
import pytest

from wfm_pipeline.assets.pictures import FAILED
from wfm_pipeline.orchestration.instance.storage import open_instance
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.hostile_kit import COMMANDS, EXTRAS, KEPT, NAMES, SOURCE, make_desk
from wfm_pipeline_tests.house_kit import TABLES, hashes
from wfm_pipeline_tests.process_kit import WFM, environment

PRINTABLE = tuple(name for name in NAMES if name.isprintable())


def a_night(folder, warehouse_url=None):
    """`wfm run` and `wfm backtest` on the desk, as processes; what they said, and the house."""
    url, source_map, calls = make_desk(folder)
    chosen = {"source": str(source_map), "source_url": url, "home": folder / "home", "num_threads": 1}
    chosen |= {"backtest_origins": 1, **({"warehouse_url": warehouse_url} if warehouse_url else {})}
    words = [["run"], ["backtest", "--report", "[red]r [].html"]]
    env = environment(**{f"WFM_{name.upper()}": value for name, value in chosen.items()})
    said = [
        subprocess.run([*WFM, *word], env=env, cwd=folder, capture_output=True, encoding="utf-8", check=False)
        for word in (words if warehouse_url is None else words[:1])
    ]
    return SimpleNamespace(said=said, house=House(load_settings(**chosen)), calls=calls, folder=folder)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        return a_night(tmp_path_factory.mktemp("hostile"))


def frame(house, name, *columns):
    with house.open_warehouse() as warehouse:
        return warehouse.frame(warehouse.table(name).select(*columns))


def tables(house):
    """Every table that the night made, bronze too."""
    with house.open_warehouse() as warehouse:
        bronze = [f"bronze.{name}" for name in warehouse.base_tables("bronze") if name.startswith(SOURCE)]
    return {*bronze, *TABLES}


def test_a_night_ends_well_and_counts_every_call_under_its_name(night):
    calls = frame(night.house, "silver.calls", "queue_id", "agent_id", "customer_key")

    assert [0, 0] == [done.returncode for done in night.said], night.said[0].stderr[-2000:]
    assert night.calls == len(calls)
    assert all(set(KEPT) == set(calls[name].dropna()) for name in calls.columns)
    assert set(KEPT) == set(frame(night.house, "gold.queue_day_forecast", "queue_id")["queue_id"])


def test_what_it_says_commands_no_terminal_and_warns_of_no_letter(night):
    for done in night.said:
        assert not COMMANDS & set(done.stdout + done.stderr)
        assert "Glyph" not in done.stderr
    assert "report: [red]r [].html" in night.said[1].stderr
    assert "[red]markup[/] [/] :smile:" in night.said[0].stdout


def test_the_report_holds_no_tag_of_a_name(night):
    page = (night.folder / "[red]r [].html").read_text(encoding="utf-8")

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not COMMANDS & set(page)


def test_a_character_that_no_text_keeps_is_a_finding_and_its_row_stays(night):
    findings = frame(night.house, "silver.rejected_rows", "rule", "is_row_refused", "reason")
    texts = [f'"{name}"' for name in ("Queue", "Agent", "Customer", *EXTRAS)]

    assert {("misfit_characters", False)} == set(
        findings[["rule", "is_row_refused"]].itertuples(index=False, name=None)
    )
    assert findings["reason"].str.contains(r"nul\u0000desk", regex=False).all()
    assert any(findings["reason"].str.contains(text, regex=False).any() for text in texts)


def test_every_picture_of_the_night_was_drawn(night):
    with open_instance(night.house.settings) as instance:
        events = [instance.get_latest_materialization_event(key) for key in instance.all_asset_keys()]
    made = [event.asset_materialization.metadata for event in events if event]

    assert sum("fan_chart" in metadata or "picture" in metadata for metadata in made) > 1
    assert not [metadata for metadata in made if FAILED in metadata]


@pytest.mark.postgres
def test_postgresql_holds_the_same_names_byte_for_byte(night, tmp_path, postgres_url):
    other = a_night(tmp_path, postgres_url)

    assert [0] == [done.returncode for done in other.said], other.said[0].stderr[-2000:]
    assert tables(night.house) == tables(other.house)
    assert hashes(night.house, sorted(tables(night.house))) == hashes(other.house, sorted(tables(night.house)))
    assert not COMMANDS & set(other.said[0].stdout + other.said[0].stderr)


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_people_and_work_of_any_name_are_allocated_and_last_week_is_read_back(clean, monkeypatch, capsys):
    people = [(name, "Amisys", "Domestic", "Claims", "FL") for name in PRINTABLE]
    work = [(name, "Amisys", "Domestic", "Claims", "FL", 100) for name in PRINTABLE]
    write(clean / "r.csv", ["cn", "platform", "locality", "skills", "states"], people)
    write(clean / "d.csv", ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast"], work)
    words = ["allocate", "--resources", "r.csv", "--demands", "d.csv", "--week"]

    first = run_wfm(monkeypatch, capsys, *words, "2025-W28", "--out", "o.csv")
    again = run_wfm(monkeypatch, capsys, *words, "2025-W29", "--previous", "o.csv", "--stability", "--out", "o2.csv")
    run_wfm(monkeypatch, capsys, *words, "2025-W28", "--out", "raw.csv", "--raw-cells")

    written = pd.read_csv(clean / "o.csv", dtype=str, keep_default_na=False)["resource_cn"]
    raw = pd.read_csv(clean / "raw.csv", dtype=str, keep_default_na=False)["resource_cn"]
    assert (0, 0) == (first.returncode, again.returncode), first.stderr + again.stderr
    assert (clean / "o.csv").read_text() == (clean / "o2.csv").read_text()  # nobody moved: every name was known again
    assert ["'=cmd|' /C calc'!A0", "'@SUM(A1)"] == [name for name in written if name not in PRINTABLE]
    assert set(PRINTABLE) == set(raw)


def test_a_person_whose_name_commands_terminals_is_refused_in_one_plain_line(clean, monkeypatch, capsys):
    write(
        clean / "r.csv", ["cn", "platform", "locality", "skills", "states"], [("\x1b[2J", "A", "Domestic", "a", "FL")]
    )
    work = ("1", "A", "Domestic", "a", "FL", 100)
    write(clean / "d.csv", ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast"], [work])

    done = run_wfm(monkeypatch, capsys, "allocate", "--resources", "r.csv", "--demands", "d.csv", "--week", "2025-W28")

    assert 1 == done.returncode
    assert "cn must be printable" in done.stderr
    assert not COMMANDS & set(done.stderr)

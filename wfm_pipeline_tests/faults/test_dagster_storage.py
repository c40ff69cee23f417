"""Dagster's own storage, damaged in every way a disk or a hand can: one line, what to do, and it works once that is done."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from wfm_pipeline.errors import WfmError
from wfm_pipeline.orchestration.instance.storage import open_instance
from wfm_pipeline.settings import load_settings

RUNS, EVENTS, TICKS = "history/runs.db", "history/runs/index.db", "schedules/schedules.db"


@pytest.fixture
def settings(clean_environment, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(clean_environment / "dagster"))  # put back afterwards, whoever sets it
    made = load_settings(home=clean_environment)
    open_instance(made).dispose()
    return made


@pytest.mark.parametrize(
    "text", ["telemetry: [\n  : {", "- a list\n", "no_such_key: 1\n", "\udcff\udcfe"], ids=["broken", "list", "unknown", "binary"]
)  # fmt: skip
def test_a_broken_dagster_yaml_is_named_and_written_anew_once_it_is_gone(settings, text: str) -> None:
    file = settings.home / "dagster" / "dagster.yaml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(WfmError, match=r"dagster\.yaml cannot be used") as caught:
        open_instance(settings)

    assert "\n" not in str(caught.value)
    file.unlink()
    open_instance(settings).dispose()


@pytest.mark.parametrize("file", [RUNS, EVENTS, TICKS])
@pytest.mark.parametrize("is_cut", [True, False], ids=["cut", "garbage"])
def test_damaged_run_storage_says_to_move_it_away_and_does_not_blame_postgres(
    settings, file: str, is_cut: bool
) -> None:
    home = settings.home / "dagster"
    path = home / file
    path.write_bytes(path.read_bytes()[:20_000] if is_cut else b"garbage" * 9_999)

    with pytest.raises(WfmError, match=f"storage in {home} is damaged") as caught:
        open_instance(settings)

    assert "move that folder away" in str(caught.value)
    assert "POSTGRES" not in str(caught.value)
    shutil.move(home, settings.home / "away")
    with open_instance(settings) as instance:
        assert 0 == instance.get_runs_count()


@pytest.mark.parametrize("file", [RUNS, EVENTS, TICKS])
def test_run_storage_of_another_dagster_is_refused_before_it_is_written(settings, file: str) -> None:
    with closing(sqlite3.connect(settings.home / "dagster" / file)) as con:
        con.execute("update alembic_version set version_num = 'ffffffffffff'")
        con.commit()

    with pytest.raises(WfmError, match=r"made by another version of Dagster .*dagster instance migrate"):
        open_instance(settings)


def test_a_run_storage_that_does_not_answer_shows_no_password(settings) -> None:
    away = load_settings(home=settings.home, dagster_postgres_url="postgresql://me:sekret@127.0.0.1:1/runs")

    with pytest.raises(WfmError, match="check WFM_DAGSTER_POSTGRES_URL and that the server answers") as caught:
        open_instance(away)

    assert "sekret" not in f"{caught.value} {caught.value.facts}"
    assert caught.value.__suppress_context__


def test_an_untouched_storage_opens(settings) -> None:
    with open_instance(settings) as instance:
        assert isinstance(instance, dg.DagsterInstance)
        assert Path(instance.root_directory) == settings.home / "dagster"

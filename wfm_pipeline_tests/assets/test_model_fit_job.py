"""`wfm model-fit` on the sample: tables, picture, a run that can be repeated, and what it says without data."""

import json

import pytest

from wfm_pipeline.contracts.model_fit import MODEL_FIT_TABLES
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import count, hashes, make_house, refresh

NAMES = [table.full_name for table in MODEL_FIT_TABLES]


@pytest.fixture
def refreshed(sample, clean, monkeypatch):
    """A house with silver and no gold, which the command finds through its settings."""
    house = make_house(sample, clean / "home")
    refresh(house)
    monkeypatch.setenv("WFM_HOME", str(clean / "home"))
    monkeypatch.setenv("WFM_SOURCE_URL", f"sqlite:///{clean / 'home' / 'source.sqlite'}")
    return house


def test_the_command_writes_tables_and_a_picture_and_twice_changes_nothing(refreshed, clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "model-fit", "--picture", "fit.png", "--out", "fit.csv", "--json")

    said = json.loads(done.stdout)
    assert 0 == done.returncode, done.stderr
    assert said["is_simulated"]
    assert {"support", "orders", "billing", "english"} == {row["queue_id"] for row in said["months"]}
    assert {"first_to_last", "seen_available"} == {row["presence"] for row in said["months"]}
    assert b"\x89PNG" == (clean / "fit.png").read_bytes()[:4]
    assert (clean / "fit.png").stat().st_size < 100_000
    assert len(said["months"]) == len((clean / "fit.csv").read_text(encoding="utf-8").splitlines()) - 1

    first = hashes(refreshed, NAMES)
    assert 0 == run_wfm(monkeypatch, capsys, "model-fit").returncode
    assert set(NAMES) == set(first)
    assert first == hashes(refreshed, NAMES)


def test_every_call_in_a_line_is_compared(refreshed, monkeypatch, capsys):
    assert 0 == run_wfm(monkeypatch, capsys, "model-fit").returncode

    compared = count(refreshed, "select sum(calls_in_line) from gold.queue_model_fit where presence = 'first_to_last'")
    in_line = count(
        refreshed,
        "select count(*) from silver.call_legs where status in ('answered', 'transferred') and wait_seconds is not null "
        "or status = 'abandoned' and wait_seconds > 0",
    )
    assert in_line == compared


def test_without_calls_in_silver_the_command_says_what_to_do(clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "model-fit")

    assert 1 == done.returncode
    assert "wfm run" in done.stderr

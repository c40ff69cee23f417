"""`wfm backtest` as a product: JSON, report, external peers, and what it says when words are wrong."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline_tests.cli_kit import run_wfm


@pytest.fixture
def wfm(monkeypatch, tmp_path, capsys):
    """Runs a command in this process, in an empty folder, with no settings."""
    for name in [name for name in os.environ if name.startswith(("WFM_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return lambda *words: run_wfm(monkeypatch, capsys, *words)


@pytest.fixture
def interval_file(tmp_path):
    starts = pd.date_range("2026-01-05", periods=9 * 7 * 24, freq="60min", unit="us")
    starts = starts[(starts.hour >= 8) & (starts.hour < 18) & (starts.day_of_week < 5)]
    calls = np.random.default_rng(3).poisson(12 + starts.day_of_week, len(starts)) * 1.0
    path = tmp_path / "calls.parquet"
    pd.DataFrame({"queue_id": "<b>desk</b>", "interval_start": starts, "calls": calls}).to_parquet(path)
    return path


@pytest.fixture
def origins(tmp_path):
    """Ten origins, one day ahead each."""
    days = pd.bdate_range("2026-02-16", periods=10).strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        {"dataset": "x", "fold": range(10), "origin": days, "horizon_days": 1, "train_from": "2026-01-05"}
    )
    frame.to_csv(tmp_path / "origins.csv", index=False)
    return tmp_path / "origins.csv"


def test_rolling_origins_with_a_peer_of_ones_own_end_as_report_json_and_predictions(
    wfm, interval_file, origins, tmp_path
):
    words = ["backtest", interval_file, "--origins", origins, "--predictions", "made.parquet", "--json"]
    first = wfm(*words)
    assert first.returncode == 0, first.stderr
    made = pd.read_parquet(tmp_path / "made.parquet")
    made[made["method"] == "mean_4"].drop(columns="method").to_csv(tmp_path / "mine.csv", index=False)

    done = wfm(*words, "--peer", "my model=mine.csv", "--report", "out/report.html", "--simulated", "--title", "T & Co")

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    before = {"scores", "fold_scores", "dataset", "notes"}
    assert before <= set(answer)
    assert {"slices", "bands", "reliability", "pit", "differences", "gains", "unscored_days"} <= set(answer)
    assert answer["is_simulated"]
    assert answer["is_hindcast"]
    assert "lightgbm" in answer["versions"]
    scores = {row["method"]: row for row in answer["scores"]}
    assert scores["mean_4"]["int_q"] == pytest.approx(scores["my model"]["int_q"])
    assert scores["wfm"] == {row["method"]: row for row in json.loads(first.stdout)["scores"]}["wfm"]
    assert {10} == {row["days"] for row in answer["differences"]}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "T &amp; Co" in page
    assert "SIMULATED DATA" in page
    assert "my model" in page
    assert "<b>desk</b>" not in page
    assert [] == list((tmp_path / "out").glob(".*part"))


def test_without_json_the_answers_stand_above_the_scores(wfm, interval_file, origins):
    done = wfm("backtest", interval_file, "--origins", origins)

    assert done.returncode == 0, done.stderr
    assert "How good is it? Looking one day ahead from 10 origins" in " ".join(done.stdout.split())
    assert "median_6" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(
            ["--peer", "prophet"], 2, "--peer must look like NAME=predictions.parquet, got 'prophet'", id="no_file"
        ),
        pytest.param(["--peer", "=x.parquet"], 2, "NAME=predictions.parquet", id="no_name"),
        pytest.param(["--peer", "a=x.csv", "--peer", "a=y.csv"], 2, "--peer names must differ", id="twice"),
        pytest.param(["--peer", "a=nowhere.csv"], 1, "there is no file nowhere.csv", id="absent"),
        pytest.param(["--peer", "wfm=origins.csv"], 1, "cannot be called wfm", id="our_name"),
        pytest.param(["--peer", "a=origins.csv"], 1, "missing queue_id, interval_start, calls_mean", id="wrong_table"),
    ],
)
def test_a_peer_that_cannot_be_used_is_one_line(wfm, interval_file, origins, words, code, said):
    done = wfm("backtest", interval_file, "--origins", origins, *words)

    assert code == done.returncode
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


INTERVALS = Path(__file__).parents[1] / "cases" / "real_files" / "interval_files"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("offsets", "say whose wall clock is meant, such as --time-zone Europe/Zurich", id="offsets"),
        pytest.param("day-first-low-days", "say --date-format '%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M'", id="low_days"),
        pytest.param("thousands", "write 1300 or 1.3", id="thousands"),
    ],
)
@pytest.mark.parametrize("command", ["backtest", "backtest-intraday"])
def test_a_file_with_two_readings_is_one_line_with_both(wfm, command, name, words):
    done = wfm(command, INTERVALS / f"{name}.csv")

    assert 1 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert f"{name}.csv, line " in done.stderr
    assert words in done.stderr


def test_a_format_and_a_zone_are_told_on_the_command_line_and_what_was_read_is_said(wfm):
    zoned = wfm("backtest-intraday", INTERVALS / "offsets.csv", "--time-zone", "Europe/Zurich", "--days", 2)
    shown = wfm("backtest-intraday", INTERVALS / "day-first.csv", "--days", 2, "--json")
    told = wfm("backtest-intraday", INTERVALS / "day-first.csv", "--days", 2, "--json", "--date-format", "%d/%m/%Y %H:%M")  # fmt: skip

    assert [0, 0, 0] == [done.returncode for done in (zoned, shown, told)]
    assert "notice: day-first.csv: times are read with the day in front" in shown.stderr
    assert ("", shown.stdout) == (told.stderr, told.stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--date-format", "%H:%M"], "--date-format must name day, month and year", id="format"),
        pytest.param(["--time-zone", "Mars/Base"], "IANA name", id="zone"),
    ],
)
def test_a_format_or_a_zone_that_is_none_is_a_fault_of_the_words(wfm, words, said):
    done = wfm("backtest", INTERVALS / "semicolon.csv", *words)

    assert 2 == done.returncode
    assert said in done.stderr

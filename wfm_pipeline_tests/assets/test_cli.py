"""The command line: exit codes, one-line errors, help that helps."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from wfm_pipeline.cli import _told, main


@pytest.fixture
def wfm(monkeypatch, tmp_path, capsys):
    """Runs a command in this process, in an empty folder, with no settings but the given ones."""
    for name in [name for name in os.environ if name.startswith(("WFM_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*words, **variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["wfm", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return SimpleNamespace(returncode=stop.value.code, stdout=said.out, stderr=said.err)

    return run


@pytest.fixture
def interval_file(tmp_path):
    starts = pd.date_range("2026-01-05", periods=12 * 7 * 48, freq="30min", unit="us")
    weekday_hour = (starts.hour >= 8) & (starts.hour < 18) & (starts.day_of_week < 5)
    frame = pd.DataFrame(
        {"queue_id": "q", "interval_start": starts, "calls": weekday_hour * (5.0 + starts.day_of_week)}
    )
    path = tmp_path / "calls.parquet"
    frame.to_parquet(path)
    return path


def test_help_names_every_command(wfm, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "wfm_pipeline.cli", "--help"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    assert [] == [
        c for c in ("run", "sample", "load", "backtest", "publish", "doctor", "init", "dev") if c not in done.stdout
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["nonsense"], "nonsense", id="unknown_command"),
        pytest.param(["run", "--as-of", "tomorrow"], "--as-of must be a date", id="not_a_date"),
        pytest.param(["run", "--source", "nowhere"], "nowhere", id="unknown_source_map"),
        pytest.param(["run", "--warehouse", "oracle://x"], "duckdb:///", id="unknown_engine"),
        pytest.param(["run", "--source", "anonymous_bank"], "WFM_SOURCE_URL", id="source_without_url"),
        pytest.param(["backtest", "x.csv", "--horizon", "long"], "--horizon", id="not_a_horizon"),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(wfm, words, said):
    done = wfm(*words)

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_one_line_and_exit_code_2(wfm, tmp_path):
    done = wfm("doctor", WFM_HORIZON_DAYS="0")

    assert done.returncode == 2
    assert "horizon_days" in done.stderr
    assert done.stderr.strip().count("\n") <= 1


def test_a_database_that_is_down_is_one_line_without_the_password_and_exit_code_1(wfm, tmp_path):
    done = wfm("run", WFM_SOURCE_URL="mysql+pymysql://u:sekret@127.0.0.1:1/calls", WFM_RETRY_ATTEMPTS="1")

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "sekret" not in done.stderr + done.stdout


def test_an_empty_source_is_said_and_exit_code_1(wfm, tmp_path):
    (tmp_path / "exports").mkdir()

    done = wfm("run", WFM_SOURCE_URL=f"file://{tmp_path}/exports")

    assert done.returncode == 1, done.stderr
    assert "queue_cdr" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["load", "desk", "x.csv", "--to", "x", "mysql://u:sekret@h/db"], id="one_word_too_many"),
        pytest.param(["run", "--source", "mysql://u:se kret/sekret@h/db"], id="url_for_a_name"),
        pytest.param(["run", "--as-of", "mysql://u@h/db?passwd=sekret"], id="url_for_a_date"),
        pytest.param(["mysql://u:sekret@h/db"], id="url_for_a_command"),
    ],
)
def test_a_url_in_the_wrong_place_is_not_quoted(wfm, words):
    done = wfm(*words)

    assert done.returncode == 2
    assert "kret" not in done.stdout + done.stderr


def test_the_traceback_of_a_bug_holds_no_secret(wfm, capsys):
    wfm("run", WFM_SOURCE_URL="mysql://u:geheim wort@h/db", WFM_HORIZON_DAYS="0")

    bug = RuntimeError("denied: geheim wort")
    bug.__cause__ = ValueError("bad mysql://u:sekret@h/db?key=sekret")

    assert 1 == _told(bug)
    said = capsys.readouterr().err
    assert "ValueError: bad mysql://h/db\n" in said
    assert "RuntimeError: denied: ***" in said
    assert [] == [word for word in ("geheim", "wort", "sekret") if word in said]


def test_init_writes_once_and_says_how_to_overwrite(wfm, tmp_path):
    first, second = wfm("init"), wfm("init")

    assert (first.returncode, second.returncode) == (0, 2)
    assert "--force" in second.stderr
    assert wfm("init", "--force").returncode == 0


def test_doctor_finds_what_is_missing_and_how_to_mend_it(wfm, tmp_path):
    done = wfm("doctor", "--json")

    checks = {row["check"]: row["ok"] for row in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert checks["source"] == "NO"
    assert checks["warehouse"] == checks["LightGBM"] == checks["time zone"] == "yes"


def test_backtest_on_a_file_prints_json_and_writes_one_prediction_per_method_and_interval(wfm, interval_file, tmp_path):
    done = wfm("backtest", str(interval_file), "--horizon", "7d", "--predictions", "out.parquet", "--json")

    assert done.returncode == 0, done.stderr
    scores = {row["method"]: row for row in json.loads(done.stdout)["scores"]}
    assert {"wfm", "seasonal_naive", "mean_4", "mean_8", "median_6"} == set(scores)
    assert scores["seasonal_naive"]["int_q"] == 0  # every week is the same
    rows = pd.read_parquet(tmp_path / "out.parquet")
    assert not rows.duplicated(["method", "origin", "queue_id", "interval_start"]).any()
    assert 5 * 3 * 7 * 48 == len(rows)


def test_a_file_without_its_columns_names_both_lists(wfm, tmp_path):
    (tmp_path / "x.csv").write_text("queue,start,calls\na,2026-01-01,1\n")

    done = wfm("backtest", "x.csv")

    assert done.returncode == 1
    assert "missing queue_id, interval_start, present queue, start, calls" in " ".join(done.stderr.split())

"""Bounds at the command line: one line and exit code 1 or 2, never a traceback, never a wait without end."""

import pytest

from wfm_pipeline_tests.cli_kit import run_wfm

pytestmark = pytest.mark.usefixtures("clean_environment")
STAFF = ("staff", "--calls=100", "--interval-seconds=1800", "--aht-seconds=180", "--answer-target-seconds=20")
STAFF = (*STAFF, "--service-level-target=0.8")
SIMULATE = ("simulate", "--calls=10", "--agents=2", "--interval-seconds=1800", "--aht-seconds=180", "--replications=1")
ODD = ("nan", "inf", "-1", "1e-310", "1e300")


@pytest.fixture
def refused(monkeypatch, capsys):
    """What a command said on its one line of refusal."""

    def run(*words):
        done = run_wfm(monkeypatch, capsys, *words)
        assert (done.returncode in (1, 2), 1) == (True, len(done.stderr.splitlines())), done.stderr
        assert done.stderr.startswith("error: ")
        return done.stderr

    return run


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    "option", ["calls", "aht-seconds", "patience-seconds", "max-occupancy", "service-level-target"]
)
def test_staff_refuses_an_odd_number(refused, option, value):
    assert option.replace("-", "_") in refused(*STAFF, f"--{option}={value}")


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    "option",
    [
        "interval-seconds",
        "aht-seconds",
        "patience-seconds",
        "redial-delay-seconds",
        "confidence",
        "calls",
        "find-teams",
    ],
)
def test_simulate_refuses_an_odd_number(refused, option, value):
    if (option, value) == ("calls", "1e-310"):
        pytest.skip("so few calls are no calls, and 0 is allowed")
    words = [word for word in SIMULATE if option != "find-teams" or "agents" not in word]

    assert option.replace("-", "_") in refused(*words, f"--{option}={value}").replace("-", "_")


@pytest.mark.parametrize("place", ["file/answer.csv", ".", "x" * 300])
def test_a_place_that_cannot_be_written_is_one_line(refused, clean_environment, place):
    (clean_environment / "file").touch()

    assert "cannot be written" in refused(*STAFF, "--out", place)


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
def test_a_date_of_another_age_is_refused(refused, date):
    assert "1990 to 2199" in refused("run", "--as-of", date)


def test_a_horizon_of_thousands_of_digits_is_refused(refused):
    assert "--horizon must be days" in refused("backtest", "--horizon", "9" * 5_000)

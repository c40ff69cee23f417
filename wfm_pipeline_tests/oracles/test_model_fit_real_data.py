"""The Anonymous Bank's 1999: predicted against reached service level, and the error of the agents inferred."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.simulation.model_fit.compare import FitOptions, compare_models

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def fit(request):
    import os  # noqa: PLC0415 - the shared fixture is per test

    folder = os.environ.get("WFM_REAL_DATA")
    if not folder:
        pytest.skip("WFM_REAL_DATA is not set: the public call-centre data are not tested in this run")
    return compare_models(bank_records(folder), options=FitOptions(seed=20_260_101))


def bank_records(folder):
    """The public file as records, by the rules of its README, without our own pipeline."""
    raw = pd.read_parquet(f"{folder}/anonymous_bank_1999/calls.parquet")
    raw = raw[raw["outcome"] != "PHANTOM"]
    entry = raw["vru_entry"].map(lambda time: time.hour * 3600 + time.minute * 60 + time.second)
    seconds = entry + raw["vru_time"].where(raw["vru_time"].between(0, 7200), 0)
    names = raw["server"].str.strip().replace({"NO_SERVERAMA": "NAAMA", "ANO_SERVERT": "ANAT"})
    return pd.DataFrame(
        {
            "queue_id": raw["type"].str.strip(),
            "agent_id": names.where(names != "NO_SERVER", None),
            "joined_at": pd.to_datetime(raw["date"]) + pd.to_timedelta(seconds, unit="s"),
            "business_date": raw["date"],
            "wait_seconds": raw["q_time"].astype(float),
            "handle_seconds": raw["ser_time"].where(raw["ser_time"] <= 14_400).astype(float),
            "outcome": raw["outcome"].map({"AGENT": "answered", "HANG": "abandoned"}),
        }
    )


def test_every_call_is_in_a_line_or_left_out_with_a_reason(fit):
    in_line = fit.months.drop_duplicates(["queue_id", "month"])["calls_in_line"].sum()

    # 318,286 rows less 2,658 PHANTOM; README: 16,950 hang-ups never queued, five of them of the type AA
    assert 318_286 - 2_658 == in_line + sum(fit.left_out.values())
    assert 16_950 == fit.left_out["left_before_the_line"]


def test_4119_answered_calls_name_no_agent_and_they_are_short(fit):
    assert 4_119 == fit.presence["unnamed_calls"].sum()
    assert fit.presence["unnamed_busy_share"].max() < 0.005


def test_first_to_last_counts_idle_time_while_callers_wait_as_presence(fit):
    share = fit.presence["idle_while_waiting_share"]

    assert 0.10 < share.min() < share.max() < 0.25
    assert (fit.presence["busy_hours"] < fit.presence["hours_seen_available"]).all()
    assert (fit.presence["hours_seen_available"] < fit.presence["hours_first_to_last"]).all()


def test_on_the_large_queue_erlang_a_is_honest_and_erlang_c_is_not(fit):
    choice = fit.choices.set_index(["queue_id", "presence"]).loc[("PS", "seen_available")]

    assert 9 == choice["months"]
    assert choice["error_erlang_a"] < 0.04
    assert choice["bias_erlang_c"] < -0.12
    assert "erlang_a" == choice["model_name"]


def test_first_to_last_makes_every_model_too_hopeful_on_the_large_queue(fit):
    choice = fit.choices.set_index(["queue_id", "presence"]).loc[("PS", "first_to_last")]

    assert min(choice[f"bias_{model}"] for model in ("erlang_c", "erlang_a", "simulation")) > 0.1


def test_patience_of_the_large_queue_is_minutes_and_known_to_a_few_percent(fit):
    months = fit.months[(fit.months["queue_id"] == "PS") & (fit.months["presence"] == "first_to_last")]

    assert months["patience_seconds"].between(300, 700).all()
    assert np.all(months["patience_seconds_high"] / months["patience_seconds_low"] < 1.2)

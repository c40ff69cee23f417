"""The training shelf: what is not whole or not of the request is not there, and what nobody needs goes."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, PlannersInput
from wfm_pipeline.domain.forecasting.training import TrainingRequest
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.models.training_shelf import FINGERPRINT, TrainingShelf

ORIGIN, BEFORE = dt.date(2026, 3, 2), dt.date(2026, 2, 16)
CARD = {FINGERPRINT: "one", "queue_ids": ["a"]}


@pytest.fixture
def shelf(tmp_path):
    return TrainingShelf(tmp_path / "training")


@pytest.fixture(scope="module")
def request_and_result():
    times = pd.date_range("2026-02-02", periods=28 * 24, freq="60min", unit="us")
    rows = pd.DataFrame(
        {"queue_id": "a", "interval_start": times, "calls": np.arange(len(times)) % 24 * 1.0, "is_open": True}
    )
    asked = TrainingRequest(
        history=rows, handle=rows[["queue_id", "interval_start"]].assign(answered_handle_known=1.0, handle_seconds=60.0),
        is_open_future=pd.DataFrame({"interval_start": times + pd.Timedelta(days=28), "is_open": True}),
        planners=PlannersInput(), site=Site(interval_minutes=60), origin=ORIGIN, horizon_days=7,
        options=ForecastOptions(effect_seeds=1, inner_origins=1, num_threads=1),
    )  # fmt: skip
    return asked, asked.answer()


def test_an_empty_shelf_has_nothing(shelf):
    assert ([], {}, None) == (shelf.handed_out(), shelf.failures(), shelf.forecast_of(ORIGIN, "g0", "one"))
    shelf.clear(keep={})


def test_a_request_waits_until_its_forecast_is_there(shelf, request_and_result):
    asked, result = request_and_result
    shelf.hand_out(ORIGIN, "g0", asked, CARD)
    assert [("g0", True)] == [(one.group, one.is_waiting) for one in shelf.handed_out()]

    shelf.put_forecast(ORIGIN, "g0", shelf.request_of(ORIGIN, "g0").answer(), CARD)

    assert [("g0", False)] == [(one.group, one.is_waiting) for one in shelf.handed_out()]
    found = shelf.forecast_of(ORIGIN, "g0", "one")
    pd.testing.assert_frame_equal(result.intervals, found.intervals, check_exact=True)


def test_a_forecast_of_another_request_or_with_other_bytes_is_none(shelf, request_and_result, tmp_path):
    _, result = request_and_result
    shelf.put_forecast(ORIGIN, "g0", result, CARD)
    assert shelf.forecast_of(ORIGIN, "g0", "another") is None

    (tmp_path / "training" / ORIGIN.isoformat() / "g0" / "forecast" / "model.bin").write_bytes(b"half")

    assert shelf.forecast_of(ORIGIN, "g0", "one") is None


def test_a_failure_counts_for_its_request_until_it_is_made_good(shelf, request_and_result):
    asked, result = request_and_result
    shelf.hand_out(ORIGIN, "g0", asked, CARD)
    shelf.note_failure(ORIGIN, "g0", "no calls", CARD)

    assert [("no calls", False)] == [(one.failure, one.is_waiting) for one in shelf.handed_out()]
    assert ("no calls", "") == tuple(shelf.failure_of(ORIGIN, "g0", which) for which in ("one", "another"))
    assert {"2026-03-02 g0"} == set(shelf.failures())
    shelf.put_forecast(ORIGIN, "g0", result, CARD)
    assert {} == shelf.failures()


def test_what_was_left_half_written_is_not_read(shelf, tmp_path):
    (tmp_path / "training" / ORIGIN.isoformat() / "g0" / ".forecast.7.part").mkdir(parents=True)

    assert ([], None) == (shelf.handed_out(), shelf.forecast_of(ORIGIN, "g0", "one"))


def test_clearing_keeps_forecasts_of_the_issue_and_requests_that_wait(shelf, request_and_result, tmp_path):
    asked, result = request_and_result
    for origin, group in ((BEFORE, "g0"), (ORIGIN, "g0"), (ORIGIN, "g1"), (ORIGIN, "old")):
        shelf.hand_out(origin, group, asked, CARD)
    shelf.put_forecast(ORIGIN, "g0", result, CARD)

    shelf.clear(keep={ORIGIN: {"g0", "g1"}})

    assert [(ORIGIN, "g1")] == [(one.origin, one.group) for one in shelf.handed_out()]
    assert shelf.forecast_of(ORIGIN, "g0", "one") is not None
    assert {"g0", "g1"} == shelf.groups_of(ORIGIN)
    assert [ORIGIN.isoformat()] == [folder.name for folder in (tmp_path / "training").iterdir()]


def test_a_request_that_is_not_there_is_said_so(shelf):
    with pytest.raises(WarehouseError, match="there is no readable model"):
        shelf.request_of(ORIGIN, "g0")

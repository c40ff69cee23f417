"""Segments: hand-made customers with known groups, and every decision at the edges."""

import math

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.segmentation import (
    SINGLE_SEGMENT,
    UNKNOWN_SEGMENT,
    scale_robustly,
    segment_customers,
    shrink_small_samples,
)
from wfm_pipeline.errors import DataError


def _customers(calls_per_week: list[float], aht_seconds: list[float], *, weeks: float = 50.0) -> pd.DataFrame:
    n = len(calls_per_week)
    return pd.DataFrame(
        {
            "customer_key": [f"c{number:03d}" for number in range(n)],
            "calls": [round(per_week * weeks) for per_week in calls_per_week],
            "calls_per_week": calls_per_week,
            "answered_handle_known": [round(0.9 * per_week * weeks) for per_week in calls_per_week],
            "aht_seconds": aht_seconds,
            "abandon_share": 0.1,
            "redial_share": 0.05,
            "peak_weekday_hour": 10,
        }
    )


def _four_groups(n: int = 15) -> pd.DataFrame:
    """Many or few calls, long or short ones: four clouds far apart, 15 customers each."""
    rng = np.random.default_rng(1)
    centres = [(200.0, 600.0), (200.0, 120.0), (8.0, 600.0), (8.0, 120.0)]
    volume = np.concatenate([centre[0] * np.exp(rng.normal(0, 0.1, n)) for centre in centres])
    length = np.concatenate([centre[1] * np.exp(rng.normal(0, 0.05, n)) for centre in centres])
    return _customers(volume.tolist(), length.tolist())


# ---- shrinking ------------------------------------------------------------------------------------


def test_small_samples_are_pulled_to_the_overall_mean():
    counts = {"calls": [20, 180], "answered_handle_known": [20, 180]}
    frame = _customers([1.0, 1.0], [100.0, 300.0]).assign(**counts, redial_share=[0.5, 0.0])

    shrunk = shrink_small_samples(frame, prior_calls=20.0)

    # overall AHT = (20 x 100 + 180 x 300) / 200 = 280; 20 / (20 + 20) x 100 + 0.5 x 280 = 190
    # and 180 / 200 x 300 + 0.1 x 280 = 298; redials: overall 10 / 200 = 0.05, 0.5 x 0.5 + 0.5 x 0.05 = 0.275
    assert shrunk["aht_seconds_shrunk"].tolist() == pytest.approx([190.0, 298.0])
    assert shrunk["redial_share_shrunk"].tolist() == pytest.approx([0.275, 0.005])


def test_aht_is_trusted_by_calls_whose_handle_time_is_known():
    frame = _customers([1.0, 1.0], [100.0, 300.0]).assign(calls=[40, 180], answered_handle_known=[20, 180])

    shrunk = shrink_small_samples(frame, prior_calls=20.0)

    # 40 calls, of half of them nobody knows how long they took: 20 count, so 190 as above
    assert shrunk["aht_seconds_shrunk"].iloc[0] == pytest.approx(190.0)


def test_unknown_aht_becomes_the_overall_mean():
    frame = _customers([1.0, 1.0], [math.nan, 300.0])

    shrunk = shrink_small_samples(frame, prior_calls=20.0)

    assert shrunk["aht_seconds_shrunk"].tolist() == pytest.approx([300.0, 300.0])


def test_without_a_prior_own_figures_stand():
    frame = _customers([1.0, 2.0], [100.0, 300.0])

    shrunk = shrink_small_samples(frame, prior_calls=0.0)

    assert shrunk["aht_seconds_shrunk"].tolist() == [100.0, 300.0]


# ---- scaling --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # median 3, quartiles 2 and 4
        pytest.param([1.0, 2.0, 3.0, 4.0, 5.0], [-1.0, -0.5, 0.0, 0.5, 1.0], id="interquartile_distance"),
        # quartiles 0 and 0; standard deviation of four 0 and one 5: sqrt(25/5 - 1) = 2
        pytest.param([0.0, 0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0, 2.5], id="zero_iqr_takes_the_sd"),
        pytest.param([7.0, 7.0, 7.0], [0.0, 0.0, 0.0], id="constant_says_nothing"),
        pytest.param([math.nan, math.nan], [0.0, 0.0], id="unknown_says_nothing"),
        pytest.param([], [], id="empty"),
    ],
)
def test_robust_scaling(values, expected):
    assert scale_robustly(np.array(values).reshape(-1, 1))[:, 0].tolist() == pytest.approx(expected)


# ---- segments -------------------------------------------------------------------------------------


def test_four_clear_groups_are_found_and_named_from_their_centres():
    result = segment_customers(_four_groups(), seed=1)

    assert result.k == 4
    assert result.silhouette > 0.8
    assert sorted(result.segments["segment_name"]) == [
        "high_volume_long_calls",
        "high_volume_short_calls",
        "low_volume_long_calls",
        "low_volume_short_calls",
    ]
    named = result.customers["segment_name"].to_numpy().reshape(4, 15)
    assert (named == named[:, :1]).all()
    assert named[:, 0].tolist() == [
        "high_volume_long_calls",
        "high_volume_short_calls",
        "low_volume_long_calls",
        "low_volume_short_calls",
    ]


def test_ids_run_from_most_calls_to_fewest():
    segments = segment_customers(_four_groups(), seed=1).segments

    assert segments["segment_id"].tolist() == [1, 2, 3, 4]
    assert segments["calls_per_week"].is_monotonic_decreasing


def test_segments_add_up_to_the_customers():
    frame = _four_groups()

    segments = segment_customers(frame, seed=1).segments

    assert segments["customers"].sum() == len(frame)
    assert segments["calls"].sum() == frame["calls"].sum()
    assert segments["call_share"].sum() == pytest.approx(1.0)
    assert segments["abandon_share"].tolist() == pytest.approx([0.1] * 4)


def test_same_words_get_a_number():
    # three clouds of volume, the AHT of all alike: names differ by volume only; four clouds must repeat a word
    volume = [v * f for v in (1.0, 10.0, 100.0, 1000.0) for f in (0.97, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03)]

    result = segment_customers(_customers(volume, [200.0] * 28), seed=1)

    names = result.segments["segment_name"].tolist()
    assert result.k == 4
    assert len(set(names)) == 4
    assert "high_volume_average_calls_2" in names or "medium_volume_average_calls_2" in names


def test_too_few_customers_make_one_segment():
    result = segment_customers(_four_groups(4), seed=1)  # 16 customers

    assert result.k == 1
    assert set(result.customers["segment_name"]) == {SINGLE_SEGMENT}
    assert math.isnan(result.silhouette)
    assert result.notes == ("16 known customers, fewer than 20: one segment.",)


def test_identical_customers_make_one_segment():
    result = segment_customers(_customers([5.0] * 30, [200.0] * 30), seed=1)

    assert result.k == 1
    assert "No grouping" in result.notes[0]


def test_a_handful_of_giants_is_no_segment_of_its_own():
    # 38 alike (two close clouds) and 2 giants: a segment of 2 / 40 = 5 % is allowed at 0.05, not at 0.06
    volume = [5.0 * (1 + 0.01 * i) for i in range(38)] + [50_000.0, 51_000.0]
    frame = _customers(volume, [200.0] * 40)

    allowed = segment_customers(frame, seed=1, segment_share_min=0.05, segments_max=2)
    refused = segment_customers(frame, seed=1, segment_share_min=0.06, segments_max=2)

    assert allowed.segments["customers"].tolist() == [2, 38]
    assert refused.k == 1


def test_customers_without_id_are_kept_apart_and_counted():
    known = _four_groups()
    unknown = _customers([500.0], [200.0]).assign(customer_key=UNKNOWN)
    nameless = _customers([100.0], [200.0]).assign(customer_key=None)
    frame = pd.concat([unknown, known, nameless], ignore_index=True)

    result = segment_customers(frame, seed=1)

    apart = result.customers.iloc[[0, -1]]
    assert apart["segment_id"].isna().all()
    assert (apart["segment_name"] == UNKNOWN_SEGMENT).all()
    assert result.segments.equals(segment_customers(known, seed=1).segments)
    # (500 + 100) per week x 50 weeks
    assert result.notes[0].startswith("30,000 calls (")


def test_no_customers_at_all_is_an_answer():
    result = segment_customers(_customers([], []), seed=1)

    assert result.k == 0
    assert result.customers.empty
    assert result.segments.empty
    assert result.notes == ("No customer is known.",)


def test_nobody_known_is_an_answer():
    result = segment_customers(_customers([500.0], [200.0]).assign(customer_key=UNKNOWN), seed=1)

    assert result.k == 0
    assert result.customers["segment_name"].tolist() == [UNKNOWN_SEGMENT]


def test_unknown_aht_everywhere_still_segments_by_volume():
    volume = [v * f for v in (1.0, 100.0) for f in np.linspace(0.9, 1.1, 15)]

    result = segment_customers(_customers(volume, [math.nan] * 30), seed=1)

    assert result.segments["segment_name"].tolist() == ["high_volume_average_calls", "low_volume_average_calls"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(lambda f: f.drop(columns="calls"), "missing calls, present customer_key", id="missing_column"),
        pytest.param(lambda f: pd.concat([f, f.iloc[:1]], ignore_index=True), "1 keys repeat", id="repeated_key"),
        pytest.param(lambda f: f.assign(calls=-1), "must be finite and >= 0", id="negative_calls"),
        pytest.param(lambda f: f.assign(calls_per_week=np.nan), "must be finite and >= 0", id="unknown_intensity"),
    ],
)
def test_unusable_input_is_refused_with_its_reason(spoil, message):
    with pytest.raises(DataError, match=message):
        segment_customers(spoil(_four_groups()), seed=1)


def test_calls_that_belong_to_nobody_are_counted():
    rows = _customers([1.0, 2.0, 3.0, 9.0], [100.0, 110.0, 120.0, 130.0])
    rows.loc[3, "customer_key"] = UNKNOWN

    result = segment_customers(rows, seed=7)

    # 9 calls a week for 50 weeks have no customer.
    assert {"segments": result.k, "calls_without_customer": 450, "customers": 3} == result.facts

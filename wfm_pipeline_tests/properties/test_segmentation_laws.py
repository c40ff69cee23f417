"""What holds for every segmentation, whatever the customers."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.segmentation import segment_customers, shrink_small_samples

_share = st.one_of(st.none(), st.floats(0, 1))
_customer = st.tuples(
    st.integers(0, 5_000), st.floats(0, 1_000), st.one_of(st.none(), st.floats(1, 3_600)), _share, _share
)


def _frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["calls", "calls_per_week", "aht_seconds", "abandon_share", "redial_share"], dtype=float
    )
    frame.insert(0, "customer_key", [f"c{number:03d}" for number in range(len(rows))])
    return frame.assign(peak_weekday_hour=np.nan, answered_handle_known=frame["calls"] // 2)


_frames = st.lists(_customer, min_size=0, max_size=60).map(_frame)


@settings(max_examples=25)
@given(frame=_frames, order=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(frame, order):
    rows = list(range(len(frame)))
    order.shuffle(rows)

    one = segment_customers(frame, seed=3)
    two = segment_customers(frame.iloc[rows], seed=3)

    pd.testing.assert_frame_equal(one.customers, two.customers.sort_index(), check_exact=True)
    pd.testing.assert_frame_equal(one.segments, two.segments, check_exact=True)


@settings(max_examples=25)
@given(frame=_frames)
def test_every_customer_has_one_segment_and_names_are_unique(frame):
    result = segment_customers(frame, seed=3)

    assert list(result.customers["customer_key"]) == list(frame["customer_key"])
    assert result.customers["segment_id"].notna().all()
    assert result.segments["segment_id"].tolist() == list(range(1, result.k + 1))
    assert result.segments["segment_name"].is_unique
    assert result.segments["customers"].sum() == len(frame)
    assert (result.segments["customers"] >= 0.05 * len(frame)).all()


@settings(max_examples=25)
@given(frame=_frames, times=st.sampled_from([0.5, 2.0, 8.0]))
def test_unit_of_time_does_not_matter(frame, times):
    """AHT in other units moves every logarithm alike: the same groups with the same names."""
    slow = frame.assign(aht_seconds=frame["aht_seconds"].clip(lower=10.0))  # stay above the floor of 1 s

    one = segment_customers(slow, seed=3)
    two = segment_customers(slow.assign(aht_seconds=slow["aht_seconds"] * times), seed=3)

    assert one.customers["segment_name"].tolist() == two.customers["segment_name"].tolist()


@settings(max_examples=100)
@given(frame=_frames, prior=st.floats(0, 1_000))
def test_shrunk_figures_lie_between_the_own_and_the_overall(frame, prior):
    shrunk = shrink_small_samples(frame, prior_calls=prior)

    for name in ("aht_seconds", "abandon_share", "redial_share"):
        own = frame[name].dropna()
        values = shrunk[f"{name}_shrunk"].dropna()
        if len(values) and len(own):
            slack = 1e-9 * own.max() + 1e-12
            assert values.min() >= own.min() - slack
            assert values.max() <= own.max() + slack


@settings(max_examples=50)
@given(frame=_frames)
def test_more_prior_means_less_spread(frame):
    little = shrink_small_samples(frame, prior_calls=5.0)["abandon_share_shrunk"]
    much = shrink_small_samples(frame, prior_calls=500.0)["abandon_share_shrunk"]

    if little.notna().any():
        assert np.ptp(much) <= np.ptp(little) + 1e-9

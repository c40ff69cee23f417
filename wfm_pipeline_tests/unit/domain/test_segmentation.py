"""Segments: customers with known groups, customers without any, and every decision at the edges."""

import math

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.segments.naming import SINGLE_SEGMENT, UNKNOWN_SEGMENT
from wfm_pipeline.errors import DataError
from wfm_pipeline_tests.segments_kit import Group, customers, four_groups, segmented

FOUR_NAMES = [
    "high_volume_long_calls",
    "high_volume_short_calls",
    "low_volume_long_calls",
    "low_volume_short_calls",
]


# ---- no groups: one segment -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(Group(0, 0.2), id="alike_and_few_calls"),
        pytest.param(Group(0, 2.0), id="alike"),
        pytest.param(Group(0, 1.0, rate_spread=1.0, aht_spread=0.4), id="one_wide_cloud"),
    ],
)
def test_customers_of_one_population_are_one_segment(group):
    sizes = (30, 40, 50, 60, 70, 80, 90, 100, 120, 140, 160, 200)
    found = [
        len(segmented(customers([Group(size, *_shape(group))], seed=seed)).segments) for seed, size in enumerate(sizes)
    ]

    # 12 of each of 3 kinds; split by chance in one of 40, so two of twelve come once in 30 runs of such a kind
    assert found.count(1) >= 11


def _shape(group):
    return group.calls_per_week, group.aht_seconds, group.rate_spread, group.aht_spread


def test_identical_customers_make_one_segment():
    frame = customers([Group(30)], seed=1).assign(calls=50, weeks_known=25.0, aht_seconds=200.0)

    result = segmented(frame)

    assert [SINGLE_SEGMENT] == result.segments["segment_name"].tolist()
    assert ("All customers are alike: one segment.",) == result.notes


def test_one_segment_tells_how_far_from_clear_the_best_grouping_was():
    result = segmented(customers([Group(60, rate_spread=1.0, aht_spread=0.4)], seed=3))

    segment = result.segments.iloc[0]
    assert 1 == len(result.segments)
    assert segment["p_value"] > 0.025
    assert 0 < segment["silhouette"] < 1
    assert 1.0 == segment["stability"]
    assert result.notes[0].startswith("No grouping is both clearer than chance gives (best p-value 0.")


# ---- groups: found --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("groups", "k"),
    [
        pytest.param(four_groups(), 4, id="four"),
        pytest.param([Group(20, 0.5, rate_spread=0.3), Group(20, 8.0, rate_spread=0.3)], 2, id="two_by_calls"),
        pytest.param([Group(20, 3.0, 120.0), Group(20, 3.0, 700.0)], 2, id="two_by_handle_time"),
        pytest.param([Group(30, 1.0, 200.0), Group(20, 10.0, 100.0), Group(20, 10.0, 700.0)], 3, id="three"),
    ],
)
def test_groups_that_differ_clearly_are_found(groups, k, seed):
    result = segmented(customers(groups, seed=seed), seed=seed)

    assert k == len(result.segments)
    assert result.segments["stability"].min() >= 0.75
    assert result.segments["p_value"].iloc[0] <= 0.025
    by_group = pd.crosstab(result.customers["group"], result.customers["segment_id"])
    assert by_group.max(axis=1).sum() >= 0.95 * len(result.customers)


def test_segments_are_named_from_their_centres():
    result = segmented(customers(four_groups(), seed=1))

    assert sorted(FOUR_NAMES) == sorted(result.segments["segment_name"])
    named = result.customers.groupby("group")["segment_name"].unique()
    assert FOUR_NAMES == [name for names in named for name in names]


def test_first_ids_run_from_most_calls_to_fewest():
    segments = segmented(customers(four_groups(), seed=1)).segments

    assert [1, 2, 3, 4] == segments["segment_id"].tolist()
    assert segments["calls_per_week"].is_monotonic_decreasing
    # as the groups were made
    assert [24, 16, 1.5, 1] == pytest.approx(segments["calls_per_week"].tolist(), rel=0.2)
    # rarely called: nearer to everybody's
    assert [600, 120, 600, 120] == pytest.approx(segments["aht_seconds"].tolist(), rel=0.3)


def test_a_number_with_a_tiny_segment_is_no_choice():
    frame = customers([Group(38, 2.0), Group(2, 200.0)], seed=1)

    # 2 of 40 customers are 5 %: allowed at 0.05, not at 0.06
    assert [2, 38] == segmented(frame, segments_max=2).segments["customers"].tolist()
    assert 1 == len(segmented(frame, segments_max=2, segment_share_min=0.06).segments)


def test_too_few_customers_make_one_segment():
    result = segmented(customers(four_groups(4), seed=1))

    assert {SINGLE_SEGMENT} == set(result.customers["segment_name"])
    assert ("16 known customers, fewer than 20: one segment.",) == result.notes
    assert math.isnan(result.segments["silhouette"].iloc[0])


def test_a_sample_of_many_customers_finds_their_groups():
    frame = customers(four_groups(400), seed=1)  # 1,600: more than are compared

    result = segmented(frame)

    assert 4 == len(result.segments)
    assert len(frame) == result.segments["customers"].sum()
    assert (pd.crosstab(frame["group"], result.customers["segment_id"]).max(axis=1) >= 398).all()


# ---- what is not known ----------------------------------------------------------------------------


def test_customers_without_id_are_kept_apart_and_counted():
    known = customers(four_groups(), seed=1)
    apart = known.iloc[:2].assign(customer_key=[UNKNOWN, None], calls=[20_000, 10_000])
    frame = pd.concat([apart.iloc[:1], known, apart.iloc[1:]], ignore_index=True)

    result = segmented(frame)

    outside = result.customers.iloc[[0, -1]]
    assert outside["segment_id"].isna().all()
    assert outside["segment_since"].isna().all()
    assert (outside["segment_name"] == UNKNOWN_SEGMENT).all()
    assert result.segments.equals(segmented(known).segments)
    assert len(known) == len(result.changes)
    assert result.notes[0].startswith("30,000 calls (")
    assert (30_000, 60) == (result.facts["calls_without_customer"], result.facts["customers"])


@pytest.mark.parametrize("keys", [[], [UNKNOWN]])
def test_nobody_known_is_an_answer(keys):
    result = segmented(customers([Group(1)], seed=1).iloc[: len(keys)].assign(customer_key=keys))

    assert [UNKNOWN_SEGMENT] * len(keys) == result.customers["segment_name"].tolist()
    assert result.segments.empty
    assert result.changes.empty
    assert "No customer is known." == result.notes[-1]


def test_handle_times_that_nobody_knows_stay_unknown():
    frame = customers([Group(20, 0.5), Group(20, 10.0)], seed=1)
    frame = frame.assign(answered_handle_known=0, aht_seconds=np.nan, handle_sd_seconds=np.nan)

    result = segmented(frame)

    # no word of length, and neither a customer nor a centre has a handle time
    assert ["high_volume_calls", "low_volume_calls"] == result.segments["segment_name"].tolist()
    assert result.segments["aht_seconds"].isna().all()
    assert result.customers["aht_seconds_shrunk"].isna().all()


def test_a_customer_whose_handle_time_is_unknown_is_placed_by_its_calls_and_stays_unknown():
    frame = customers([Group(30, 0.5, 300.0, aht_spread=0.3), Group(30, 10.0, 300.0, aht_spread=0.3)], seed=1)
    unknown = {"answered_handle_known": 0, "aht_seconds": np.nan, "handle_sd_seconds": np.nan}
    frame.loc[[3, 40], list(unknown)] = list(unknown.values())

    result = segmented(frame)

    assert 2 == len(result.segments)
    assert result.customers.loc[[3, 40], "aht_seconds_shrunk"].isna().all()
    assert result.customers["segment_id"].loc[[3, 40]].tolist() == [
        result.customers.loc[frame["group"] == group, "segment_id"].mode()[0] for group in (0, 1)
    ]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(lambda f: f.drop(columns="calls"), "missing calls, present customer_key", id="missing_column"),
        pytest.param(lambda f: pd.concat([f, f.iloc[:1]], ignore_index=True), "1 keys repeat", id="repeated_key"),
        pytest.param(lambda f: f.assign(calls=-1), "calls must be finite and >= 0", id="negative_calls"),
        pytest.param(lambda f: f.assign(weeks_known=np.nan), "weeks_known > 0", id="unknown_weeks"),
        pytest.param(lambda f: f.assign(weeks_known=0.0), "weeks_known > 0", id="no_time"),
    ],
)
def test_unusable_input_is_refused_with_its_reason(spoil, message):
    with pytest.raises(DataError, match=message):
        segmented(spoil(customers(four_groups(), seed=1)))

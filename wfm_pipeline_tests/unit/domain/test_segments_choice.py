"""How many segments there are: silhouettes by another library, stability by hand, thresholds and the last run's number."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from wfm_pipeline.domain.segments.choice import Candidate, choose
from wfm_pipeline.domain.segments.clustering import distances, nearest, silhouette, stability
from wfm_pipeline_tests.segments_kit import NEXT, Group, as_last, customers, segmented


def candidate(k, *, excess=0.2, p_value=0.025, share_min=0.2):
    return Candidate(k, np.zeros((k, 2)), 0.3 + excess, 0.3, p_value, share_min, np.zeros(0))


def chosen(tried, *, last_k=None):
    return [one.k for one in choose(tried, share_min=0.05, last_k=last_k)]


def test_the_silhouette_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    points, labels = rng.normal(size=(80, 2)), rng.integers(4, size=80)
    labels[:2] = [4, 5]  # alone in their segments: 0
    labels[2:][labels[2:] > 3] = 0

    assert silhouette_score(points, labels) == pytest.approx(silhouette(distances(points, points), labels, 6))


def test_clear_segments_come_again_and_a_cut_through_one_does_not():
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(0, 1, (40, 2)), rng.normal(20, 1, (40, 2))])
    two, three = np.array([[0.0, 0.0], [20.0, 20.0]]), np.array([[0.0, 0.0], [19.2, 20.0], [20.8, 20.0]])

    assert [1.0, 1.0] == stability(points, two, rng, draws=10).tolist()
    cut = stability(points, three, rng, draws=10)
    assert cut[1:].min() < 0.75
    assert 2 == len(set(nearest(points, two)))


def test_the_clearest_above_chance_is_taken_and_the_smaller_number_wins_a_tie():
    assert [4, 2, 3] == chosen([candidate(2), candidate(3), candidate(4, excess=0.3)])


def test_what_chance_gives_as_well_and_what_is_tiny_is_no_choice():
    assert [2] == chosen([candidate(2), candidate(3, p_value=0.05), candidate(4, share_min=0.04)])


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param({"p_value": 0.10}, [3, 2], id="kept_though_it_would_not_be_taken_up"),
        pytest.param({"p_value": 0.125}, [2], id="given_up"),
        pytest.param({"excess": 0.16}, [3, 2], id="another_is_better_by_little"),
        pytest.param({"excess": 0.14}, [2, 3], id="another_is_better_by_far"),
    ],
)
def test_the_last_number_is_kept_while_it_is_nearly_as_good(last, expected):
    assert expected == chosen([candidate(2), candidate(3, **last)], last_k=3)


def test_a_number_that_chance_does_not_give_but_that_does_not_come_again_is_refused():
    # three groups, each as far from the others (1.6 in logarithms): which two of them are one of two segments is an accident
    frame = customers([Group(25, 2.0, 150.0), Group(25, 9.9, 150.0), Group(25, 4.45, 600.0)], seed=1)

    two, any_number = segmented(frame, segments_max=2).segments, segmented(frame).segments

    assert (1, 0.025) == (len(two), two["p_value"].iloc[0])
    assert 3 == len(any_number)


def test_a_last_number_is_given_up_when_the_groups_are_gone():
    first = segmented(customers([Group(30, 0.5), Group(30, 8.0)], seed=1))

    again = segmented(customers([Group(60, 2.0, rate_spread=0.6)], seed=2), until=NEXT, last=as_last(first))

    assert (2, 1) == (len(first.segments), len(again.segments))

"""Laws of training groups: every queue in one, in any order, and nobody moves because another comes or goes."""

from hypothesis import assume, given
from hypothesis import strategies as st

from wfm_pipeline.domain.forecasting.groups import deal_queues

NAMES = st.text("abcdefgh0123", min_size=1, max_size=4)
QUEUES = st.dictionaries(NAMES, st.integers(0, 100), max_size=30)
SIZES = st.integers(1, 400)


def members(groups):
    return {frozenset(group.queue_ids) for group in groups}


@given(QUEUES, SIZES)
def test_every_queue_is_in_exactly_one_group(rows, most_rows):
    groups = deal_queues(rows, most_rows=most_rows)

    assert sorted(rows) == sorted(name for group in groups for name in group.queue_ids)
    assert len({group.name for group in groups}) == len(groups)
    assert all(group.rows == sum(rows[name] for name in group.queue_ids) for group in groups)


@given(QUEUES, SIZES)
def test_no_group_is_larger_than_allowed_unless_a_queue_alone_is(rows, most_rows):
    groups = deal_queues(rows, most_rows=most_rows)

    assert all(group.rows <= most_rows or len(group.queue_ids) == 1 for group in groups)


@given(QUEUES, st.integers(0, 50))
def test_queues_that_are_few_enough_are_one_group(rows, spare):
    assume(rows)
    total = sum(rows.values())

    groups = deal_queues(rows, most_rows=max(total + spare, 1))

    assert [("all", tuple(sorted(rows)), total)] == [(group.name, group.queue_ids, group.rows) for group in groups]


@given(QUEUES, SIZES, st.randoms(use_true_random=False), st.lists(st.tuples(NAMES, NAMES), max_size=4))
def test_the_order_of_queues_and_statements_decides_nothing(rows, most_rows, random, bound):
    names, pairs = list(rows), list(bound)
    random.shuffle(names)
    random.shuffle(pairs)

    shuffled = deal_queues({name: rows[name] for name in names}, most_rows=most_rows, bound=[(b, a) for a, b in pairs])

    assert deal_queues(rows, most_rows=most_rows, bound=bound) == shuffled


@given(QUEUES, SIZES, NAMES, st.integers(0, 100))
def test_a_new_queue_changes_no_group_but_the_one_it_falls_into(rows, most_rows, name, more):
    assume(name not in rows)
    before = deal_queues(rows, most_rows=most_rows)
    after = deal_queues({**rows, name: more}, most_rows=most_rows)

    gone = members(before) - members(after)

    # At most one group is not as it was: the new queue joined it, or it was cut because of it.
    assert len(gone) <= 1
    new = members(after) - members(before)
    assert set().union(*new) == set().union(*gone) | {name}


@given(QUEUES, SIZES, st.data())
def test_a_queue_that_has_grown_changes_no_group_but_its_own(rows, most_rows, data):
    assume(rows)
    name = data.draw(st.sampled_from(sorted(rows)))

    after = deal_queues({**rows, name: rows[name] + 50}, most_rows=most_rows)

    gone = members(deal_queues(rows, most_rows=most_rows)) - members(after)
    assert all(name in group for group in gone)


@given(QUEUES, SIZES, st.lists(st.tuples(NAMES, NAMES), max_size=5))
def test_queues_that_hand_calls_on_learn_together(rows, most_rows, bound):
    groups = deal_queues(rows, most_rows=most_rows, bound=bound)

    place = {name: group.name for group in groups for name in group.queue_ids}
    assert all(place[one] == place[other] for one, other in bound if one in place and other in place)


@given(NAMES, NAMES, NAMES)
def test_queues_are_bound_through_one_without_history(one, between, other):
    assume(len({one, between, other}) == 3)

    groups = deal_queues({one: 10, other: 10}, most_rows=1, bound=[(one, between), (between, other)])

    assert [tuple(sorted((one, other)))] == [group.queue_ids for group in groups]


def test_without_queues_there_is_no_group():
    assert () == deal_queues({}, most_rows=10)

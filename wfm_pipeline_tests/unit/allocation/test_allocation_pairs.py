"""Pinned and forbidden pairs: honoured by every strategy, refused where they cannot be, told in the explanations."""

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation.faults import DuplicateError, InvalidPairError, InvalidValueError
from wfm_pipeline.domain.allocation.pairs import Pair
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.explain import Explainer
from wfm_pipeline.domain.allocation.reasons.judge import judge
from wfm_pipeline.domain.allocation.reasons.why_not import why_not
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline.domain.allocation.tables.frames import assignment_frame
from wfm_pipeline.domain.allocation.tables.sheets import read_pairs
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline_tests.allocation_instances import PLAN, WEEK, person, random_problem, with_pairs, work

WAYS = (Options(), Options("v2"), Options(minimum_one=True), Options(stability=True))
BEFORE, AFTER = IsoWeek(2025, 27), IsoWeek(2025, 29)
ROSTER = [person(f"R{number}", skills=["a", "b"], states=["X"]) for number in range(4)]
WORK = [work(1, "a", "X", 300), work(2, "b", "X", 100)]


def pair(cn, demand, rule="pinned", start=WEEK, end=None):
    return Pair(cn, str(demand), rule, start, end, "as agreed")


def week(*pairs, roster=ROSTER, tasks=WORK):
    return Problem.build(PLAN, roster, tasks, pairs=pairs)


@pytest.mark.parametrize("options", WAYS, ids=["optimal", "v2", "minimum_one", "stability"])
@pytest.mark.parametrize("seed", range(20))
def test_every_strategy_honours_every_pair(options, seed):
    problem = with_pairs(random_problem(40, 12, seed, kinds=(2, 4, 6, 2)), seed)
    previous = {one.cn: 1 for one in problem.resources}

    found = allocate(problem, options, previous=previous)

    assert problem.pairs
    for cn, decided in problem.pairs.items():
        assert str(found.by_cn[cn]) == decided.pinned or decided.pinned is None
        assert str(found.by_cn[cn]) not in decided.forbidden
    assert judge(problem, found.by_cn.items(), found.ideal).is_feasible


def test_without_pairs_that_hold_the_answer_is_the_same_to_the_bit():
    for seed in range(20):
        plain = random_problem(60, 15, seed, kinds=(2, 4, 6, 2))
        pairs = [Pair(one.cn, "1", "pinned", AFTER) for one in plain.resources[:5]]
        other = Problem.build(PLAN, plain.resources, plain.demands, weight="volume", pairs=pairs)

        assert assignment_frame(allocate(plain)).equals(assignment_frame(allocate(other)))


def test_a_pin_takes_the_person_from_where_fairness_would_send_them_and_says_so():
    # four people, ideal 3 and 1: all four pins to 2 leave none for 1
    pins = [pair(one.cn, 2) for one in ROSTER]

    found = allocate(week(*pins))

    assert (0, 4) == found.assigned
    assert {"pinned"} == set(found.phase)
    words = str(Explainer(found).assignment("R0"))
    assert "(pinned: planners pin this person to it)" in words
    assert words.endswith("No other demand is open to this person. Planners' pair: pinned to demand 2 (as agreed).")
    assert "Demand 1 refuses R0: pair (planners pin the person to demand 2: as agreed)." == str(why_not(found, "R0", 1))


def test_whoever_may_do_nothing_that_is_left_is_told_so():
    found = allocate(week(pair("R0", 1, "forbidden"), pair("R0", 2, "forbidden")))

    assert found.by_cn["R0"] is None
    assert str(Explainer(found).assignment("R0")).startswith(
        "R0 has no demand: planners' pairs forbid every demand that would be open. Planners' pair: forbidden demand 1"
    )
    assert "pair (planners forbid it to the person: as agreed)" in str(why_not(found, "R0", 2))


@pytest.mark.parametrize(
    ("start", "end", "is_held"),
    [(BEFORE, None, True), (WEEK, WEEK, True), (BEFORE, BEFORE, False), (AFTER, None, False), (BEFORE, AFTER, True)],
)
def test_a_pair_holds_from_its_first_to_its_last_week(start, end, is_held):
    problem = week(pair("R0", 2, start=start, end=end))

    assert is_held == bool(problem.pairs)


@pytest.mark.parametrize(
    ("pairs", "more", "said"),
    [
        pytest.param([("R0", 1), ("R0", 2)], {}, "pinned to demands 1 and 2 in 2025-W28", id="two_pins"),
        pytest.param([("R0", 1), ("R0", 1, "forbidden")], {}, "pinned and forbidden in 2025-W28", id="both"),
        pytest.param([("R9", 1)], {}, "R9 is not on the roster", id="nobody"),
        pytest.param([("R0", 9)], {}, "2025-W28 has no demand 9", id="nothing"),
        pytest.param([("R0", 3)], {"tasks": [*WORK, work(3, "c", "X")]}, "by skill: the demand needs 'c', the person has 'a; b'", id="skill"),
        pytest.param([("R0", 3)], {"tasks": [*WORK, work(3, "a", "Y")]}, "by state: the demand needs 'Y'", id="state"),
        pytest.param([("R0", 3)], {"tasks": [*WORK, work(3, "a", "X", platform="Facets")]}, "by platform", id="platform"),
        pytest.param([("R0", 3)], {"tasks": [*WORK, work(3, "a", "X", locality="Global")]}, "by locality", id="locality"),
    ],
)  # fmt: skip
def test_a_pin_that_cannot_be_kept_is_refused_with_the_rule(pairs, more, said):
    with pytest.raises(InvalidPairError) as refused:
        allocate(week(*[pair(*one) for one in pairs], **more))

    assert said in str(refused.value)


def test_what_decides_nothing_is_a_notice_and_no_fault():
    roster = [*ROSTER, person("R5", skills=["a"], states=["X"], is_active=False)]

    problem = week(pair("R5", 1), pair("R0", 9, "forbidden"), pair("R9", 1, "forbidden"), roster=roster)

    assert {
        "R5 is pinned to demand 1, and is not available in 2025-W28",
        "forbidden pairs of R0 that decide nothing in 2025-W28: 9",
        "forbidden pairs of R9 that decide nothing in 2025-W28: 1",
    } <= set(problem.notices)
    assert "R5 has no demand: not active." in str(Explainer(allocate(problem)).assignment("R5"))


def test_the_judge_finds_a_broken_pair():
    problem = week(pair("R0", 2), pair("R1", 1, "forbidden"))

    verdict = judge(problem, [("R0", 1), ("R1", 1), ("R2", 1), ("R3", 2)], (3.0, 1.0))

    assert (("R0", 1, "pair"), ("R1", 1, "pair")) == verdict.misfits


def test_nobody_is_trained_for_what_planners_forbid():
    # nobody can do 2; R0 and R1 could learn it and can be spared, but one is barred from it and one pinned elsewhere
    roster = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(2)]
    free = allocate(week(roster=roster, tasks=[work(1, "a", "X", 10), work(2, "b", "X", 100)]))
    kept = allocate(
        week(
            pair("R0", 2, "forbidden"),
            pair("R1", 1),
            roster=roster,
            tasks=[work(1, "a", "X", 10), work(2, "b", "X", 100)],
        )
    )

    from wfm_pipeline.domain.allocation.reasons.gaps import GapExplainer  # noqa: PLC0415

    assert GapExplainer(free).gap(2).advice is not None
    assert GapExplainer(kept).gap(2).remedies == ()
    assert "Nobody who is there lacks only the skill or only the state for it." in GapExplainer(kept).gap(2).reason


def file(**cells):
    row = {"cn": "R0", "demand_id": "1", "rule": "pinned", "from_week": "2025-W28", **cells}
    return pd.DataFrame([row])


def test_a_planners_file_of_pairs_is_read():
    found = read_pairs(file(until_week="2025-W30", reason="as agreed"))

    assert [Pair("R0", "1", "pinned", WEEK, IsoWeek(2025, 30), "as agreed")] == found
    assert [Pair("R0", "1", "forbidden", WEEK)] == read_pairs(file(rule="forbidden", until_week=""))


@pytest.mark.parametrize(
    ("frame", "error", "said"),
    [
        (file(rule="glued"), InvalidValueError, "rule must be pinned or forbidden, got 'glued'"),
        (file(from_week="soon"), InvalidValueError, "an ISO week looks like 2025-W28"),
        (file(from_week=""), InvalidValueError, "from_week"),
        (file(until_week="2025-W01"), InvalidPairError, "lies before from_week"),
        (pd.concat([file(), file()], ignore_index=True), DuplicateError, "line"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(frame, error, said):
    with pytest.raises(error) as refused:
        read_pairs(frame)

    assert said in str(refused.value)
    assert "line" in str(refused.value)

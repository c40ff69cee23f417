"""Every sentence of the explanations is true: carried out, or counted from the rows, on hundreds of random weeks."""

from collections import Counter

import pytest

from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons import trials
from wfm_pipeline.domain.allocation.reasons.gaps import GapExplainer
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline_tests.allocation_claims import OF_GAPS, OF_PEOPLE, Week, prove, prove_week
from wfm_pipeline_tests.allocation_instances import PLAN, person, random_problem, with_pairs, work

WEEKS = 130
SHAPES = (
    {"kinds": (1, 3, 4, 1)},
    {"kinds": (2, 4, 6, 2)},
    {"kinds": (1, 3, 3, 1), "any_state_share": 0.0},
)
"""Few kinds of work, so that gaps, surpluses and people who can be spared meet."""
WAYS = {"optimal": Options(), "v2": Options("v2"), "minimum_one": Options(minimum_one=True)}


@pytest.mark.parametrize("way", WAYS)
def test_every_sentence_about_gaps_and_people_is_true(way):
    said = Counter()
    for seed in range(WEEKS):
        for shape in SHAPES:
            said += prove_week(random_problem(5 + seed % 35, 3 + seed % 11, seed, **shape), WAYS[way])

    usual = {"eligible", "nobody", "remedy", "half", "falls", "no_help", "one_thing", "none_spare", "taken", "above"}
    rare = {"cross_train", "they_are", "none", "works", "exclusive", "lacks", "zero", "score", "no_other", "runner_up"}
    assert usual | rare <= set(said)
    assert said["falls"] > 500


@pytest.mark.parametrize("way", WAYS)
def test_every_sentence_is_true_where_planners_have_pinned_and_forbidden(way):
    said = Counter()
    for seed in range(WEEKS // 2):
        for shape in SHAPES:
            problem = random_problem(5 + seed % 35, 3 + seed % 11, seed, **shape)
            said += prove_week(with_pairs(problem, seed), WAYS[way])

    assert {"pinned", "pair", "decided", "falls", "none", "no_other", "runner_up"} <= set(said)
    assert min(said["pinned"], said["pair"], said["decided"]) > 300


@pytest.mark.parametrize(
    ("sentence", "seed", "shape", "way"),
    [
        ("not_together", 137, 1, "optimal"),
        ("was_full", 136, 1, "v2"),
        ("gap_counts", 136, 1, "v2"),
        ("no_smaller", 130, 0, "optimal"),
        ("no_work", 345, 0, "optimal"),
        ("as_many", 130, 0, "minimum_one"),
    ],
)
def test_a_rare_sentence_is_true_too(sentence, seed, shape, way):
    said = prove_week(random_problem(5 + seed % 35, 3 + seed % 11, seed, **SHAPES[shape]), WAYS[way])

    assert said[sentence] > 0


def test_what_was_not_tried_is_said(monkeypatch):
    monkeypatch.setattr(trials, "MOST_TRIED", 0)
    people = [person("T1", skills=["a"], states=["Y"]), person("T2", skills=["a"], states=["Y"])]
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 100)])

    assert "Not tried out: the week has too many people and gaps" in str(GapExplainer(allocate(problem)).gap(1))


def four_for_a_gap_of_four_and_a_half():
    """Ideal 4.5 each of nine people: five on demand 1, four who have nothing to do but lack only the skill for 2."""
    people = [person(f"A{number}", skills=["a"], states=["X"]) for number in range(5)]
    people += [person(f"S{number}", skills=["z"], states=["X"]) for number in range(4)]
    return Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "b", "X", 100)])


def test_four_people_who_can_be_spared_help_a_gap_of_four_and_a_half():
    week = Week(four_for_a_gap_of_four_and_a_half(), Options())

    found = week.gaps.gap(2)

    assert (4.5, 0.5, True) == (found.advice.gap_before, found.advice.gap_after, found.advice.is_closing)
    assert ("S0", "S1", "S2", "S3") == found.advice.cns
    assert "for 4 people who can be spared, the gap falls from 4.50 to 0.50." in found.reason
    assert "S0" not in found.reason  # the table of demands names nobody
    assert str(found).endswith("They are S0, S1, S2, S3.")
    prove(str(found), OF_GAPS, week, found, 1)


def test_one_person_who_can_be_spared_is_promised_to_one_demand():
    # Six people, ideal 2 each: four can only do demand 1 (two too many); S1 could learn b or c, and is one person
    people = [person(f"A{number}", skills=["a"], states=["Y"]) for number in range(2)]
    people += [person("B1", skills=["b"], states=["X"]), person("C1", skills=["c"], states=["X"])]
    people += [person("S1", skills=["z"], states=["X"]), person("N1", skills=["z"], states=["Q"])]
    week = Week(
        Problem.build(PLAN, people, [work(1, "a", "Y", 100), work(2, "b", "X", 100), work(3, "c", "X", 100)]), Options()
    )

    first, second = week.gaps.gap(2), week.gaps.gap(3)

    assert ("S1",) == first.advice.cns
    assert second.advice is None
    assert "Who can be spared is already counted for other demands' gaps." in second.reason
    for number, found in ((1, first), (2, second)):
        prove(str(found), OF_GAPS, week, found, number)


def test_a_surplus_by_rounding_asks_nobody_to_be_trained():
    # ideal 1.5 each of three people who may all do both: two and one
    people = [person(f"R{number}", skills=["a", "b"], states=["X"]) for number in range(3)]
    week = Week(Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "b", "X", 100)]), Options())

    words = str(week.gaps.gap(1))

    assert "0.50 above its ideal." in words
    assert "rain" not in words
    assert "nothing else" not in words


def test_a_surplus_that_helps_another_demand_says_whom_to_train_for_what():
    # ideal 2 each: four can only do a, nobody can do b
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(4)]
    week = Week(Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "b", "X", 100)]), Options())

    found = week.gaps.gap(1)

    assert (
        "2.00 above its ideal; 4 of its people may do nothing else. Cross-train 2 of its people: tried out: with skill 'b' "
        "for 2 people who can be spared, the gap of demand 2 falls from 2.00 to 0.00."
    ) in found.reason
    prove(str(found), OF_GAPS, week, found, 0)


def test_a_person_who_is_there_on_some_days_is_told_that_all_were_asked_for():
    monday = PLAN.week.dates[0]
    one = person("R1", skills=["a"], states=["X"], available_until=monday)
    problem = Problem.build(PLAN, [one], [work(1, "a", "X")], full_week=True)

    week = Week(problem, Options())

    assert "R1 has no demand: not there on every working day of 2025-W28, which is asked for." == str(
        week.explainer.assignment("R1")
    )


def test_demands_without_work_share_people_evenly_and_say_so():
    # R1 lists Y itself and N/A: state quality draws to demand 2, evenness keeps one person at each
    people = [person(f"R{number}", skills=["a"], states=["X", "N/A"]) for number in range(4)]
    week = Week(Problem.build(PLAN, people, [work(1, "a", "X", 0), work(2, "a", "Y", 0)]), Options())

    texts = [str(week.explainer.assignment_at(position)) for position in range(4)]

    assert any("neither has work, and such demands share people evenly" in text for text in texts)
    for position, text in enumerate(texts):
        prove(text, OF_PEOPLE, week, week.explainer.assignment_at(position), position)

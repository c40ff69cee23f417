"""Every sentence the allocation prints, and how it is proved: by carrying it out on the whole week, or by looking at every row.

Nothing here uses the indices, blocks or trials of the explanations: people are changed, the week is validated and allocated
again by the strategy that was chosen, and the counts are read. A sentence that no pattern knows fails.
"""

import re
from collections import Counter
from dataclasses import replace
from math import floor

from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.explain import Explainer
from wfm_pipeline.domain.allocation.reasons.gaps import GapExplainer
from wfm_pipeline.domain.allocation.strategies.gate import first_refusal
from wfm_pipeline.domain.allocation.strategies.scoring import score, urgency_of
from wfm_pipeline.domain.allocation.strategies.strategy import allocate

NEAR = 1e-9
CENT = 0.005 + NEAR
"""Figures are printed with two decimals."""
FIELDS = {"skill": "skills", "state": "states"}


def chi_square(assigned, ideal):
    return sum((count - share) ** 2 / share for count, share in zip(assigned, ideal, strict=True) if share > 0)


def learnt(person, what, value):
    return replace(person, **{FIELDS[what]: getattr(person, FIELDS[what]) | {value}})


class Week:
    """An allocation with everything that proofs need."""

    def __init__(self, problem, options):
        self.problem, self.options = problem, options
        self.allocation = allocate(problem, options)
        self.explainer, self.gaps = Explainer(self.allocation), GapExplainer(self.allocation)
        self.said = Counter()
        self.present = [
            (position, one)
            for position, (one, days) in enumerate(zip(problem.resources, problem.days_present, strict=True))
            if days > 0
        ]
        self.numbers = {str(demand.demand_id): number for number, demand in enumerate(problem.demands)}
        explained = [self.gaps.gap_at(number) for number in range(len(problem.demands))]
        self.advised = [found.advice for found in explained if found.advice]
        self.together = self.carried_out(self.advised)

    def carried_out(self, promises):
        """The whole week again, with what some promises name."""
        lessons = {cn: (one.what, one.value) for one in promises for cn in one.cns}
        people = [learnt(one, *lessons[one.cn]) if one.cn in lessons else one for one in self.problem.resources]
        changed = Problem.build(
            self.problem.week_hours, people, self.problem.demands, tiers=self.problem.tiers.values(),
            weight=self.problem.weight,
        )  # fmt: skip
        return allocate(replace(changed, pairs=self.problem.pairs), self.options)

    def refusal(self, one, demand):
        """The first check that refuses a pair, planners' own pairs included."""
        return first_refusal(one, demand, self.problem.pairs_of(one))

    def over(self, number):
        """Whole people that a demand has above its ideal."""
        return max(0, floor(self.allocation.assigned[number] - self.allocation.ideal[number] + NEAR))

    def newly(self, number, what, value):
        """People a skill or state would make eligible."""
        demand = self.problem.demands[number]
        return [
            (position, one)
            for position, one in self.present
            if self.refusal(one, demand) and not self.refusal(learnt(one, what, value), demand)
        ]

    def spare(self, people):
        """How many of them can be spared at once."""
        places = Counter(self.allocation.choice[position] for position, _ in people)
        return places.pop(-1, 0) + sum(min(count, self.over(place)) for place, count in places.items())

    def lacking(self, number):
        demand = self.problem.demands[number]
        return [self.newly(number, "skill", demand.case_type), self.newly(number, "state", demand.state)]

    def gap_of(self, allocation, number):
        return allocation.ideal[number] - allocation.assigned[number]

    def standing_at(self, turn):
        """Counts just before a turn of `v2`."""
        counts = [0] * len(self.problem.demands)
        for demand, when in zip(self.allocation.choice, self.allocation.order, strict=True):
            if 0 <= when < turn:
                counts[demand] += 1
        return counts


def _eligible(week, found, number, match):
    demand = week.problem.demands[number]
    open_to = [position for position, one in week.present if week.refusal(one, demand) is None]
    assert len(open_to) == int(match[1])
    places = Counter(week.allocation.choice[position] for position in open_to)
    for people, name in re.findall(r"(\d+) on demand (\w+)", match[2]):
        assert places[week.numbers[name]] == int(people)
    rest = re.search(r", (\d+) on (\d+) more", match[2])
    listed = sum(int(people) for people in re.findall(r"(\d+) on ", match[2]))
    assert listed == len(open_to) - places[number]
    assert rest is None or int(rest[2]) > 0
    assert ("none elsewhere" in match[2]) == (listed == 0)


def _decided_by_planners(week, found, number, match):
    demand = week.problem.demands[number]
    kept = [
        one for _, one in week.present if first_refusal(one, demand) is None and week.refusal(one, demand) == "pair"
    ]
    assert len(kept) == int(match[1]) > 0


def _nobody(week, found, number, match):
    demand = week.problem.demands[number]
    assert all(week.refusal(one, demand) for _, one in week.present)


def _nobody_there(week, found, number, match):
    assert all(one.locality != match[1] for _, one in week.present)
    assert week.allocation.ideal[number] == 0


def _would_be_eligible(week, found, number, match):
    newly = week.newly(number, match[1], match[2])
    assert (len(newly), week.spare(newly)) == (int(match[3]), int(match[4]))


def _half_a_person(week, found, number, match):
    gap = week.gap_of(week.allocation, number)
    assert abs(gap - 1) >= gap - NEAR


def _falls(week, found, number, match):
    """The gap closes by what was promised: carried out alone, and with all advice of the week; nobody is asked twice."""
    promise = found.advice
    alone = week.carried_out([promise])
    assert (match[1], match[2], int(match[3])) == (promise.what, promise.value, len(promise.cns))
    before, after = float(match[4]), float(match[5])
    assert abs(week.gap_of(week.allocation, number) - before) < CENT
    assert abs(week.gap_of(alone, number) - after) < CENT
    assert abs(promise.gap_after) < promise.gap_before
    assert week.gap_of(week.together, number) < after + CENT
    assert abs(week.gap_of(week.together, number)) < promise.gap_before
    assert alone.ideal == week.allocation.ideal
    for carried in (alone, week.together):
        assert chi_square(carried.assigned, carried.ideal) <= chi_square(week.allocation.assigned, carried.ideal) + NEAR
    named = [cn for one in week.advised for cn in one.cns]
    assert len(named) == len(set(named))
    people = [(week.allocation.eligibility.position_of(cn), None) for cn in named]
    assert week.spare(people) == len(named)


def _no_help(week, found, number, match):
    tried = found.refused[-1]
    assert (match[1], match[2], int(match[3])) == (tried.what, tried.value, len(tried.cns))
    alone, now = week.carried_out([tried]), week.allocation
    is_nearer = abs(week.gap_of(alone, number)) < week.gap_of(now, number) - NEAR
    is_worse = chi_square(alone.assigned, now.ideal) > chi_square(now.assigned, now.ideal) + NEAR
    assert not is_nearer or is_worse


def _not_together(week, found, number, match):
    tried = found.refused[-1]
    alone = week.carried_out([tried])
    assert abs(week.gap_of(alone, number)) < week.gap_of(week.allocation, number)


def _one_thing(week, found, number, match):
    assert not any(week.lacking(number))


def _none_spare(week, found, number, match):
    assert any(week.lacking(number))
    assert not any(week.spare(people) for people in week.lacking(number))


def _taken(week, found, number, match):
    """Everybody who can be spared is promised, or is on a demand whose surplus is promised."""
    named = {week.allocation.eligibility.position_of(cn) for one in week.advised for cn in one.cns}
    promised = Counter(week.allocation.choice[position] for position in named)
    for people in week.lacking(number):
        for position, _ in people:
            place = week.allocation.choice[position]
            assert position in named if place < 0 else position in named or week.over(place) <= promised[place]


def _above(week, found, number, match):
    assert abs(week.gap_of(week.allocation, number) + float(match[1])) < CENT
    if match[2]:
        only = [
            position
            for position, one in week.present
            if [number]
            == [place for place, demand in enumerate(week.problem.demands) if week.refusal(one, demand) is None]
        ]
        assert len(only) == int(match[2]) > 0


def _cross_train(week, found, number, match):
    """Some of its people are in the advice of another demand, whose gap it closes; this one keeps its ideal."""
    promise = next(one for one in week.advised if str(one.demand_id) == match[5])
    here = [cn for cn in promise.cns if week.allocation.choice[week.allocation.eligibility.position_of(cn)] == number]
    assert len(here) == int(match[1]) > 0
    _falls(
        week, week.gaps.gap(match[5]), week.numbers[match[5]],
        [None, match[2], match[3], match[4], match[6], match[7]],
    )  # fmt: skip
    assert week.over(number) >= len(here)


def _they_are(week, found, number, match):
    names = re.split(r", | and \d+ more", match[1])
    assert set(filter(None, names)) <= set(found.advice.cns)


TRIED = r"[Tt]ried out: with (skill|state) '(.*?)' for (\d+) (?:person|people) who can be spared,"
OF_GAPS = {
    "header": (r"Demand (\S+) \([^)]*\): ideal [\d.]+, assigned \d+, gap -?[\d.]+\.", lambda *_: None),
    "eligible": (r"Eligible: (\d+)(; .*?)\.(?= |$)", _eligible),
    "decided": (r"By planners' pairs (\d+) who could do it may not\.", _decided_by_planners),
    "nobody": (r"Nobody is eligible\.", _nobody),
    "nobody_there": (r"Nobody of (\w+) is available: every ideal share there is 0\.", _nobody_there),
    "remedy": (
        r"With (skill|state) '(.*?)', (\d+) more would be eligible, (\d+) of them spare\.",
        _would_be_eligible,
    ),
    "half": (
        r"The gap is at most half a person: one more would be as far above the ideal or further\.",
        _half_a_person,
    ),
    "falls": (TRIED + r" the gap falls from ([\d.]+) to (-?[\d.]+)\.", _falls),
    "no_help": (TRIED + r" the gap does not come nearer to 0, or the week gets worse\.", _no_help),
    "not_together": (TRIED + r" the gap falls, but not together with the advice for other demands\.", _not_together),
    "one_thing": (r"Nobody who is there lacks only the skill or only the state for it\.", _one_thing),
    "none_spare": (r"None of them can be spared: all work where no whole person is above the ideal\.", _none_spare),
    "taken": (r"Who can be spared is already counted for other demands' gaps\.", _taken),
    "above": (r"([\d.]+) above its ideal(?:; (\d+) of its people may do nothing else)?\.", _above),
    "cross_train": (
        r"Cross-train (\d+) of its people: " + TRIED + r" the gap of demand (\S+) falls from ([\d.]+) to (-?[\d.]+)\.",
        _cross_train,
    ),
    "they_are": (r"They are (.*)\.$", _they_are),
}


def _works(week, why, position, match):
    choice = week.allocation.choice[position]
    assert str(week.problem.demands[choice].demand_id) == match[2]
    assert week.refusal(week.problem.resources[position], week.problem.demands[choice]) is None


def _open_demands(week, position):
    return [
        number
        for number, demand in enumerate(week.problem.demands)
        if week.refusal(week.problem.resources[position], demand) is None
    ]


def _pinned(week, why, position, match):
    """Without the pin the person may do more, or the same alone; with it nothing else."""
    pairs = week.problem.pairs_of(week.problem.resources[position])
    assert pairs.pinned == str(why.demand_id)
    _only_one(week, why, position, match)


def _pair(week, why, position, match):
    pairs = week.problem.pairs_of(week.problem.resources[position])
    assert match[2] == pairs.pinned if match[1] == "pinned to" else match[2] in pairs.forbidden
    assert (match[2] == str(why.demand_id)) == (match[1] == "pinned to")


def _only_one(week, why, position, match):
    assert _open_demands(week, position) == [week.allocation.choice[position]]


def _highest_free(week, why, position, match):
    """No free pair scores higher at that turn, of people with a choice and demands below their ideal."""
    turn, ideal = week.allocation.order[position], week.allocation.ideal
    counts = week.standing_at(turn)
    best = max(
        _score(week, other, number, urgency_of(ideal[number], counts[number]))
        for other, one in week.present
        if (week.allocation.order[other] >= turn and len(_open_demands(week, other)) > 1)
        for number in _open_demands(week, other)
        if counts[number] < ideal[number]
    )
    assert best <= why.score.total + NEAR


def _score(week, position, number, urgency):
    person, demand = week.problem.resources[position], week.problem.demands[number]
    is_exact = demand.state != "N/A" and demand.state in person.states
    options = len(_open_demands(week, position))
    return score(urgency, options, len(person.skills), is_exact=is_exact, weights=week.options.score_weights).total


def _all_had_theirs(week, why, position, match):
    counts, ideal = week.standing_at(week.allocation.order[position]), week.allocation.ideal
    above = {number: counts[number] - ideal[number] for number in _open_demands(week, position)}
    assert min(above.values()) >= -NEAR
    assert above[week.allocation.choice[position]] <= min(above.values()) + NEAR


def _moved(week, position, rival):
    counts = list(week.allocation.assigned)
    counts[week.allocation.choice[position]] -= 1
    counts[rival] += 1
    return counts


def _smallest(week, why, position, match):
    """No move of this person makes the gap smaller; that no other distribution does is the oracles' to show."""
    ideal = week.allocation.ideal
    for rival in _open_demands(week, position):
        if ideal[rival] > 0 and ideal[week.allocation.choice[position]] > 0:
            assert (
                chi_square(_moved(week, position, rival), ideal) >= chi_square(week.allocation.assigned, ideal) - NEAR
            )


def _first_before_second(week, why, position, match):
    assigned, ideal = week.allocation.assigned, week.allocation.ideal
    if assigned[week.allocation.choice[position]] > 1:
        assert all(assigned[rival] > 0 or ideal[rival] == 0 for rival in _open_demands(week, position))


def _lacks(week, why, position, match):
    choice, turn = week.allocation.choice[position], week.allocation.order[position]
    ideal, assigned = week.allocation.ideal[choice], week.allocation.assigned[choice]
    before = week.standing_at(turn)[choice] if match[1].startswith("Just") else assigned - 1
    assert turn >= 0 or not match[1].startswith("Just")
    assert abs(max(0, (ideal - before) / ideal) - int(match[2]) / 100) <= CENT


def _zero_ideal(week, why, position, match):
    assert week.allocation.ideal[week.allocation.choice[position]] == 0


def _adds_up(week, why, position, match):
    assert abs(float(match[1]) - sum(float(match[part]) for part in range(2, 6))) < 0.0025
    assert abs(_score(week, position, week.allocation.choice[position], why.lacking) - float(match[1])) < 0.0005 + NEAR


def _runner_up(week, why, position, match):
    allocation = week.allocation
    counts = week.standing_at(allocation.order[position]) if why.in_turn else allocation.assigned
    rivals = [number for number in _open_demands(week, position) if number != allocation.choice[position]]
    scores = {
        number: _score(week, position, number, urgency_of(allocation.ideal[number], counts[number]))
        for number in rivals
    }
    assert scores[week.numbers[match[1]]] >= max(scores.values()) - NEAR
    assert abs(scores[week.numbers[match[1]]] - float(match[2])) < 0.0005 + NEAR
    assert why.is_passed_over == ("It scores higher" in str(why))


def _rival(week, why):
    return week.numbers[str(why.runner_up_id)]


def _was_full(week, why, position, match):
    counts, rival = week.standing_at(week.allocation.order[position]), _rival(week, why)
    assert counts[rival] >= week.allocation.ideal[rival]


def _no_smaller(week, why, position, match):
    ideal = week.allocation.ideal
    moved = _moved(week, position, _rival(week, why))
    assert chi_square(moved, ideal) >= chi_square(week.allocation.assigned, ideal) - NEAR


def _as_many(week, why, position, match):
    weights, assigned, rival = week.problem.weights, week.allocation.assigned, _rival(week, why)
    choice = week.allocation.choice[position]
    assert assigned[rival] / weights[rival] >= (assigned[choice] - 1) / weights[choice] - NEAR


def _no_work(week, why, position, match):
    assert week.problem.demands[_rival(week, why)].weekly_forecast == 0


def _even(week, why, position, match):
    choice, rival = week.allocation.choice[position], _rival(week, why)
    assert week.problem.demands[choice].weekly_forecast == week.problem.demands[rival].weekly_forecast == 0
    assert week.allocation.assigned[rival] >= week.allocation.assigned[choice] - 1


def _no_demand(week, why, position, match):
    assert position not in dict(week.present) or not _open_demands(week, position)
    person, demands = week.problem.resources[position], week.problem.demands
    here = [demand for demand in demands if demand.platform == person.platform]
    if match[2] == "not active":
        assert not person.is_active
    elif match[2].startswith("planners' pairs"):
        assert any(first_refusal(person, demand) is None for demand in demands)
    elif match[2].startswith("no demand on platform"):
        assert " in locality " not in match[2] or here
        assert all(demand.locality != person.locality for demand in here)
    elif match[2].startswith("no demand for the skills"):
        assert not person.skills & {demand.case_type for demand in here if demand.locality == person.locality}
    else:
        assert match[2].startswith("no demand for ")


PHASE = r" \((\w+): "
OF_PEOPLE = {
    "none": (r"(\S+) has no demand: (.*?)\.(?=$| Planners')", _no_demand),
    "works": (r"(\S+) works on demand (\S+)(?= \()", _works),
    "pinned": (r" \(pinned: planners pin this person to it\)\.", _pinned),
    "pair": (r"Planners' pair: (pinned to|forbidden) demand (\S+) \(as told\)\.", _pair),
    "exclusive": (r" \(exclusive: the only demand this person may do\)\.", _only_one),
    "scored": (r" \(scored: the highest score among the free pairs when it was this person's turn\)\.", _highest_free),
    "remainder": (
        r" \(remainder: every demand open to this person had its ideal already; this one had the least above it\)\.",
        _all_had_theirs,
    ),
    "optimal": (r" \(optimal: part of the distribution of everybody with the smallest chi-square gap\)\.", _smallest),
    "minimum_one": (
        r" \(optimal: part of the distribution that gives every demand a first person, where it can, before any a second\)\.",
        _first_before_second,
    ),
    "lacks": (r"(Without this person it lacks|Just before this person it lacked) (\d+)% of its ideal\.", _lacks),
    "zero": (r"Its ideal is 0\.", _zero_ideal),
    "score": (
        r"Score ([\d.]+) = urgency ([\d.]+) \+ exclusivity ([\d.]+) \+ state ([\d.]+) \+ skill (\d\.\d+)\.",
        _adds_up,
    ),
    "no_other": (r"No other demand is open to this person\.", _only_one),
    "runner_up": (r"Runner-up: demand (\S+) with (\d\.\d+)\.", _runner_up),
    "was_full": (r"It scores higher, but it had its ideal when it was this person's turn\.", _was_full),
    "gap_counts": (r"It scores higher, but once the ideals are reached the gap counts, and not the score\.", _all_had_theirs),
    "no_smaller": (
        r"It scores higher, but one more there and one less here would not make the week's chi-square gap smaller\.",
        _no_smaller,
    ),
    "as_many": (
        r"It scores higher, but for its work it has as many people as would be left here, or more\.",
        _as_many,
    ),
    "no_work": (r"It scores higher, but it has no work\.", _no_work),
    "even": (r"It scores higher, but neither has work, and such demands share people evenly\.", _even),
}  # fmt: skip


def prove(text, patterns, week, found, number):
    """Take a text apart into sentences that are known, and prove each."""
    rest = text
    while rest:
        for name, (pattern, proof) in patterns.items():
            match = re.match(pattern, rest)
            if match and match.end():
                proof(week, found, number, match)
                week.said[name] += 1
                rest = (
                    rest[match.end() :].removeprefix(" ")
                    if not rest[match.end() :].startswith(" (")
                    else rest[match.end() :]
                )
                break
        else:
            raise AssertionError(f"no proof for: {rest!r}")


def prove_week(problem, options):
    """Prove every sentence about every demand and person of a week; says how often each was."""
    week = Week(problem, options)
    for number in range(len(problem.demands)):
        found = week.gaps.gap_at(number)
        prove(str(found), OF_GAPS, week, found, number)
    for position in range(len(problem.resources)):
        why = week.explainer.assignment_at(position)
        prove(str(why), OF_PEOPLE, week, why, position)
    return week.said

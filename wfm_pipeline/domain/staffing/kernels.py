"""Erlang B, C and A, and the search for the smallest team that meets a target: one load, one answer.

Here: Erlang B, C and A for a real number of agents, in forms that add up positive terms only, and
the search for the smallest requirement. Written in the part of Python that numba compiles, so that
the compiled and the plain run are the same code; `in_bulk.py` chooses between them. No checking of
input (limits.py) and no arrays. Everything that is compiled stands in this one file, because
numba's cache watches a file and not what it imports.

Units: time is measured in handle times (AHT = 1) and agents are servers, so that nothing here
depends on the unit of time. `load` is the offered load [erlangs], > 0; `agents` a real number;
`target` the answer-time target over AHT; `leave` is AHT over mean patience, 0 = nobody leaves.
"""

import math

from wfm_pipeline.domain.staffing.constants import INVERSE_GAMMA, NODES, WEIGHTS

_EPS = 1e-17
"""A term below this share of the sum no longer changes it (2^-53 = 1.1e-16)."""
_ROUNDING = 1.2e-16
"""Half the distance of 1 to the next double: a factor this close to 1 ends a continued fraction."""
_BLOCK = 4.0
"""Terms of 1 / B taken at a time."""
_DOUBTFUL = 1e-6
"""A root this close to a whole number is not trusted to say on which side of it it lies [agents]."""
_PATIENT = 2
"""Steps after which a bracket that has not halved is halved."""
_SERIES_BELOW = 3.0
"""Load under which the incomplete gamma function is taken by its series, above by its continued fraction."""
_TINY = 1e-300
"""Stands for 0 where it is divided by or its logarithm is taken."""
_FADED = 45.0
"""exp(-45) = 3e-20: what is smaller than the peak by that much is left out of an integral."""
_PANEL = 6.0
"""How far the exponent may move over one panel, taken at its start; 16 points integrate e^x over 24 to 1e-15."""
_NEAR = 0.02
"""Below this the bend of the exponent is a series: its difference of nearly equal numbers would lose digits."""
_CLOSE = 2e-13
"""Where a requirement is taken as met: the logarithms of miss and allowed miss agree to that."""
_NEARLY = 1e-7
"""So close to the root of a smooth curve, one more parabola is right to 1e-11 and need not be looked at."""
_MOST_STEPS = 200
"""Steps of a search or a continued fraction; ten are usual."""
_SAME = 1e-12
"""Width of a bracket, as a share of its end, at which its ends are the same number of agents."""
_REACH_HALVINGS = 4
"""Halvings of the stretch in which a density has faded: an end a sixteenth too far costs one panel at most."""
_MOST_BETA = 30.0
"""Agents beyond the load, in square roots of it, that the first guess goes to at most."""
_ROOT_HALF, _ROOT_TWO_PI = 0.7071067811865476, 2.5066282746310002
"""sqrt(1/2) and sqrt(2 pi), of the normal law."""
_STEP = 1e-3
"""Part of the load, and agents besides, that a search steps by where the square root of the load is small."""


def _inverse_blocking_fraction(load: float, fraction: float, tolerance: float) -> float:
    """1 / B for 0 <= agents < 1: e^a a^-f Gamma(1 + f, a), by series or continued fraction, to a relative tolerance."""
    if fraction == 0.0:
        return 1.0
    shape = 1.0 + fraction
    if load < _SERIES_BELOW:
        term = 1.0 / shape
        total, step = term, 1.0
        while term > tolerance * _EPS / _ROUNDING * total:
            term *= load / (shape + step)
            total += term
            step += 1.0
        inverse_gamma = 0.0
        for coefficient in INVERSE_GAMMA:
            inverse_gamma = inverse_gamma * (2.0 * fraction - 1.0) + coefficient
        return math.exp(load - fraction * math.log(load)) / inverse_gamma - load * total
    b, c = load + 1.0 - shape, 1.0 / _TINY
    d = h = 1.0 / b
    for i in range(1, _MOST_STEPS):
        an = -i * (i - shape)
        b += 2.0
        d = 1.0 / (an * d + b)
        c = b + an / c
        delta = d * c
        h *= delta
        if abs(delta - 1.0) < tolerance:
            break
    return load * h


def _inverse_blocking(load: float, agents: float) -> float:
    """1 / B(agents, load), the continued Erlang B: the sum of agents (agents - 1) ... / load^j.

    All terms are positive, so nothing cancels; it stops where they no longer count, after about (agents - load)
    + 9 sqrt(load) steps, or at the fraction of an agent that is left. Four terms at a time are faster.
    """
    inverse_load = 1.0 / load
    total, term, server = 1.0, 1.0, agents
    while server >= _BLOCK:
        first = server * inverse_load
        second = (server - 1.0) * inverse_load
        third = (server - 2.0) * inverse_load
        fourth = (server - 3.0) * inverse_load
        if server == _BLOCK:
            return total + term * first * (1.0 + second * (1.0 + third * (1.0 + fourth)))
        server -= _BLOCK
        if server < 1.0:
            total += term * first * (1.0 + second * (1.0 + third))
            term *= (first * second) * (third * fourth)
            return total + term * _inverse_blocking_fraction(load, server, _ROUNDING * max(1.0, total / term))
        total += term * first * (1.0 + second * (1.0 + third * (1.0 + fourth)))
        term *= (first * second) * (third * fourth)
        if first < 1.0 and term < _EPS * total:
            return total
    while server >= 1.0:
        term *= server * inverse_load
        server -= 1.0
        if server >= 1.0:
            total += term
    if agents < 1.0:
        return _inverse_blocking_fraction(load, agents, _ROUNDING)
    return total + term * _inverse_blocking_fraction(load, server, _ROUNDING * max(1.0, total / term))


def _wait_probability_c(load: float, agents: float) -> float:
    """Erlang C for agents > load: 1 / (1 + (1 - load/agents) (1/B - 1))."""
    if agents <= load:
        return 1.0
    return _wait_probability_from(load, agents, _inverse_blocking(load, agents))


def _wait_probability_from(load: float, agents: float, inverse: float) -> float:
    """Erlang C from 1 / B; the same as B / (1 - rho (1 - B)) without its cancellation."""
    return agents / (load + (agents - load) * inverse)


def _erlang_c_measures(load: float, agents: float, target: float) -> tuple[float, float, float, float, float]:
    """Wait probability, abandonment (0), service level over offered, ASA and mean wait of all [AHT].

    With agents <= load the queue grows for ever: everybody waits, for ever.
    """
    if agents <= load:
        return 1.0, 0.0, 0.0, math.inf, math.inf
    wait = _wait_probability_c(load, agents)
    spare = agents - load
    return wait, 0.0, 1.0 - wait * math.exp(-spare * target), wait / spare, wait / spare


def _drop(load: float, agents: float, leave: float, offset: float) -> float:
    """How far the exponent of the density of a patient caller's wait lies below its peak, at an offset from it.

    The exponent is load (1 - e^-(leave t)) / leave - agents t, its peak at t = log(load/agents) / leave or 0.
    Taken from the peak there is no difference of large numbers left.
    """
    gone = leave * offset
    if -_NEAR < gone < _NEAR:
        return _drop_from(load, agents, offset, _near_bend(offset, gone))
    return _drop_from(load, agents, offset, offset + math.expm1(-gone) / leave)


def _near_bend(offset: float, gone: float) -> float:
    """The bend offset - (1 - e^-gone) / leave for a small gone = leave x offset, as a series."""
    return offset * gone * (0.5 - gone * (1 / 6 - gone * (1 / 24 - gone * (1 / 120 - gone * (1 / 720 - gone / 5040)))))


def _drop_from(load: float, agents: float, offset: float, bend: float) -> float:
    """The drop from the bend offset - (1 - e^-(leave offset)) / leave."""
    if load > agents:
        return agents * bend
    return (agents - load) * offset + load * bend


def _reach(load: float, agents: float, leave: float, direction: float, limit: float) -> float:
    """Offset, up or down from the peak, at which the density has fallen by e^-45; never past the limit."""
    near, far = 0.0, _FADED / agents
    while far < limit and _drop(load, agents, leave, direction * far) < _FADED:
        near = far
        far *= 2.0
    far = min(far, limit)
    for _ in range(_REACH_HALVINGS):
        middle = 0.5 * (near + far)
        if _drop(load, agents, leave, direction * middle) < _FADED:
            near = middle
        else:
            far = middle
    return direction * far


def _integrals(
    load: float, agents: float, leave: float, peak: float, first: float, last: float
) -> tuple[float, float, float, float]:
    """Integrals of f, f e^-(leave t), f (1 - e^-(leave t)) and f t e^-(leave t); first and last are offsets from the peak.

    Panels are as wide as the slope and the bend of the exponent allow where they begin.
    """
    whole, stay, gone, stay_time = 0.0, 0.0, 0.0, 0.0
    kept = min(1.0, agents / load)
    position = first
    while position < last:
        share = math.exp(-leave * position)
        bend = min(load, agents) * share
        slope = abs(agents - bend)
        width = _PANEL / (slope + math.sqrt(bend * leave) + (leave if kept * share > _EPS else 0.0))
        half = 0.5 * min(width, last - position)
        middle = position + half
        for i in range(len(NODES)):
            offset = middle + half * NODES[i]
            lost = -math.expm1(-leave * offset)
            gone_here = leave * offset
            bend = _near_bend(offset, gone_here) if -_NEAR < gone_here < _NEAR else offset - lost / leave
            density = half * WEIGHTS[i] * math.exp(-_drop_from(load, agents, offset, bend))
            left = (1.0 - kept) + kept * lost
            whole += density
            gone += density * left
            stay += density * (1.0 - left)
            stay_time += density * (1.0 - left) * (peak + offset)
        position = position + width if width < last - position else last
    return whole, stay, gone, stay_time


def _erlang_a_measures(
    load: float, agents: float, target: float, leave: float
) -> tuple[float, float, float, float, float]:
    """Erlang A: wait, abandonment, service level over offered, ASA of the answered, mean wait of all [AHT].

    The density of the wait a caller of endless patience would have is pi_(n-1) load exp(exponent), so
    every measure is an integral of a log-concave function of one variable; 1 / B(n - 1) is the rest
    of the mass. Gauss-Legendre panels over the part that counts, positive terms only.
    """
    peak, top, first = 0.0, 0.0, 0.0
    if load > agents:
        ratio = agents / load
        peak = -math.log(ratio) / leave
        top = load / leave * (1.0 - ratio + ratio * math.log(ratio))
        first = _reach(load, agents, leave, -1.0, peak)
    last = _reach(load, agents, leave, 1.0, math.inf)
    # 1 / B(n - 1) = (load / n) (1 / B(n) - 1)
    idle = (load / agents) * (_inverse_blocking(load, agents) - 1.0) * math.exp(-top)
    if math.isinf(idle):
        return 0.0, 0.0, 1.0, 0.0, 0.0
    split = min(max(target - peak, first), last)
    a_whole, a_stay, a_gone, a_time = _integrals(load, agents, leave, peak, first, split)
    b_whole, b_stay, b_gone, b_time = _integrals(load, agents, leave, peak, split, last)
    early = a_stay
    if target - peak < first:
        _, early, _, _ = _integrals(load, agents, leave, peak, _start(load, agents, leave, target, peak), target - peak)
    mass = idle + load * (a_whole + b_whole)
    abandon = load * (a_gone + b_gone) / mass
    answered = idle + load * (a_stay + b_stay)
    asa = load * (a_time + b_time) / answered
    return load * (a_whole + b_whole) / mass, abandon, (idle + load * early) / mass, asa, abandon / leave


def _start(load: float, agents: float, leave: float, target: float, peak: float) -> float:
    """Where the integral up to a target far before the peak begins: the density falls backwards from there."""
    return max(-peak, target - peak - _FADED / (load * math.exp(-leave * target) - agents))


def _measures(load: float, agents: float, target: float, leave: float) -> tuple[float, float, float, float, float]:
    """Erlang A where people leave, else Erlang C; nothing offered means nobody waits; no agents, nobody is answered."""
    if load <= 0.0:
        return 0.0, 0.0, 1.0, 0.0, 0.0
    if agents <= 0.0:
        if leave > 0.0:
            return 1.0, 1.0, 0.0, math.nan, 1.0 / leave
        return 1.0, 0.0, 0.0, math.inf, math.inf
    if leave > 0.0:
        return _erlang_a_measures(load, agents, target, leave)
    return _erlang_c_measures(load, agents, target)


def _shortfall(
    load: float, agents: float, target: float, leave: float, wanted: tuple[float, float, float, float]
) -> float:
    """How far a team is from the targets: <= 0 exactly where all are met; falls as agents are added.

    Logarithms of the ratios miss / allowed miss, the largest of them: smooth and nearly straight in
    the number of agents. A target that is not asked for is NaN.
    """
    level, asa, abandon, occupancy = wanted
    if leave <= 0.0 and agents <= load:
        return math.inf
    wait, gone, service, answer, _ = _measures(load, agents, target, leave)
    worst = -math.inf
    if not math.isnan(level):
        late = 1.0 - service
        if leave <= 0.0:
            worst = _log(wait) - (agents - load) * target - math.log(1.0 - level)
        else:
            worst = _log(late) - math.log(1.0 - level)
    if not math.isnan(asa):
        worst = max(worst, _log(answer) - math.log(asa))
    if not math.isnan(abandon):
        worst = max(worst, _log(gone) - math.log(abandon))
    if not math.isnan(occupancy):
        worst = max(worst, _log(load * (1.0 - gone) / agents) - math.log(occupancy))
    return worst


def _log(value: float) -> float:
    """Logarithm with a floor."""
    return math.log(max(value, _TINY))


def _first_guess_c(load: float, target: float, level: float) -> float:
    """Agents near the requirement, by the limit of many agents: load + beta sqrt(load) (Halfin & Whitt 1981)."""
    root, beta = math.sqrt(load), 0.5
    wanted = math.log(1.0 - level)
    for _ in range(2):
        mills = 0.5 * math.erfc(-beta * _ROOT_HALF) * math.exp(0.5 * beta * beta) * _ROOT_TWO_PI
        busy = 1.0 + beta * mills
        gap = -math.log(busy) - beta * root * target - wanted
        slope = (mills + beta * busy) / busy + root * target
        beta = min(max(beta + gap / slope, 0.0), _MOST_BETA)
    return math.floor(load + beta * root) + 1.0


def _smallest_for_level_c(load: float, target: float, level: float) -> tuple[float, float, float]:
    """`_smallest_agents` for Erlang C and a service level alone: one sum, then steps by the recursion of 1 / B."""
    allowed = 1.0 - level
    agents = max(_first_guess_c(load, target, level), math.floor(load) + 1.0)
    inverse = _inverse_blocking(load, agents)
    late = _wait_probability_from(load, agents, inverse) * math.exp(-(agents - load) * target)
    left_late = math.inf
    while late > allowed:
        left_late = late
        agents += 1.0
        inverse = 1.0 + agents / load * inverse
        late = _wait_probability_from(load, agents, inverse) * math.exp(-(agents - load) * target)
    while math.isinf(left_late) and agents - 1.0 > load:
        below = (inverse - 1.0) * load / agents
        less = agents - 1.0 - load
        fewer_late = _wait_probability_from(load, agents - 1.0, below) * math.exp(-less * target)
        if fewer_late > allowed:
            left_late = fewer_late
        else:
            agents, inverse, late = agents - 1.0, below, fewer_late
    left = agents - 1.0
    if left <= load:
        left, left_late = load, 1.0
    wanted = math.log(allowed)
    more = agents + 1.0
    above = _wait_probability_from(load, more, 1.0 + more / load * inverse) * math.exp(-(more - load) * target)
    exact = _root_c(
        load, target, wanted, left, math.log(left_late) - wanted, agents, _log(late) - wanted, _log(above) - wanted
    )
    return agents, exact, _wait_probability_from(load, agents, inverse)


def _root_c(
    load: float, target: float, wanted: float, left: float, left_gap: float, right: float, right_gap: float, more: float
) -> float:
    """Where Erlang C with a real number of agents just meets the level: inverse parabolas inside [left, right]."""
    if right_gap >= 0.0:
        return right
    x0, g0, x1, g1, x2, g2 = right + 1.0, more, left, left_gap, right, right_gap
    low, high = left, right
    for _ in range(_MOST_STEPS):
        guess = _inverse_parabola(x0, g0, x1, g1, x2, g2)
        if not low < guess < high:
            guess = 0.5 * (low + high)
        gap = _log(_wait_probability_c(load, guess)) - (guess - load) * target - wanted
        if abs(gap) < _CLOSE or high - low < _SAME * high:
            return guess
        if gap > 0.0:
            low = guess
        else:
            high = guess
        x0, g0, x1, g1, x2, g2 = x1, g1, x2, g2, guess, gap
        if abs(gap) < _NEARLY:
            guess = _inverse_parabola(x0, g0, x1, g1, x2, g2)
            return min(max(guess, low), high)
    return high


def _inverse_parabola(x0: float, g0: float, x1: float, g1: float, x2: float, g2: float) -> float:
    """Where gap is 0 on the parabola through three (gap, x); the secant of the last two where it has none."""
    if g0 == g1 or g2 in (g0, g1):
        return x2 - g2 * (x2 - x1) / (g2 - g1) if g1 != g2 else math.nan
    return (
        x0 * g1 * g2 / ((g0 - g1) * (g0 - g2))
        + x1 * g0 * g2 / ((g1 - g0) * (g1 - g2))
        + x2 * g0 * g1 / ((g2 - g0) * (g2 - g1))
    )


def _smallest_agents(
    load: float, slots: float, target: float, leave: float, wanted: tuple[float, float, float, float]
) -> tuple[float, float, float]:
    """The smallest whole number of agents that meets the targets, and the continuous requirement.

    Args:
        load: Offered load [erlangs], >= 0.
        slots: Contacts an agent handles at a time, >= 1.
        target: Answer-time target [AHT].
        leave: AHT over mean patience; 0 = nobody leaves.
        wanted: Service level over offered, in (0, 1); largest mean wait of the answered [AHT], > 0; largest
            share of callers who leave, in (0, 1); largest occupancy, in (0, 1]. NaN where not asked for.

    Returns:
        (whole, exact, wait): whole - 1 < exact <= whole; whole meets the targets and whole - 1 does
        not; the wait probability with `whole` agents where it was worked out on the way, else NaN.
    """
    if load <= 0.0:
        return 0.0, 0.0, 0.0
    level, asa, _, occupancy = wanted
    if leave <= 0.0 and slots == 1.0 and math.isnan(asa) and math.isnan(occupancy) and not math.isnan(level):
        return _smallest_for_level_c(load, target, level)
    whole, exact = _smallest_by_root(load, slots, target, leave, wanted)
    return whole, exact, math.nan


def _smallest_by_root(
    load: float, slots: float, target: float, leave: float, wanted: tuple[float, float, float, float]
) -> tuple[float, float]:
    """`_smallest_agents` for any model and targets: the continuous root first, the whole number from it.

    Where the root is too close to a whole number to be trusted, the whole number itself is asked.
    """
    exact = _root(load, slots, target, leave, wanted)
    near = math.floor(exact + 0.5)
    if near >= 1.0 and abs(exact - near) < _DOUBTFUL:
        if _shortfall(load, near * slots, target, leave, wanted) <= 0.0:
            return near, min(exact, near)
        return near + 1.0, max(exact, near * (1.0 + 1e-15))
    return math.floor(exact) + 1.0, exact


def _root(load: float, slots: float, target: float, leave: float, wanted: tuple[float, float, float, float]) -> float:
    """The real number of agents at which the targets are just met: inverse parabolas inside a bracket."""
    low = 0.0
    if leave <= 0.0:
        low = load / slots
    high = math.inf
    scale = (math.sqrt(load) + load * _STEP + _STEP) / slots
    guess = load / slots + 0.5 * scale
    x0, g0, x1, g1, x2, g2 = math.nan, math.nan, math.nan, math.nan, math.nan, math.nan
    since = 0
    for step in range(_MOST_STEPS):
        gap = _shortfall(load, guess * slots, target, leave, wanted)
        x0, g0, x1, g1, x2, g2 = x1, g1, x2, g2, guess, gap
        before = high - low
        if gap > 0.0:
            low = guess
        else:
            high = guess
        if abs(gap) < _CLOSE or (math.isfinite(high) and high - low <= _SAME * high):
            break
        since = 0 if high - low < 0.5 * before else since + 1
        if math.isinf(high):  # no team was large enough yet: no parabola without a bracket
            guess = guess + scale * 2.0**step * 0.5
            continue
        guess = _inverse_parabola(x0, g0, x1, g1, x2, g2) if step > 1 else x2 + gap * scale
        if math.isnan(guess) and step > 0:
            guess = x2 - g2 * (x2 - x1) / (g2 - g1) if g1 != g2 else math.nan
        if since > _PATIENT or not low < guess < high:
            guess = 0.5 * (low + high)
            since = 0
    return guess


def fill_requirements(rows, answers) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  (numba sees arrays, plain runs lists)
    """The smallest team of every row, and what it achieves.

    Args:
        rows: load, slots, target, leave and what is wanted, see `_smallest_agents`, shape (n, 8).
        answers: Takes agents, their real number, wait, abandonment, service level and ASA [AHT], shape (n, 6).
    """
    for i in range(len(rows)):
        row = rows[i]
        whole, exact, wait = _smallest_agents(row[0], row[1], row[2], row[3], (row[4], row[5], row[6], row[7]))
        if math.isnan(wait) or row[0] <= 0.0:
            wait, gone, service, answer, _ = _measures(row[0], whole * row[1], row[2], row[3])
        else:
            spare = whole - row[0]
            gone, service, answer = 0.0, 1.0 - wait * math.exp(-spare * row[2]), wait / spare
        answers[i, 0], answers[i, 1], answers[i, 2] = whole, exact, wait
        answers[i, 3], answers[i, 4], answers[i, 5] = gone, service, answer


def fill_measures(rows, answers) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  (as above)
    """What the team of every row achieves.

    Args:
        rows: load, agents, target, leave, shape (n, 4).
        answers: Takes wait, abandonment, service level, ASA and mean wait of all [AHT], shape (n, 5).
    """
    for i in range(len(rows)):
        row = rows[i]
        wait, gone, service, answer, mean = _measures(row[0], row[1], row[2], row[3])
        answers[i, 0], answers[i, 1], answers[i, 2] = wait, gone, service
        answers[i, 3], answers[i, 4] = answer, mean


def fill_blocking(rows, answers) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  (as above)
    """The blocking of every row, by Erlang B.

    Args:
        rows: load and agents, shape (n, 2).
        answers: Takes the probability, shape (n, 1).
    """
    for i in range(len(rows)):
        row = rows[i]
        answers[i, 0] = 0.0 if row[0] <= 0.0 else 1.0 / _inverse_blocking(row[0], row[1])

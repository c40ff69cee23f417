"""Queues in 45-digit arithmetic, by other ways than the house: recursions and sums over the states.

Erlang B by its recursion from zero lines; Erlang A by adding up the birth-and-death chain state by
state, with the answer in time from the incomplete gamma series. Slow and plain.
"""

from decimal import Decimal, getcontext

DIGITS = 45
_SMALL = Decimal(10) ** -(DIGITS - 5)


def start():
    getcontext().prec = DIGITS


def blocking(load, lines):
    """1 / B(n) = 1 + n / a / B(n - 1)."""
    load, inverse = Decimal(load), Decimal(1)
    for line in range(1, lines + 1):
        inverse = 1 + inverse * line / load
    return 1 / inverse


def erlang_c(load, agents, target):
    """Wait probability, service level, ASA [AHT]."""
    return erlang_b_and_c(load, agents, target)[1:]


def erlang_b_and_c(load, agents, target):
    """Blocking, then the wait probability, service level and ASA [AHT] of C."""
    b, spare = blocking(load, agents), agents - Decimal(load)
    wait = b / (1 - Decimal(load) / agents * (1 - b))
    return b, wait, 1 - wait * (-spare * Decimal(target)).exp(), wait / spare


def erlang_a(load, agents, target, leave):
    """Wait, abandonment, service level, ASA of the answered, mean wait of all [AHT]."""
    load, target, leave = Decimal(load), Decimal(target), Decimal(leave)
    below = 1 / blocking(load, agents)  # sum of p_0 .. p_n over p_n
    weight, waiting, queue, served_wait, steps = Decimal(1), Decimal(0), Decimal(0), Decimal(0), Decimal(0)
    ahead = 0
    while True:
        # a caller who finds `ahead` waiting: answered with n / (n + (ahead + 1) leave), after the sum of steps
        steps += 1 / (agents + (ahead + 1) * leave)
        waiting += weight
        served_wait += weight * agents / (agents + (ahead + 1) * leave) * steps
        ahead += 1
        weight *= load / (agents + ahead * leave)
        queue += ahead * weight
        if weight * (ahead + 1) < _SMALL * (queue + 1) and load < agents + ahead * leave:
            break
    mass = below - 1 + waiting
    mean_queue = queue / mass
    abandon = leave * mean_queue / load
    wait = waiting / mass
    asa = served_wait / mass / (1 - abandon)
    # served in time: load pi_(n-1) / leave e^y y^-(x+1) [gamma(x + 1, y) - gamma(x + 1, y e^-(leave target))], pi_(n-1) = p_n n / load
    x, y = agents / leave, load / leave
    late_y = y * (-leave * target).exp()
    whole = _series(x + 1, y)
    part = ((x + 1) * -(leave * target)).exp() * (y - late_y).exp() * _series(x + 1, late_y)
    in_time = 1 - wait + agents / load / mass * (load / leave) * (whole - part)
    return wait, abandon, in_time, asa, mean_queue / load


def _series(shape, z):
    """gamma(s, z) e^z z^-s: the sum of z^k / (s (s + 1) ... (s + k))."""
    term, total, k = 1 / shape, Decimal(0), 0
    while term > _SMALL * total or z > shape + k:
        total += term
        k += 1
        term *= z / (shape + k)
    return total

"""Is every due time kept? One queue, all its futures, step by step, earliest due first.

Here: the loop, in the part of Python that numba compiles, so that both ways are the same code. Not here: which way is run (breach),
what the arrays come from (draws).
"""

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray


def mark_breaches(
    waiting: IntArray,
    over_due: int,
    arrivals: IntArray,
    arrival_due: IntArray,
    pace: FloatArray,
    epochs: FloatArray,
    per_hour: int,
    is_late: BoolArray,
) -> None:
    """Mark the futures in which some case passes its due time.

    A step of a future: its cases come, then as many are done as epochs are passed by the work so far, over due ones first, then the
    earliest due. After the last epoch one case is done per unit of work.

    Args:
        waiting: Cases that wait by the last step in which they are in time, shape (steps + 2,); 0 is not used, the last is later.
        over_due: Cases that wait and are late already [count]: they are served first and do not count.
        arrivals: Cases to come, shape (paths, hours, classes).
        arrival_due: Last step in which each class of an hour is in time, shape (hours, classes).
        pace: Work of each hour [cases], shape (paths, hours).
        epochs: Work at which the first, second, ... case is done, rising, shape (paths, n_epochs).
        per_hour: Steps of an hour [count].
        is_late: The answer, shape (paths,), False at first.
    """
    steps = len(waiting) - 2
    most = epochs.shape[1]
    buckets = waiting.copy()
    for path in range(arrivals.shape[0]):
        buckets[:] = waiting
        buckets[0] = over_due
        lowest, work, passed = 0, 0.0, 0
        for step in range(1, steps + 1):
            hour = (step - 1) // per_hour
            lowest = min(
                lowest, _let_come(buckets, arrivals[path, hour], arrival_due[hour], path + hour, step, per_hour)
            )
            work += pace[path, hour] / per_hour
            former = passed
            while passed < most and epochs[path, passed] <= work:
                passed += 1
            if passed >= most:
                passed = max(passed, most + int(work - epochs[path, most - 1]))
            lowest = _serve(buckets, lowest, passed - former)
            if buckets[step] > 0:
                is_late[path] = True
                break


def _let_come(
    buckets: IntArray, arrivals: IntArray, arrival_due: IntArray, phase: int, step: int, per_hour: int
) -> int:
    """Put a step's part of the hour's cases where they wait; the earliest due step of them, or the last place."""
    part, last = (step - 1) % per_hour, len(buckets) - 1
    lowest = last
    for kind in range(len(arrivals)):
        if arrivals[kind] > 0:
            shift = (phase + kind) % per_hour
            come = (arrivals[kind] * (part + 1) + shift) // per_hour - (arrivals[kind] * part + shift) // per_hour
            if come > 0:
                due = min(max(arrival_due[kind], step), last)
                buckets[due] += come
                lowest = min(lowest, due)
    return lowest


def _serve(buckets: IntArray, lowest: int, able: int) -> int:
    """Do as many cases as people are able to, the earliest due first; the first place where somebody may wait."""
    while able > 0 and lowest < len(buckets):
        served = min(able, buckets[lowest])
        buckets[lowest] -= served
        able -= served
        if buckets[lowest] == 0:
            lowest += 1
    return lowest

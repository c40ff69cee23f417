"""Whole numbers in proportion: the largest-remainder method, and months cut into ISO weeks with it."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from wfm_pipeline.domain.allocation.faults import InvalidValueError, NoWorkingDayError

Week = TypeVar("Week")


def largest_remainder(seats: int, weights: Sequence[float]) -> list[int]:
    """Whole shares of `seats` in proportion to `weights` (Hamilton's method).

    Args:
        seats: What is to be given out [count], >= 0.
        weights: Weights >= 0, in order; equal remainders go to the earlier entry.

    Returns:
        One whole number per weight; they add up to `seats` exactly.

    Raises:
        InvalidValueError: negative or unknown seats or weights, or seats with all weights 0.

    Source:
        Balinski & Young (1982), Fair Representation. Exact: computed in whole numbers, not floats.

    Example:
        >>> largest_remainder(17, [1000, 800, 600])
        [7, 6, 4]
    """
    if seats < 0 or any(not math.isfinite(weight) or weight < 0 for weight in weights):
        raise InvalidValueError(f"seats and weights must be numbers >= 0, got {seats} and {list(weights)}", got=seats)
    ratios = [weight.as_integer_ratio() for weight in weights]
    scale = math.lcm(*(bottom for _, bottom in ratios))
    exact = [top * (scale // bottom) for top, bottom in ratios]
    total = sum(exact)
    if total == 0:
        if seats:
            raise InvalidValueError(f"{seats} cannot be shared out: all weights are 0", got=seats)
        return [0] * len(exact)
    quotas = [divmod(seats * weight, total) for weight in exact]
    shares = [whole for whole, _ in quotas]
    by_remainder = sorted(range(len(exact)), key=lambda entry: (-quotas[entry][1], entry))
    for entry in by_remainder[: seats - sum(shares)]:
        shares[entry] += 1
    return shares


def split_month(monthly_forecast: float, working_days: Mapping[Week, float], *, where: str = "") -> dict[Week, float]:
    """A month's forecast on its ISO weeks, by the working days inside the month.

    Args:
        monthly_forecast: Cases of the month, >= 0. A fraction of a case goes with the week of the
            most working days, the earliest of them.
        working_days: Working days of each week inside the month [days], in order of time.
        where: Words for the message, such as the month and locality.

    Returns:
        Cases per week; they add up to the month exactly.

    Raises:
        InvalidValueError: the forecast is negative or not a number.
        NoWorkingDayError: work to do and no working day in the month.
    """
    if not math.isfinite(monthly_forecast) or monthly_forecast < 0:
        raise InvalidValueError(f"a forecast must be a number >= 0, got {monthly_forecast} ({where})", where=where)
    days = list(working_days.values())
    if monthly_forecast == 0:
        return dict.fromkeys(working_days, 0)
    if not any(days):
        raise NoWorkingDayError(
            f"a forecast of {monthly_forecast:g} has no working day to go to ({where}); "
            "correct the month, the locality's calendar or week_configuration",
            where=where,
        )
    whole = math.floor(monthly_forecast)
    shares: dict[Week, float] = dict(zip(working_days, largest_remainder(whole, days), strict=True))
    if monthly_forecast != whole:
        shares[max(working_days, key=lambda week: working_days[week])] += monthly_forecast - whole
    return shares

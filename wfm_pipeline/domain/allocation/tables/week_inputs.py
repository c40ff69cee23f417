"""What a version of a week was made from, in digests and facts that can be kept and compared.

A digest says whether something changed, the facts say what. Not here: comparing two versions (version_diff.py).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import pandas as pd

from wfm_pipeline.domain.allocation.pairs import PersonPairs
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation

_DIGITS: Final = 6
"""Decimals that count: sums of doubles differ in their last bits with the order of adding [count]."""
_DIGEST_LETTERS: Final = 32
"""Hexadecimal digits of a digest: 128 bits, so that no two inputs share one [count]."""


@dataclass(frozen=True, slots=True)
class WeekInputs:
    """What one week was assigned from.

    Attributes:
        people: cn -> what of the person counts in the week, as JSON.
        demand: Digest of the week's work.
        previous: Digest of the assignment of the week before.
        settings: Strategy, switches and weights, as JSON.
        hours: Working days, hours and shares of each locality, as JSON.
    """

    people: Mapping[str, str]
    demand: str
    previous: str
    settings: str
    hours: str

    @property
    def columns(self) -> dict[str, str]:
        """The same in the columns of `gold.assignment_version`."""
        return {
            "settings": self.settings,
            "hours": self.hours,
            "people_digest": digest(json_text(dict(self.people))),
            "demand_digest": self.demand,
            "previous_digest": self.previous,
        }


def week_inputs(allocation: Allocation, previous: Mapping[str, str | int | None] | None) -> WeekInputs:
    """What an allocation was made from.

    Args:
        allocation: The week.
        previous: Demand of each person in the week before; None where there is no assignment.

    Returns:
        Digests and facts; they do not depend on the order of the input.
    """
    problem, options = allocation.problem, allocation.options
    work = [
        (
            str(one.demand_id), one.platform, canonical_locality(one.locality), one.case_type, one.state,
            _rounded(one.weekly_forecast), _rounded(one.handle_seconds), one.demand_from,
        )
        for one in problem.demands
    ]  # fmt: skip
    hours = {
        name: {key: _rounded(value) for key, value in asdict(one).items() if key != "working_dates"}
        | {"working_dates": [str(date) for date in one.working_dates]}
        for name, one in problem.week_hours.localities.items()
    }
    last = None if previous is None else {cn: None if one is None else str(one) for cn, one in previous.items()}
    return WeekInputs(
        _people(problem),
        digest(json_text(work)),
        digest(json_text(last)),
        json_text({**asdict(options), "weight": problem.weight, "full_week": problem.full_week}),
        json_text(hours),
    )


def _people(problem: Problem) -> dict[str, str]:
    facts = {}
    for one, days in zip(problem.resources, problem.days_present, strict=True):
        facts[one.cn] = json_text(
            {
                "platform": one.platform,
                "locality": canonical_locality(one.locality),
                "skills": "; ".join(sorted(one.skills)),
                "states": "; ".join(sorted(one.states)),
                "days": _rounded(days),
                "tier": one.capacity_tier_id,
                "productivity": _rounded(problem.productivity(one)),
                **_pairs(problem.pairs_of(one)),
            }
        )
    return facts


def _pairs(pairs: PersonPairs) -> dict[str, str]:
    pinned = {"pinned": pairs.pinned} if pairs.pinned is not None else {}
    return {**pinned, **({"forbidden": "; ".join(sorted(pairs.forbidden))} if pairs.forbidden else {})}


def _rounded(value: Any) -> Any:
    return round(value, _DIGITS) + 0.0 if isinstance(value, float) else value


def json_text(value: object) -> str:
    """A value as JSON that is the same wherever the value is.

    Args:
        value: Texts, numbers, None, and lists and mappings of them.

    Returns:
        One line, names in order.
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def digest(text: str) -> str:
    """A short text that stands for a long one.

    Args:
        text: Any text.

    Returns:
        32 hexadecimal digits.
    """
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LETTERS]


def content_digest(inputs: WeekInputs, frames: Mapping[str, pd.DataFrame]) -> str:
    """What tells a version from another: what it was made from, and what was made.

    Args:
        inputs: What it was made from.
        frames: Name of a table -> its rows of the week, without what only the run knows.

    Returns:
        The digest; the order of rows does not count, numbers count to six decimals.
    """
    parts = [json_text(inputs.columns)]
    for name in sorted(frames):
        rows = frames[name].round(_DIGITS).to_csv(index=False, float_format=f"%.{_DIGITS}f").splitlines()
        parts += [name, *sorted(row.replace("-0.000000", "0.000000") for row in rows)]
    return digest("\n".join(parts))

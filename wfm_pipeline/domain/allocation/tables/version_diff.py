"""What differs between two versions of a week: who moved from which demand to which, and which inputs changed.

A version is a function of its inputs: what is told are the inputs that differ, those of the person and of both demands
first. Not here: what the inputs of a version are (week_inputs.py), and keeping versions (warehouse/shelves).
"""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from wfm_pipeline.domain.allocation.tables.week_inputs import json_text

_NO_DEMAND: Final = ""
_NEAR: Final = 1e-6
"""Numbers that are nearer than this are the same: stored sums of doubles [unit of the number]."""
_WORK: Final = {
    "platform": "", "locality": "", "case_type": "", "state": "", "weekly_forecast": "cases", "handle_seconds": "s",
    "demand_from": "",
}  # fmt: skip
"""What of a demand is input -> its unit."""
MOVE_COLUMNS: Final = ("resource_cn", "from_demand", "to_demand", "why")
"""Columns of `VersionDiff.moves`."""


@dataclass(frozen=True)
class Version:
    """One version of a week.

    Attributes:
        line: Its row of `gold.assignment_version`.
        assignments: Its rows of `gold.weekly_resource_assignment_archive`.
        demands: Its rows of `gold.demand_week_archive`.
    """

    line: Mapping[Hashable, Any]
    assignments: pd.DataFrame
    demands: pd.DataFrame

    @property
    def demand_of(self) -> dict[str, str]:
        """Demand of each person; empty text = none."""
        return _by(self.assignments, "resource_cn", "demand_id")

    @property
    def facts_of(self) -> dict[str, str]:
        """What counted of each person; empty text = not kept."""
        return _by(self.assignments, "resource_cn", "person_facts")

    @property
    def work(self) -> dict[str, dict[str, Any]]:
        """Demand -> what of it is input."""
        records = self.demands[["demand_id", *_WORK]].to_dict("records")
        return {
            str(row["demand_id"]): {key: None if pd.isna(row[key]) else row[key] for key in _WORK} for row in records
        }

    @property
    def has_inputs(self) -> bool:
        """False where it was made before inputs were kept."""
        return not pd.isna(self.line["settings"])


@dataclass(frozen=True)
class VersionDiff:
    """What differs.

    Attributes:
        inputs: What the later version was made from otherwise, in words; empty where nothing differs.
        moves: One row per person with another demand: `MOVE_COLUMNS`; an empty demand is none.
        demands: One row per demand whose people or work differ: demand_id, assigned and forecast before and after.
    """

    inputs: tuple[str, ...]
    moves: pd.DataFrame
    demands: pd.DataFrame


def diff_versions(old: Version, new: Version) -> VersionDiff:
    """Compare two versions of one week.

    Args:
        old: The one.
        new: The other.

    Returns:
        What differs, from `old` to `new`; people in order of their number.
    """
    inputs = _changed_inputs(old, new)
    before, after, works = old.demand_of, new.demand_of, (old.work, new.work)
    rows = []
    for cn in sorted({*before, *after}):
        pair = before.get(cn, _NO_DEMAND), after.get(cn, _NO_DEMAND)
        if pair[0] != pair[1]:
            why = [*_of_person(old, new, cn), *(words for one in pair if one for words in _of_demand(one, *works))]
            rows.append((cn, *pair, "; ".join(why) or _follows(inputs)))
    return VersionDiff(inputs, pd.DataFrame(rows, columns=list(MOVE_COLUMNS)), _demands(old, new))


def moved_people(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """People with another demand, or none any more.

    Args:
        before: resource_cn and demand_id of the one version.
        after: The same of the other.

    Returns:
        People [count]; who came or left counts where there is a demand.
    """
    one, other = (_by(rows, "resource_cn", "demand_id") for rows in (before, after))
    return sum(one.get(cn, _NO_DEMAND) != other.get(cn, _NO_DEMAND) for cn in {*one, *other})


def _by(rows: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    pairs = zip(rows[key], rows[value], strict=True)
    return {str(name): _NO_DEMAND if pd.isna(one) else str(one) for name, one in pairs}


def _changed_inputs(old: Version, new: Version) -> tuple[str, ...]:
    if not (old.has_inputs and new.has_inputs):
        return ("not known: one of the versions was made before inputs were kept",)
    words = [*_people(old, new), *_work(old, new)]
    for name in ("hours", "settings"):
        words += _values(json.loads(old.line[name]), json.loads(new.line[name]), name)
    if old.line["previous_digest"] != new.line["previous_digest"]:
        words.append("the assignment of the week before")
    if old.line["wfm_version"] != new.line["wfm_version"]:
        words.append(f"wfm {old.line['wfm_version']} -> {new.line['wfm_version']}")
    return tuple(words)


def _people(old: Version, new: Version) -> list[str]:
    one, other = old.facts_of, new.facts_of
    counts = {
        "changed": sum(one[cn] != other[cn] for cn in one.keys() & other.keys()),
        "new": len(other.keys() - one.keys()),
        "gone": len(one.keys() - other.keys()),
    }
    said = [f"{count} {word}" for word, count in counts.items() if count]
    return [f"people: {', '.join(said)}"] if said else []


def _work(old: Version, new: Version) -> list[str]:
    one, other = old.work, new.work
    counts = {
        "changed": sum(bool(_of_demand(name, one, other)) for name in one.keys() & other.keys()),
        "new": len(other.keys() - one.keys()),
        "gone": len(one.keys() - other.keys()),
    }
    said = [f"{count} {word}" for word, count in counts.items() if count]
    return [f"demands: {', '.join(said)}"] if said else []


def _values(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> list[str]:
    """What differs in two mappings, name by name."""
    words = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            words += _values(before, after, f"{where} {name}")
        elif before != after:
            words.append(f"{where}: {name} {_shown(before)} -> {_shown(after)}")
    return words


def _of_person(old: Version, new: Version, cn: str) -> list[str]:
    before, after = old.facts_of.get(cn), new.facts_of.get(cn)
    if before is None or after is None:
        return ["new on the roster" if before is None else "not on the roster any more"]
    return _values(json.loads(before), json.loads(after), "person") if before and after else []


def _of_demand(name: str, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> list[str]:
    if name not in old or name not in new:
        return [f"demand {name} is {'new' if name not in old else 'gone'}"]
    before, after = old[name], new[name]
    return [
        f"demand {name}: {key} {_shown(before[key])} -> {_shown(after[key])}{f' {unit}' if unit else ''}"
        for key, unit in _WORK.items()
        if _differ(before[key], after[key])
    ]


def _follows(inputs: tuple[str, ...]) -> str:
    return f"follows from: {'; '.join(inputs)}" if inputs else "no input differs"


def _differ(before: object, after: object) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) >= _NEAR
    return before != after


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:.10g}" if isinstance(value, float) else value if isinstance(value, str) else json_text(value)


def _demands(old: Version, new: Version) -> pd.DataFrame:
    names = ["assigned", "weekly_forecast"]
    one, other = (
        version.demands.set_index("demand_id")[names].astype("float64").add_suffix(f"_{when}")
        for version, when in ((old, "before"), (new, "after"))
    )
    both = pd.concat([one, other], axis=1)
    both = both[[f"{name}_{when}" for name in names for when in ("before", "after")]]
    same = [(both[f"{name}_before"] - both[f"{name}_after"]).abs().fillna(1.0) < _NEAR for name in names]
    return both[~(same[0] & same[1])].sort_index().rename_axis("demand_id").reset_index()

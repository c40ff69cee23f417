"""What the planners' files of the capacity plan say, and their rows as pools, classes and shrinkage.

Not here: how a file becomes rows (domain/planners_tables), keeping versions (domain/history, warehouse), or the plan
(plan.py).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final, cast

import pandas as pd

from wfm_pipeline.contracts.planning.capacity import HEADCOUNT, HIRING_CLASSES, SHRINKAGE
from wfm_pipeline.domain.planners_tables import PlannersFile
from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.domain.staffing.capacity.people import HiringClass, Intake, Period, Pool, weekly_survival
from wfm_pipeline.domain.staffing.capacity.plan import PlannersTables
from wfm_pipeline.domain.staffing.capacity.shrinkage import ShrinkageRow
from wfm_pipeline.domain.staffing.faults import CapacityError


class _CapacitySheet(Sheet):
    missing_error = CapacityError
    invalid_error = CapacityError
    duplicate_error = CapacityError


def _check_class(row: Mapping[str, object]) -> None:
    """Build what the row stands for, so that its own rules speak."""
    _intake(row, Intake(training_weeks=1))
    _positive(row, "contract_hours")


def planners_tables(headcount: pd.DataFrame, classes: pd.DataFrame, shrinkage: pd.DataFrame) -> PlannersTables:
    """Pools, classes and shrinkage from the rows that hold now.

    Args:
        headcount: The planners' columns of `silver.headcount`, typed; null where empty.
        classes: Those of `silver.hiring_classes`.
        shrinkage: Those of `silver.shrinkage`.

    Returns:
        The tables, as the plan takes them.

    Raises:
        CapacityError: a row is wrong, a queue is in two pools, a class is of no pool.
    """
    pools = {pool.pool_id: pool for pool in (_pool(row) for row in _records(headcount))}
    found = []
    for row in _records(classes):
        pool = pools.get(str(row["pool_id"]))
        intake = _intake(row, pool.intake if pool else Intake())
        hours = _positive(row, "contract_hours") or (pool.contract_hours if pool else 0.0)
        names = (str(row["class_id"]), str(row["pool_id"]), _date(row["start_date"]))
        found.append(HiringClass(*names, _number(row["heads"]), intake, hours))
    rows = tuple(_shrinkage(row) for row in _records(shrinkage))
    return PlannersTables(tuple(pools.values()), tuple(found), rows)


def _records(frame: pd.DataFrame) -> Iterable[dict[str, object]]:
    for row in frame.to_dict("records"):
        yield {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _pool(row: Mapping[str, object]) -> Pool:
    occupancy = _positive(row, "occupancy")
    pool = Pool(
        pool_id=str(row["pool_id"]),
        queues=tuple(dict.fromkeys(word.strip() for word in str(row["queues"]).split(";") if word.strip())),
        heads=_number(row["heads"]),
        counted_on=_date(row["counted_on"]),
        contract_hours=_positive(row, "contract_hours") or 0.0,
        attrition=_number(row["attrition"]),
        attrition_per=cast("Period", row["attrition_per"]),
        intake=_intake(row, Intake()),
        recruiting_weeks=int(_number(row["recruiting_weeks"])),
        occupancy=occupancy,
    )
    weekly_survival(pool.attrition, pool.attrition_per)
    return pool


def _intake(row: Mapping[str, object], default: Intake) -> Intake:
    """Training and ramp of a row; an empty word is the default's, and without training nobody drops out of it."""
    weeks = default.training_weeks if row["training_weeks"] is None else int(_number(row["training_weeks"]))
    dropout = row["training_dropout"]
    usual = default.training_dropout if weeks else 0.0
    return Intake(
        weeks,
        usual if dropout is None else _number(dropout),
        default.ramp if row["ramp"] is None else read_ramp(str(row["ramp"])),
    )


def read_ramp(text: str) -> tuple[float, ...]:
    """Productivities of a ramp.

    Args:
        text: Productivities separated by `;`, one per week; empty = no ramp.

    Returns:
        Productivities [0..1], which `Intake` checks.

    Raises:
        CapacityError: a word is no number.

    Example:
        >>> read_ramp("0.5; 0.75")
        (0.5, 0.75)
    """
    try:
        return tuple(float(word) for word in text.split(";") if word.strip())
    except ValueError as error:
        raise CapacityError(
            f"ramp must be numbers separated by ';' such as 0.5;0.75, got {text!r}", got=text
        ) from error


def _shrinkage(row: Mapping[str, object]) -> ShrinkageRow:
    last = row["last_date"]
    return ShrinkageRow(
        str(row["pool_id"]),
        str(row["kind"]),
        bool(row["is_planned"]),
        _number(row["share"]),
        _date(row["first_date"]),
        None if last is None else _date(last),
    )


def _positive(row: Mapping[str, object], name: str) -> float | None:
    value = None if row[name] is None else _number(row[name])
    if value is not None and value <= 0:
        raise CapacityError(f"{name} must be above 0, got {value:g}", got=value)
    return value


def _number(value: object) -> float:
    return float(cast("float", value))


def _date(value: object) -> dt.date:
    return pd.Timestamp(cast("str", value)).date()


CAPACITY_FILES: Final[Mapping[str, PlannersFile]] = {
    "headcount": PlannersFile(table=HEADCOUNT, title="headcount.csv", sheet=_CapacitySheet, check=_pool),
    "hiring_classes": PlannersFile(
        table=HIRING_CLASSES, title="hiring_classes.csv", sheet=_CapacitySheet, check=_check_class
    ),
    "shrinkage": PlannersFile(table=SHRINKAGE, title="shrinkage.csv", sheet=_CapacitySheet, check=_shrinkage),
}
"""Name of a planner's file, without `.csv` -> how it fills its table."""

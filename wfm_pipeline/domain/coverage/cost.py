"""What a shortage costs: agents short x hours x hourly cost x overtime multiplier, in the service's own currency.

Here: rates and sums. Not here: which hours are short (gaps). A rate that is not known leaves the cost unknown, and
money of different currencies is never added.

No command reaches `cost_by_currency` yet: the page of live coverage will add up gaps with it.
"""

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.grid import need_columns
from wfm_pipeline.errors import DataError

RATE_COLUMNS = ("service_id", "hourly_cost", "overtime_multiplier", "currency")


def service_rates(services: pd.Series, rates: pd.DataFrame) -> pd.DataFrame:
    """Rates of the services of some rows.

    Args:
        services: Service of each row, shape (n,).
        rates: service_id, hourly_cost [currency per agent-hour], overtime_multiplier, currency; null = not known.

    Returns:
        hourly_cost, overtime_multiplier, currency in the order of `services`; null for services without a row.

    Raises:
        DataError: a column is missing, a service comes twice, or a rate is negative.
    """
    need_columns(rates, RATE_COLUMNS, of="rates of services")
    if rates["service_id"].duplicated().any():
        twice = rates.loc[rates["service_id"].duplicated(), "service_id"].iloc[0]
        raise DataError(f"service {twice!r} has two rates; give one", service=twice)
    if ((rates["hourly_cost"] < 0) | (rates["overtime_multiplier"] < 0)).any():
        raise DataError("hourly_cost and overtime_multiplier must be 0 or more; leave what is not known empty")
    return rates.set_index("service_id").reindex(services)[list(RATE_COLUMNS[1:])].reset_index(drop=True)


def overtime_cost(agent_hours: FloatArray, hourly_cost: FloatArray, overtime_multiplier: FloatArray) -> FloatArray:
    """What hours cost as overtime.

    Args:
        agent_hours: Agents short x hours [h], >= 0, shape (n,).
        hourly_cost: Cost of an agent and hour [currency], NaN = not known, shape (n,).
        overtime_multiplier: Factor of overtime, NaN = not known, shape (n,).

    Returns:
        Cost [currency], shape (n,); 0 without hours, else NaN where a rate is not known.

    Example:
        >>> overtime_cost(np.array([5 * 4.0]), np.array([40.0]), np.array([1.75])).tolist()
        [1400.0]
    """
    return np.where(np.asarray(agent_hours) == 0, 0.0, np.asarray(agent_hours) * hourly_cost * overtime_multiplier)


def cost_by_currency(costs: pd.DataFrame) -> pd.DataFrame:
    """Sums of costs, each currency by itself.

    Args:
        costs: cost [currency], currency; null = not known.

    Returns:
        currency, cost (sum of the known ones), unknown (rows without a cost) per currency, in order of its name; rows
        without a currency stand last, and their cost is null.
    """
    grouped = costs.groupby("currency", sort=True, dropna=False)["cost"]
    sums = grouped.sum(min_count=1).to_frame().assign(unknown=grouped.apply(lambda one: int(one.isna().sum())))
    found = sums.reset_index()
    found.loc[found["currency"].isna(), "cost"] = np.nan
    return found

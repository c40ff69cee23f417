"""`contact_statistics` of the sample: its calls by the service of first touch and the quarter of arrival.

Not here: how agents spent the time (agents), calls one by one (records).
"""

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.operational.statistics import CONTACT_STATISTICS
from wfm_pipeline.domain.operational.house_units import MILLISECONDS_PER_SECOND
from wfm_pipeline.domain.simulation.sample.operational.instants import quarter_of
from wfm_pipeline.domain.simulation.sample.records import Ledger
from wfm_pipeline.units import ANSWER_TARGET_SECONDS, PERCENT

_KEY = ["service_id", "quarter"]


def contact_statistics(ledger: Ledger, truth_calls: pd.DataFrame, occupancy: pd.DataFrame) -> pd.DataFrame:
    """Count the sample's calls as a telephone exchange would.

    Args:
        ledger: The calls and their legs.
        truth_calls: The same calls, in the same order: who called and what became of it.
        occupancy: One row per service and quarter in which agents were staffed: service_id, quarter, occupancy [0..1].

    Returns:
        Rows of `contact_statistics` in order of their key, interval_start_time by the site's wall clock. A caller is a
        number; who withholds it is another caller every time.
    """
    calls = _calls(ledger, truth_calls)
    by_interval = calls.groupby(_KEY, sort=True)
    every = by_interval.agg(
        not_unique_received_calls=("caller", "size"),
        not_unique_treated_calls=("is_answered", "sum"),
        in_target=("is_in_target", "sum"),
        spoken=("spoken", "sum"),
        after_call=("after_call", "sum"),
    )
    callers = calls.groupby([*_KEY, "caller"], sort=True)["is_answered"].max().groupby(_KEY, sort=True)
    every["received_calls"], every["treated_calls"] = callers.size(), callers.sum().astype(np.int64)
    every = every.reset_index().merge(occupancy, how="left", on=_KEY)
    received, treated = every["not_unique_received_calls"], every["not_unique_treated_calls"]
    every["miss_calls"] = every["received_calls"] - every["treated_calls"]
    every["not_unique_miss_calls"] = received - treated
    answered = treated.where(treated > 0)
    every["talk_time"] = every["spoken"] / answered * MILLISECONDS_PER_SECOND
    every["post_processing"] = every["after_call"] / answered * MILLISECONDS_PER_SECOND
    every["aht"] = (every["spoken"] + every["after_call"]) / answered * MILLISECONDS_PER_SECOND
    every["service_level"] = every["in_target"] / received * PERCENT
    every["abandonment_rate"] = every["not_unique_miss_calls"] / received * PERCENT
    every["occupancy_rate"] = every["occupancy"] * PERCENT
    every = every.rename(columns={"quarter": "interval_start_time"})
    return every[list(CONTACT_STATISTICS.column_names)]


def _calls(ledger: Ledger, truth_calls: pd.DataFrame) -> pd.DataFrame:
    """One row per call: where and when it came, who called, and the work of all its legs."""
    work = ledger.legs.groupby("call")[["talk", "hold", "after_call"]].sum().reindex(range(len(truth_calls)))
    first_wait = ledger.legs.loc[ledger.legs["leg_number"] == 1].set_index("call")["wait"].reindex(work.index)
    is_answered = (truth_calls["outcome"] == "answered").to_numpy()
    return pd.DataFrame(
        {
            "service_id": truth_calls["first_queue_id"],
            "quarter": quarter_of(truth_calls["started_at_local"]),
            "caller": truth_calls["caller_number"].where(truth_calls["caller_number"].notna(), truth_calls["call_id"]),
            "is_answered": is_answered,
            "is_in_target": is_answered & (first_wait <= ANSWER_TARGET_SECONDS).to_numpy(),
            "spoken": (work["talk"] + work["hold"]).to_numpy(),
            "after_call": work["after_call"].to_numpy(),
        }
    )

"""The same silver and gold tables by pandas, all in memory: read from DuckDB as Arrow, written back as tables."""

import numpy as np
import pandas as pd

KEY = ["CallId", "LegNumber"]
_STATUS = {"ANSWERED": "answered", "ABANDONED": "abandoned", "TRANSFERRED": "transferred"}
_LIMITS = {"WaitTimeInSec": 7200, "TalkTimeInSec": 14_400, "HoldTimeInSec": 7200, "AfterCallTimeInSec": 7200}


def legs_of(raw: pd.DataFrame) -> pd.DataFrame:
    latest = raw.sort_values(["Updated", "_batch_id", "_row_hash"]).drop_duplicates(KEY, keep="last")
    kept = latest[(latest["QueueId"].str.strip() != "test") & (latest["callerNr"] != "+46740000001")]
    kept = kept[~kept["Created"].between(pd.Timestamp("2025-03-30 02:00"), pd.Timestamp("2025-03-30 02:59:59"))]
    digits = kept["callerNr"].str.replace("[^0-9+]", "", regex=True)
    legs = pd.DataFrame(
        {
            "call_id": kept["CallId"],
            "leg_number": kept["LegNumber"],
            "queue_id": kept["QueueId"].str.strip(),
            "agent_id": kept["UserId"],
            "status": kept["Status"].map(_STATUS).fillna("other"),
            "started_at_local": kept["Created"],
            "landing_number": kept["LandingNumber"].str.replace("[^0-9]", "", regex=True),
            "caller_number": digits.str.extract(r"^(?:(?:[+]|00)?46|[+]|00)?0*([1-9][0-9]{6,})$", expand=False),
            "row_hash": kept["_row_hash"],
            "business_date": kept["_business_date"],
        }
    )
    clock = kept["Created"].dt
    legs["started_at"] = clock.tz_localize("Europe/Stockholm", ambiguous=True).dt.tz_convert("UTC").dt.tz_localize(None)
    for raw_name, name in zip(_LIMITS, ("wait", "talk", "hold", "after_call"), strict=True):
        legs[f"{name}_seconds"] = kept[raw_name].where(kept[raw_name].between(0, _LIMITS[raw_name])).astype(float)
    return legs


def calls_of(legs: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    legs = legs.sort_values(["call_id", "leg_number"], ignore_index=True)
    legs["is_answered"] = legs["status"].isin(["answered", "transferred"])
    legs["handle"] = legs[["talk_seconds", "hold_seconds", "after_call_seconds"]].sum(axis=1, min_count=1)
    answer_leg = legs["leg_number"].where(legs["is_answered"]).groupby(legs["call_id"], sort=False).transform("min")
    legs["waited"] = legs["wait_seconds"].where((legs["leg_number"] <= answer_leg) | answer_leg.isna())
    legs["served_by"] = legs["agent_id"].where(legs["is_answered"])
    first = legs.drop_duplicates("call_id", keep="first").set_index("call_id")
    decides = (legs["status"] != "other") | answer_leg.isna()
    last = legs[decides].drop_duplicates("call_id", keep="last").set_index("call_id").reindex(first.index)
    legs["handle"] = legs["handle"].where(legs["is_answered"] | answer_leg.isna())
    sums = legs.groupby("call_id", sort=False)[["waited", "handle"]].sum(min_count=1)
    calls = first[["queue_id", "landing_number", "started_at", "started_at_local", "caller_number", "row_hash"]].copy()
    calls["final_queue_id"], calls["transfers"] = last["queue_id"], legs.groupby("call_id", sort=False).size() - 1
    served = legs.dropna(subset="served_by").drop_duplicates("call_id", keep="last").set_index("call_id")["served_by"]
    calls["agent_id"] = served.reindex(calls.index)
    calls["outcome"] = np.where(
        last["is_answered"], "answered", np.where(last["status"] == "abandoned", "abandoned", "other")
    )
    calls["wait_seconds"], calls["handle_seconds"] = sums["waited"], sums["handle"]
    calls["business_date"] = calls["started_at_local"].dt.normalize()
    owner = customers["ParentCustomerId"].fillna(customers["CustomerId"])
    owner.index = customers["LandingNumber"].str.replace("[^0-9]", "", regex=True)
    calls["customer_key"] = calls["landing_number"].map(owner)
    calls["is_redial"] = _redials(calls)
    return calls.reset_index()


def _redials(calls: pd.DataFrame) -> pd.Series:
    known = calls[calls["caller_number"].notna()].sort_values(["started_at", "row_hash"])
    groups = known.groupby(["caller_number", "queue_id"], sort=False)
    gap = (known["started_at"] - groups["started_at"].shift()).dt.total_seconds()
    is_redial = (groups["outcome"].shift() == "abandoned") & (gap > 0) & (gap <= 300)
    return is_redial.reindex(calls.index, fill_value=False)


def intervals_of(calls: pd.DataFrame) -> pd.DataFrame:
    answered = calls["outcome"] == "answered"
    rows = pd.DataFrame(
        {
            "queue_id": calls["queue_id"],
            "interval_start": calls["started_at"].dt.floor("30min"),
            "calls_offered": 1,
            "calls_answered": answered,
            "calls_abandoned": calls["outcome"] == "abandoned",
            "calls_redial": calls["is_redial"],
            "answered_in_target": answered & (calls["wait_seconds"] <= 20),
            "handle_seconds": calls["handle_seconds"].where(answered),
            "wait_seconds": calls["wait_seconds"].where(answered),
            "agent_id": calls["agent_id"].where(answered),
        }
    )
    groups = rows.groupby(["queue_id", "interval_start"])
    found = groups[["calls_offered", "calls_answered", "calls_abandoned", "calls_redial", "answered_in_target"]].sum()
    found["handle_seconds"] = groups["handle_seconds"].sum()
    found["aht_seconds"], found["asa_seconds"] = groups["handle_seconds"].mean(), groups["wait_seconds"].mean()
    found["agents_active"] = groups["agent_id"].nunique()
    starts = pd.date_range(
        "2025-01-05 23:00", calls["started_at"].max().normalize() + pd.Timedelta("22h30min"), freq="30min"
    )
    full = pd.MultiIndex.from_product([calls["queue_id"].unique(), starts], names=["queue_id", "interval_start"])
    return found.reindex(full, fill_value=0).reset_index()


def behavior_of(calls: pd.DataFrame) -> pd.DataFrame:
    keyed = calls.assign(
        customer_key=calls["customer_key"].fillna("(unknown)"),
        weekday_hour=calls["started_at_local"].dt.day_of_week * 24 + calls["started_at_local"].dt.hour,
        is_abandoned=calls["outcome"] == "abandoned",
        handled=calls["handle_seconds"].where(calls["outcome"] == "answered"),
    )
    by_customer = keyed.groupby("customer_key")
    result = by_customer.agg(
        calls=("call_id", "size"),
        aht_seconds=("handled", "mean"),
        abandon_share=("is_abandoned", "mean"),
        redial_share=("is_redial", "mean"),
    )
    hours = keyed.groupby(["customer_key", "weekday_hour"]).size().reset_index(name="n")
    peak = hours.sort_values(["n", "weekday_hour"], ascending=[False, True]).drop_duplicates("customer_key")
    result["peak_weekday_hour"] = peak.set_index("customer_key")["weekday_hour"]
    return result.reset_index()

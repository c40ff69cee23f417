"""Versions of weekly assignments as tables for the terminal: one row per week, or per version of a week."""

import pandas as pd

from wfm_pipeline.reports.tables.allocation import week_names

_WEEK = ["iso_year", "iso_week"]
_MINUTE = "%Y-%m-%d %H:%M"


def versions_table(ledger: pd.DataFrame, approvals: pd.DataFrame) -> pd.DataFrame:
    """One row per version: when, why, by which strategy, how many moved, who sees it, who approved it.

    Args:
        ledger: Rows of gold.assignment_version.
        approvals: The approval that holds of each week that has one, rows of gold.assignment_approval.
    """
    signed = approvals.rename(columns={"reason": "approval_reason"})
    rows = ledger.merge(signed, how="left", on=[*_WEEK, "version"])
    return pd.DataFrame(
        {
            "week": week_names(rows),
            "version": rows["version"],
            "made_at": _moments(rows["made_at"]),
            "reason": rows["reason"],
            "strategy": rows["strategy"],
            "moved": rows["moved"].astype("Int64"),
            "is_current": rows["is_current"],
            "approved_by": _texts(rows["approved_by"]),
            "approved_at": _moments(rows["approved_at"]),
            "approval_reason": _texts(rows["approval_reason"]),
        }
    )


def weeks_table(ledger: pd.DataFrame, approvals: pd.DataFrame) -> pd.DataFrame:
    """One row per week: which version readers see, whether it is approved, and which one is the newest.

    Args:
        ledger: Rows of gold.assignment_version.
        approvals: The approval that holds of each week that has one, rows of gold.assignment_approval.
    """
    rows = versions_table(ledger, approvals).assign(newest=ledger.groupby(_WEEK)["version"].transform("max").to_numpy())
    # A week that is left empty has versions, and none that readers see.
    last = rows.sort_values(["week", "is_current", "version"]).drop_duplicates("week", keep="last")
    shown = last.assign(current=last["version"].astype("Int64").where(last["is_current"].astype(bool)))
    names = ["week", "current", "newest", "made_at", "reason", "approved_by", "approved_at"]
    return shown[names].reset_index(drop=True)


def _moments(values: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return pd.to_datetime(values).dt.strftime(_MINUTE).fillna("")


def _texts(values: "pd.Series[str]") -> "pd.Series[str]":
    return values.astype(object).fillna("")

"""The weekly allocation as tables for the terminal: the answer, the largest gaps, the quality."""

import pandas as pd

_MOST_GAPS = 15
_DEMAND_COLUMNS = ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast", "ideal_fte"]
_GAP_COLUMNS = [*_DEMAND_COLUMNS, "required_fte", "assigned", "eligible", "gap", "structural_gap"]
_QUALITY_COLUMNS = ["strategy", "available", "staffed", "unassigned", "chi_square_gap", "jain_index", "unmet_share"]


def answer_tables(
    answer: pd.DataFrame, demands: pd.DataFrame, quality: pd.DataFrame, *, is_whole: bool
) -> dict[str, pd.DataFrame]:
    """Title -> table of one week.

    Args:
        answer: One row per resource.
        demands: One row per demand.
        quality: One row.
        is_whole: Show every resource; False where the answer is in a file.
    """
    short = demands[demands["gap"] > 0].sort_values("gap", ascending=False, kind="stable").head(_MOST_GAPS)
    tables = {"One row per resource": answer} if is_whole else {}
    if len(short):
        tables[f"Largest gaps: {len(short)} of {len(demands)} demands"] = short[_GAP_COLUMNS]
    tables["Quality of the week (structural = gap of the best possible)"] = week_quality(quality)
    return tables


def week_quality(quality: pd.DataFrame) -> pd.DataFrame:
    """Measures per week and strategy, with the part that no strategy can mend as `structural`."""
    weeks = quality["iso_year"].astype(str) + "-W" + quality["iso_week"].astype(str).str.zfill(2)
    shown = quality[[*_QUALITY_COLUMNS]].assign(
        structural_chi_square_gap=quality["optimal_chi_square_gap"],
        structural_unmet_share=quality["optimal_unmet_share"],
        moved=quality["moved_since_last_week"].astype("Int64"),
    )
    shown.insert(0, "week", weeks)
    return shown

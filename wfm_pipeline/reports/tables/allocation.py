"""The weekly allocation as tables for the terminal: the answer, the largest gaps, the quality."""

import pandas as pd

_MOST_GAPS = 15
_FEW_GAPS = 5
_WORK = ["platform", "case_type", "state", "locality"]
_DEMAND_COLUMNS = ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast", "ideal_fte"]
_GAP_COLUMNS = [*_DEMAND_COLUMNS, "assigned", "eligible", "gap", "structural_gap", "required_fte", "need_gap"]
_QUALITY_COLUMNS = [
    "strategy", "available", "staffed", "unassigned", "chi_square_gap", "jain_index", "unmet_share", "hours_unmet_share",
]  # fmt: skip


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


def weeks_tables(demands: pd.DataFrame, quality: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Title -> table of what was just planned in the warehouse: one week in full, several by their quality.

    Args:
        demands: Rows of gold.demand_week, of these weeks.
        quality: Rows of gold.allocation_quality, of the same weeks.
    """
    if len(quality.groupby(["iso_year", "iso_week"])) == 1:
        return assignment_tables(demands, quality)
    return {
        "Where the demand comes from": demand_places(demands),
        "Quality per week and strategy (structural = gap of the best possible)": week_quality(quality),
    }


def demand_places(demands: pd.DataFrame) -> pd.DataFrame:
    """Where the cases come from (`gold.demand_week.demand_from`), in which weeks, and how many: one row per place.

    Args:
        demands: Rows of gold.demand_week.
    """
    rows = demands.assign(week=week_names(demands), demand_from=demands["demand_from"].fillna("not said"))
    found = rows.groupby("demand_from", as_index=False).agg(
        first_week=("week", "min"),
        last_week=("week", "max"),
        weeks=("week", "nunique"),
        demands=("demand_id", "nunique"),
        cases=("weekly_forecast", "sum"),
    )
    return found.sort_values(["first_week", "demand_from"], ignore_index=True)


def week_names(rows: pd.DataFrame) -> "pd.Series[str]":
    """ISO week of each row, such as 2025-W28, by its iso_year and iso_week."""
    return rows["iso_year"].astype(str) + "-W" + rows["iso_week"].astype(str).str.zfill(2)


def assignment_tables(demands: pd.DataFrame, quality: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Title -> table of the week that was just planned in the warehouse: who is where, what is short, how fair.

    Args:
        demands: Rows of gold.demand_week, of one week.
        quality: Rows of gold.allocation_quality, of the same week.
    """
    week = f"{quality['iso_year'].iloc[0]}-W{quality['iso_week'].iloc[0]:02d}" if len(quality) else "the week"
    work = demands.groupby(["platform", "case_type", "locality"], as_index=False).agg(
        demands=("demand_id", "size"), ideal_fte=("ideal_fte", "sum"), assigned=("assigned", "sum")
    )
    short = demands[demands["gap"] > 0].sort_values(["gap", "demand_id"], ascending=[False, True]).head(_FEW_GAPS)
    tables = {f"Weekly assignment {week}: people per kind of work": work}
    if len(short):
        title = f"Largest gaps of {week}: {len(short)} of {int((demands['gap'] > 0).sum())} (select gap_reason for why)"
        tables[title] = short[["demand_id", *_WORK, "ideal_fte", "assigned", "gap", "need_gap"]]
    tables[f"Where the demand of {week} comes from"] = demand_places(demands)[["demand_from", "demands", "cases"]]
    tables[f"Fairness of {week} per strategy"] = week_fairness(quality)
    return tables


def week_fairness(quality: pd.DataFrame) -> pd.DataFrame:
    """How fair a week is, by strategy: few columns, for a person who has not chosen one yet."""
    shown = quality[
        ["strategy", "available", "unassigned", "unmet_share", "hours_unmet_share", "jain_index", "chi_square_gap"]
    ]
    return shown.assign(structural_unmet_share=quality["optimal_unmet_share"], is_chosen=quality["is_chosen"])


def week_quality(quality: pd.DataFrame) -> pd.DataFrame:
    """Measures per week and strategy, with those of the week whose chi-square gap is the smallest as `structural`."""
    shown = quality[[*_QUALITY_COLUMNS]].assign(
        structural_chi_square_gap=quality["optimal_chi_square_gap"],
        structural_unmet_share=quality["optimal_unmet_share"],
        moved=quality["moved_since_last_week"].astype("Int64"),
    )
    shown.insert(0, "week", week_names(quality))
    return shown

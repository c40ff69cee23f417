"""Did the answer on the seeds change? A whole year from the seed tables, and figures of four weeks.

Golden figures: `cases/allocation_golden.json`, written by
`python -m wfm_pipeline_tests.golden.test_allocation_golden`; a person reads the difference.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation.reasons.judge import judge
from wfm_pipeline.domain.allocation.strategies.strategy import Options
from wfm_pipeline.domain.allocation.tables.frames import allocate_frames
from wfm_pipeline.domain.allocation.tables.sheets import read_rules
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline_tests.tools.write_allocation_seeds import FOLDER, seeds

GOLDEN = Path(__file__).parents[1] / "cases" / "allocation_golden.json"
WEEKS = ("2026-W01", "2026-W14", "2026-W27", "2026-W53")
MEASURES = ("staffed", "unassigned", "unmet_share", "chi_square_gap", "jain_index")


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def run(week: IsoWeek, strategy: str = "optimal"):
    return allocate_frames(
        read("resources"),
        read("monthly_demand"),
        week,
        options=Options(strategy=strategy),
        tiers=read("capacity_tiers"),
        week_configuration=read("week_configuration"),
        policy=read_rules(read("locality_rules"), default_locality="Global"),
    )


def figures() -> dict[str, dict[str, list[float]]]:
    """Measures of each week and strategy."""
    return {
        text: {
            strategy: [float(run(IsoWeek.parse(text), strategy).quality[name].iloc[0]) for name in MEASURES]
            for strategy in ("optimal", "v2")
        }
        for text in WEEKS
    }


def test_the_seeds_are_the_ones_the_tool_writes():
    for name, frame in seeds().items():
        assert frame.to_csv(index=False, lineterminator="\n") == (FOLDER / f"{name}.csv").read_text(encoding="utf-8"), (
            name
        )


def test_the_figures_of_four_weeks_did_not_change():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))

    for week, strategies in figures().items():
        for strategy, values in strategies.items():
            assert golden[week][strategy] == pytest.approx(values, rel=1e-9), (week, strategy)


def test_a_whole_year_of_the_seeds_is_feasible_and_the_same_twice():
    weeks = [IsoWeek(2026, number) for number in range(1, 53)]
    first = [run(week) for week in weeks]
    again = run(weeks[0])

    for answer in first:
        allocation = answer.allocation
        assert judge(allocation.problem, allocation.by_cn.items(), allocation.ideal).is_feasible
    assert first[0].assignments.equals(again.assignments)
    assert first[0].demands.equals(again.demands)


def test_the_weeks_of_a_year_conserve_every_month():
    # every month of 2026 is cut over its weeks; the weeks 2025-W53.. that touch 2026 take January's and December's ends
    months = read("monthly_demand")
    one = months[months["demand_id"] == "101"]
    from_weeks = 0.0
    for week in (*(IsoWeek(2026, number) for number in range(1, 54)), IsoWeek(2027, 1)):
        only_2026 = one[one["year"] == "2026"]
        frame = only_2026[only_2026["month"].isin({str(date.month) for date in week.dates if date.year == 2026})]
        if len(frame):
            found = allocate_frames(read("resources"), frame, week, tiers=read("capacity_tiers"))
            from_weeks += found.demands["weekly_forecast"].iloc[0]

    assert one.loc[one["year"] == "2026", "monthly_forecast"].astype(int).sum() == from_weeks


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(figures(), indent=1) + "\n", encoding="utf-8")

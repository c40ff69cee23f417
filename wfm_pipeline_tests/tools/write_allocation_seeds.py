"""Writes the seeds of the weekly allocation (data/seeds/allocation): made-up people and work, fixed seed.

python -m wfm_pipeline_tests.tools.write_allocation_seeds
"""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_RULES
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable

FOLDER = Path(__file__).parents[2] / "data" / "seeds" / "allocation"
YEARS = (2025, 2026, 2027)
PEOPLE = 180
STATES = ("FL", "GA", "TX", "OH", "N/A")
CASE_TYPES = {"Amisys": ("FTC-Basic", "ADJ-COB", "Appeals"), "Facets": ("Claims", "Enrolment"), "Voice": ("Phone",)}
QUEUES = {"support": ("FL", "GA"), "orders": ("TX", "N/A"), "billing": ("FL", "OH"), "english": ("N/A",)}


def resources(rng: np.random.Generator) -> pd.DataFrame:
    """Two thirds work in Domestic; most have one or two skills; some come, go or are still learning."""
    rows = []
    for number in range(1, PEOPLE + 1):
        platform = ("Voice", "Amisys", "Facets")[rng.choice(3, p=(0.35, 0.4, 0.25))]
        skills = rng.permutation(CASE_TYPES[platform])[: rng.integers(1, 3)]
        states = rng.permutation(STATES)[: rng.integers(1, 4)]
        rows.append(
            {
                "cn": f"R{number:03d}",
                "platform": platform,
                "locality": "Domestic" if rng.random() < 0.66 else "Global",
                "skills": ";".join(sorted(skills)),
                "states": ";".join(sorted(states)),
                "available_from": f"{rng.integers(2025, 2027)}-{rng.integers(1, 13):02d}-01"
                if number % 12 == 0
                else "",
                "available_until": f"2027-{rng.integers(1, 13):02d}-15" if number % 15 == 0 else "",
                "is_active": "false" if number % 60 == 0 else "true",
                "capacity_tier_id": ("", "growing", "new")[rng.choice(3, p=(0.8, 0.12, 0.08))],
            }
        )
    return pd.DataFrame(rows)


def queue_demand_map() -> pd.DataFrame:
    """The sample's queues, shared between states and localities."""
    rows = []
    for queue, states in QUEUES.items():
        for state in states:
            for place, share in (("Domestic", 0.7), ("Global", 0.3)):
                rows.append(
                    {
                        "queue_id": queue,
                        "demand_id": str(len(rows) + 1),
                        "platform": "Voice",
                        "case_type": "Phone",
                        "state": state,
                        "main_lob": f"Simulated {queue} {place}",
                        "worktype": "",
                        "share": share / len(states),
                    }
                )
    return pd.DataFrame(rows)


def monthly_demand(rng: np.random.Generator) -> pd.DataFrame:
    """Work without calls: one demand per platform, case type, state and locality, with a wave over the year."""
    rows, number = [], 100
    for platform in ("Amisys", "Facets"):
        for case_type in CASE_TYPES[platform]:
            for state in STATES:
                for place in ("Domestic", "Global"):
                    number += 1
                    base, handle = rng.integers(150, 1500), int(rng.integers(6, 40)) * 60
                    for year in YEARS:
                        for month in range(1, 13):
                            wave = 1 + 0.15 * np.sin(2 * np.pi * (month + number) / 12) + 0.03 * (year - YEARS[0])
                            rows.append(
                                {
                                    "demand_id": str(number),
                                    "platform": platform,
                                    "case_type": case_type,
                                    "state": state,
                                    "main_lob": f"{platform} Medicaid {place}",
                                    "worktype": "",
                                    "year": year,
                                    "month": month,
                                    "monthly_forecast": round(base * wave),
                                    "handle_seconds": handle,
                                }
                            )
    return pd.DataFrame(rows)


def week_configuration() -> pd.DataFrame:
    """What the calendars say; planners edit it."""
    table = WeekTable()
    rows = [
        table.row(year, month, week, calendar)
        for year in YEARS
        for month in range(1, 13)
        for calendar in table.calendars
        for week in table.days_of_month(year, month, calendar)
    ]
    return pd.DataFrame(
        {
            "year": row.year,
            "month": row.month,
            "iso_year": row.week.iso_year,
            "iso_week": row.week.iso_week,
            "locality": row.locality,
            "working_days": int(row.working_days),
            "work_hours": row.work_hours,
            "shrinkage": row.shrinkage,
            "occupancy": row.occupancy,
        }
        for row in rows
    )


def seeds() -> dict[str, pd.DataFrame]:
    """Every seed by the name of its file."""
    rng = np.random.default_rng(2025)
    tiers = {"tier_id": ["full", "growing", "new"], "name": ["Full", "After three months", "Beginner"]}
    return {
        "resources": resources(rng),
        "capacity_tiers": pd.DataFrame({**tiers, "productivity": [1.0, 0.8, 0.5]}),
        "locality_rules": pd.DataFrame([asdict(rule) for rule in DEFAULT_RULES]),
        "week_configuration": week_configuration(),
        "queue_demand_map": queue_demand_map(),
        "monthly_demand": monthly_demand(rng),
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, frame in seeds().items():
        frame.to_csv(FOLDER / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()

"""Does staffing to the forecast's band beat staffing to its mean, at the same agent-hours?

Rolling origins of the folds file; every open half-hour is staffed from the forecast issued before and scored by
Erlang A at the calls that really came. Handle time, target and patience are assumptions, see QUEUE. Prints JSON.
    python benchmarks/score_staffing.py PANEL.parquet FOLDS.csv bank US sat,sun
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import METHOD, QUANTILE_LEVELS, quantile_column, read_folds, run_backtest
from wfm_pipeline.domain.staffing.risk import Queue, band_quantile, cheapest_for_level, expected_measures, need_at
from wfm_pipeline.sources.files.interval_file import read_interval_file

QUEUE = Queue(1800.0, 240.0, 20.0, 300.0)
"""Interval, AHT, answer target and patience [s]: stated assumptions, the panel has none of them."""
TARGET = 0.8
RAISED_TARGETS = (0.84, 0.88, 0.9)
QUANTILES = (0.5, 0.6, 0.66, 0.68, 0.7, 0.75)
HOURS_PER_INTERVAL = 0.5


def main() -> None:
    """Forecast, staff in every way, score, print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("panel", type=Path)
    words.add_argument("folds", type=Path)
    words.add_argument("dataset")
    words.add_argument("country")
    words.add_argument("weekend")
    asked = words.parse_args()
    site = Site(country=asked.country, weekend=tuple(asked.weekend.split(",")))
    folds = read_folds(pd.read_csv(asked.folds), dataset=asked.dataset)
    judged = run_backtest(read_interval_file(asked.panel), folds, site=site, methods=[METHOD]).judged
    rows = judged[judged["is_scored"]].sort_values(["origin", "queue_id", "interval_start"], ignore_index=True)
    print(json.dumps({"rows": len(rows), "calls": float(rows["calls"].sum()), "teams": teams(rows)}, indent=2))


def teams(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Every way to staff, with its agent-hours and the service level over all calls."""
    mean = rows["calls_mean"].to_numpy()
    bands = {level: rows[quantile_column(level)].to_numpy() for level in QUANTILE_LEVELS}
    found = [_scored("mean, each interval 80/20", need_at(mean, QUEUE, TARGET), rows)]
    found += [
        _scored(f"mean, each interval {100 * up:.0f}/20", need_at(mean, QUEUE, up), rows) for up in RAISED_TARGETS
    ]
    for level in QUANTILES:
        team = need_at(band_quantile(bands, level), QUEUE, TARGET)
        found.append(_scored(f"{level:.0%} quantile, each interval 80/20", team, rows))
    for of in (found[0], found[len(RAISED_TARGETS)]):
        agents = round(float(str(of["agent_hours"])) / HOURS_PER_INTERVAL)
        found.append(
            _scored(
                f"cheapest for the hours of: {of['team']}", cheapest_for_level(bands, QUEUE, agents_in_all=agents), rows
            )
        )
    team = cheapest_for_level(bands, QUEUE, level_over_all=TARGET)
    return [*found, _scored("cheapest for 80 % over all calls", team, rows)]


def _scored(name: str, team: object, rows: pd.DataFrame) -> dict[str, object]:
    got = expected_measures(team, rows["calls"].to_numpy()[:, None], QUEUE)  # type: ignore[arg-type]
    hours = float(team.sum()) * HOURS_PER_INTERVAL  # type: ignore[attr-defined]
    return {
        "team": name,
        "agent_hours": round(hours, 1),
        "service_level": round(float(got.in_target.sum() / got.calls.sum()), 4),
    }


if __name__ == "__main__":
    main()

"""`wfm long-range`: the months to come."""

from wfm_pipeline.commands.common import AsJson, AsOf, SourceName, WarehouseUrl, chosen_settings, err, parse_date
from wfm_pipeline.commands.running import run_asked, unheard

_SHOWN_WEEKS = (1, 2, 4, 8, 13, 26, 39, 52, 64)
_WEEK_COLUMNS = [
    "queue_id",
    "iso_year",
    "iso_week",
    "calls_mean",
    "calls_q10",
    "calls_q90",
    "aht_seconds",
    "model_name",
]


def long_range(
    as_of: AsOf = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Days to 26 weeks and weeks to 64 weeks ahead, for capacity and monthly demand."""
    first = parse_date(as_of, "--as-of")
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.orchestration.jobs import LONG_RANGE
    from wfm_pipeline.orchestration.runs.side_jobs import long_range_request
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House
    from wfm_pipeline.warehouse.shelves.working_issues import latest_weeks

    house = House(settings)
    outcome = run_asked(house, LONG_RANGE, lambda: long_range_request(first), on_step=unheard)
    with house.open_warehouse() as opened:
        weeks = latest_weeks(opened, house.source_map)
    if as_json:
        print_json({"weeks": weeks}, run_id=outcome.run_id, is_simulated=house.is_simulated)
        return
    shown = weeks[weeks["horizon_weeks"].isin(_SHOWN_WEEKS)]
    print_table(shown[_WEEK_COLUMNS], house.title("Calls per week, 80 % band; some of 64 weeks"))
    err.say("look at: gold.queue_week_long_range, gold.queue_day_long_range")

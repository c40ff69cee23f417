"""The staffing asset on the small sample: every forecast row has its team, again and again the same."""

import datetime as dt
import shutil

import dagster as dg
import pandas as pd
import pytest

from wfm_pipeline.assets.planning.staffing import build_staffing_assets
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline_tests.house_kit import LAST_DATE

TABLE = QUEUE_INTERVAL_STAFFING.full_name
FORECAST = "gold.queue_interval_forecast"


def staff(house):
    result = dg.materialize(
        [*build_staffing_assets(), dg.AssetSpec(["gold", "queue_interval_forecast"]),
         dg.AssetSpec(["gold", "queue_interval_forecast_final"])], resources={"house": house},
        selection=dg.AssetSelection.assets(["gold", "queue_interval_staffing"]), instance=dg.DagsterInstance.ephemeral(),
    )  # fmt: skip
    (event,) = result.get_asset_materialization_events()
    return event.materialization.metadata


def rows_of(house, table=TABLE):
    with house.open_warehouse() as warehouse:
        return warehouse.frame(warehouse.table(table))


def hash_of(house):
    with house.open_warehouse() as warehouse:
        return content_hash(warehouse, TABLE)


@pytest.fixture
def copied(finished, tmp_path):
    """A house of its own with the finished tables, so that a test may change them."""
    built, _ = finished
    home = tmp_path / "home"
    shutil.copytree(built.settings.home, home)
    return House(built.settings.model_copy(update={"home": home}))


def test_every_row_of_the_issued_forecast_has_its_team_and_its_workload(finished):
    house, _ = finished
    forecast, staffing = rows_of(house, FORECAST), rows_of(house)
    issued = forecast[~forecast["is_hindcast"]]

    both = issued.merge(staffing, on=["queue_id", "interval_start", "issued_at"], suffixes=("", "_s"))

    assert len(issued) == len(staffing) == len(both)
    minutes = both["calls_mean"] * both["aht_seconds"] / 60
    assert minutes.tolist() == pytest.approx(both["workload_minutes"].tolist())
    assert both["staffing_minutes"].tolist() == (both["agents_scheduled"] * 30).tolist()  # half-hours
    assert (both.loc[~both["is_open"], ["agents_required", "agents_scheduled"]] == 0).all().all()
    assert (both.loc[both["calls_mean"] > 1, "agents_required"] > 0).all()


def test_the_team_is_the_one_for_the_calls_at_the_days_quantile(finished):
    house, _ = finished
    staffing = rows_of(house)
    busy = staffing[staffing["calls_staffed"] > 0]

    again = agents_required(
        busy["calls_staffed"], 1800.0, busy["aht_seconds"], service_level_target=0.8, max_occupancy=0.9, shrinkage=0.3
    )

    assert busy["agents_required"].tolist() == again.agents_required.tolist()
    assert busy["agents_scheduled"].tolist() == again.agents_scheduled.tolist()
    quantiles = busy.groupby(["queue_id", "business_date"])["quantile"]
    assert (quantiles.max() == quantiles.min()).all()


def test_the_day_is_expected_to_reach_its_level_or_is_staffed_to_the_highest_quantile(finished):
    house, _ = finished
    known = rows_of(house).dropna(subset="service_level")

    days = known.assign(met=known["service_level"] * known["calls_mean"]).groupby(["queue_id", "business_date"])
    level = days["met"].sum() / days["calls_mean"].sum()

    # the band's middle tenths weigh the intervals a little differently from the mean
    assert ((level > 0.8 - 0.01) | (days["quantile"].first() == 0.95)).all()


def test_staffing_twice_changes_nothing(copied):
    first = hash_of(copied)

    metadata = staff(copied)

    assert first == hash_of(copied)
    assert 1 == metadata["issues_staffed"].value
    assert "data:image/png;base64" in metadata["picture"].value
    assert "data:image/svg+xml;base64" in metadata["at_a_glance"].value
    assert "at_a_glance" == next(iter(metadata))  # the first line of the asset's page


def test_a_changed_forecast_of_an_old_issue_is_staffed_again_and_hindcasts_never(copied):
    with copied.open_warehouse() as warehouse:
        old = "timestamp '2026-01-01 00:00:00'"
        warehouse.execute(f"insert into {FORECAST} select * replace ({old} as issued_at) from {FORECAST} where not is_hindcast")  # fmt: skip
    assert 2 == staff(copied)["issues_staffed"].value
    assert 1 == staff(copied)["issues_staffed"].value
    with copied.open_warehouse() as warehouse:
        warehouse.execute(f"update {FORECAST} set calls_mean = calls_mean + 1 where issued_at = {old} and is_open")

    assert 2 == staff(copied)["issues_staffed"].value

    staffed, forecast = rows_of(copied), rows_of(copied, FORECAST)
    assert set(forecast.loc[~forecast["is_hindcast"], "issued_at"]) == set(staffed["issued_at"])


def test_settings_of_a_queue_and_patience_reach_the_table(copied):
    queue = rows_of(copied)["queue_id"].iloc[0]
    settings = load_settings(
        home=copied.settings.home, source_url=copied.settings.source_url, staffing_shrinkage=0.0,
        staffing_queues={queue: {"patience_seconds": 300.0, "quantile": 0.5, "service_level": 0.9}},
    )  # fmt: skip

    staff(House(settings))

    rows = rows_of(copied)
    assert {"erlang_a"} == set(rows.loc[rows["queue_id"] == queue, "method"])
    assert {0.5} == set(rows.loc[rows["queue_id"] == queue, "quantile"])
    assert {"erlang_c"} == set(rows.loc[rows["queue_id"] != queue, "method"])
    assert rows["agents_scheduled"].tolist() == rows["agents_required"].tolist()
    assert LAST_DATE + dt.timedelta(days=1) == pd.Timestamp(rows["business_date"].min()).date()

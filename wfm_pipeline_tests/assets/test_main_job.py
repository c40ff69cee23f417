"""The whole house on a small sample: conserved, repeatable, in any order, after a kill."""

import datetime as dt
import os
import sqlite3
from contextlib import closing

import dagster as dg
import pandas as pd
import pytest

from wfm_pipeline.assets.forecasting import hindcasts
from wfm_pipeline.assets.forecasting.hindcasts import hindcasts_to_make
from wfm_pipeline.contracts.gold import QUEUE_INTERVAL_FORECAST
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.instance.storage import open_instance
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.words import run_events
from wfm_pipeline.reports.tables.main_run import run_tables
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.models.folders import read_model
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline_tests.house_kit import (
    LAST_DATE,
    MADE_SILVER,
    TABLES,
    change_source,
    count,
    hashes,
    make_house,
    refresh,
    refresh_outcome,
    run,
    says_what_was_compared,
)

CHECKED = dg.DagsterEventType.ASSET_CHECK_EVALUATION.value
AS_OF = LAST_DATE + dt.timedelta(days=1)
SILVER = [table.full_name for table in MADE_SILVER]


def source_frame(house, query):
    with closing(sqlite3.connect(house.settings.home / "source.sqlite")) as connection:
        return pd.read_sql(query, connection)


def test_every_table_of_the_graph_is_there_after_one_run(finished):
    house, _ = finished

    assert sorted(TABLES) == sorted(hashes(house))


def test_rows_in_are_loaded_refused_or_duplicate_and_match_the_source(finished):
    house, outcome = finished
    rows_in_source = len(source_frame(house, "select 1 from queue_cdr"))

    with house.open_gold() as gold:
        flow = run_tables(gold, run_id=outcome.run_id, source="telephony")["Rows: in = loaded + refused + duplicate"]

    flow = flow.set_index("table_name")
    parts = flow[["rows_loaded", "rows_refused", "rows_duplicate"]].sum(axis=1)
    upto_legs = [name for name in flow.index if name.startswith("bronze.")] + ["silver.call_legs"]
    assert rows_in_source == flow.loc["bronze.telephony__queue_cdr", "rows_in"]
    assert flow.loc[upto_legs, "rows_in"].tolist() == parts[upto_legs].tolist()
    assert flow.loc["bronze.telephony__queue_cdr", "rows_loaded"] == flow.loc["silver.call_legs", "rows_in"]


def test_silver_calls_are_exactly_the_calls_of_the_truth(finished):
    house, _ = finished
    truth = set(source_frame(house, "select call_id from truth_calls")["call_id"].astype(str))

    with house.open_warehouse() as warehouse:
        calls = set(warehouse.frame(warehouse.table("silver.calls").select("call_id"))["call_id"])

    assert truth == calls


def test_redials_within_reach_have_precision_and_recall_of_at_least_99_percent(finished):
    house, _ = finished
    truth = source_frame(house, "select call_id, redial_kind, first_queue_id from truth_calls").astype(str)
    with house.open_warehouse() as warehouse:
        calls = warehouse.frame(warehouse.table("silver.calls").select("call_id", "is_redial", "queue_id"))

    both = truth.merge(calls, on="call_id", validate="one_to_one")
    in_reach, flagged = both["redial_kind"] == "in_reach", both["is_redial"].astype(bool)

    assert in_reach.sum() > 300
    assert (in_reach & flagged).sum() / in_reach.sum() >= 0.99
    assert (in_reach & flagged).sum() / flagged.sum() >= 0.99
    assert (both["first_queue_id"] == both["queue_id"]).all()


def test_running_twice_changes_no_table(finished, again):
    assert run(again, as_of=AS_OF, instance=dg.DagsterInstance.ephemeral()).problems == ()

    assert hashes(finished[0]) == hashes(again)


def test_days_loaded_out_of_order_end_in_the_same_tables(finished, sample, clean):
    whole, _ = finished
    house = make_house(sample, clean / "home")
    definitions = build_definitions(house.settings)
    dates = list(find_stale_dates(house).dates)
    third = len(dates) // 3
    job = definitions.resolve_job_def("refresh_days")

    for part in (dates[2 * third :], dates[:third], dates[third : 2 * third]):
        tags = {
            "dagster/asset_partition_range_start": part[0].isoformat(),
            "dagster/asset_partition_range_end": part[-1].isoformat(),
        }
        assert job.execute_in_process(tags=tags).success

    assert hashes(whole, SILVER) == hashes(house, SILVER)


@pytest.mark.parametrize("step", ["bronze__telephony__queue_cdr", "call_legs", "silver__calls"])
def test_a_run_killed_in_the_middle_and_repeated_ends_in_the_same_tables(step, finished, house):
    whole, _ = finished

    child = os.fork()
    if child == 0:  # the child dies without any clean-up as soon as the step is done
        refresh(house, on_step=lambda name, what: os._exit(9) if (name, what) == (step, "done") else None)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.WEXITSTATUS(status) == 9
    refresh(house)
    assert hashes(whole, SILVER) == hashes(house, SILVER)


def test_rows_three_and_thirty_days_late_end_in_the_same_silver_as_rows_in_time(finished, house):
    whole, _ = finished
    late_3, late_30 = LAST_DATE - dt.timedelta(days=3), LAST_DATE - dt.timedelta(days=30)
    late = f"date(Created) in ('{late_3}', '{late_30}')"
    change_source(house, f"create table held as select * from queue_cdr where {late}")
    change_source(house, f"delete from queue_cdr where {late}")
    refresh(house)
    missing = count(house, f"select count(*) from silver.calendar_days where is_missing and date = '{late_30}'")

    change_source(house, "insert into queue_cdr select * from held")
    planned = find_stale_dates(house)
    refresh(house)

    assert missing == 1
    assert {late_3, late_30} <= set(planned.dates)
    assert hashes(whole, SILVER) == hashes(house, SILVER)


def test_a_corrected_row_is_a_new_version_and_the_call_counts_once(again):
    calls = count(again, "select count(*) from silver.calls")
    call = source_frame(
        again, "select CallId from queue_cdr where Status = 'ANSWERED' group by CallId having count(*) = 1 limit 1"
    )["CallId"].iloc[0]
    versions = f"select count(*) from bronze.telephony__queue_cdr where \"CallId\" = '{call}'"
    before = count(again, versions)

    change_source(
        again, f"update queue_cdr set TalkTimeInSec = 777, Updated = '{LAST_DATE} 23:59:00' where CallId = '{call}'"
    )
    refresh(again)

    assert before + 1 == count(again, versions)
    assert calls == count(again, "select count(*) from silver.calls")
    assert count(again, f"select talk_seconds from silver.call_legs where call_id = '{call}'") == 777


def test_a_new_owner_of_a_landing_number_reaches_the_calls_of_the_past(again):
    number = source_frame(
        again,
        "select LandingNumber, count(*) n from queue_cdr join customers using (LandingNumber) group by 1 order by n desc",
    )["LandingNumber"].iloc[0]

    change_source(
        again, f"update customers set CustomerId = 'C-new', ParentCustomerId = null where LandingNumber = '{number}'"
    )
    refresh(again)

    assert count(again, "select count(distinct business_date) from silver.calls where customer_key = 'C-new'") > 5


def test_a_broken_contract_stops_what_stands_on_it_and_says_what_broke(again):
    with again.open_warehouse() as warehouse:  # another source that has one call twice
        twice = "(select * from silver.calls order by call_id limit 1), (select 1 union all select 2)"
        warehouse.execute(
            f"insert into silver.calls select columns(c.*) from {twice}".replace("limit 1)", "limit 1) c")
        )
    done = []

    outcome = refresh_outcome(again, on_step=lambda step, what: done.append(step) if what == "done" else None)

    assert [problem for problem in outcome.problems if "silver.calls" in problem and "call_id is not unique" in problem]
    assert "silver__calls" in done
    assert "silver__queue_intervals" not in done


def test_every_check_says_in_words_and_numbers_what_was_compared(finished, monkeypatch):
    house, outcome = finished
    monkeypatch.delenv("DAGSTER_HOME", raising=False)  # another house of this process may have left its own

    with open_instance(house.settings) as instance:
        events = run_events(instance, outcome.run_id)
    checks = [event.asset_check_evaluation_data for event in events if event.event_type_value == CHECKED]

    assert len(checks) > 30
    assert [] == [(check.asset_key, check.check_name) for check in checks if not says_what_was_compared(check)]
    flow = next(check for check in checks if check.check_name == "rows_are_conserved")
    assert flow.metadata["expected"].value == flow.metadata["found"].value > 0
    law = next(check for check in checks if check.check_name == "calls_are_conserved")
    assert law.metadata["expected"].value == count(house, "select count(*) from silver.calls")


def test_forecast_closed_hours_are_zero_rows_and_quantiles_are_ordered(finished):
    house, _ = finished
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name))
    issue = rows[~rows["is_hindcast"]]
    levels = ["calls_q05", "calls_q10", "calls_q25", "calls_q50", "calls_q75", "calls_q90", "calls_q95"]

    assert 4 * 14 * 48 == len(issue)
    assert (issue.loc[~issue["is_open"], ["calls_mean", *levels]] == 0).all().all()
    assert (issue[levels].diff(axis=1).iloc[:, 1:] >= 0).all().all()
    assert set(range(1, 15)) == set(issue["horizon_days"])


def test_accuracy_scores_past_issues_beside_the_peers(finished):
    house, _ = finished
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table("gold.forecast_accuracy"))
    whole = rows[(rows["queue_id"] == "(all)") & (rows["horizon_band"] == "1-14")]

    assert {"interval", "day", "horizon"} == set(whole["grain"])
    assert whole[["wmape", "wmape_median6", "wmape_floor"]].notna().all().all()
    assert rows["is_hindcast"].all()


def test_an_issue_of_the_past_is_scored_beside_its_own_hindcasts(sample, clean):
    house = make_house(sample, clean / "home")

    outcome = run(house, as_of=LAST_DATE - dt.timedelta(days=20), instance=dg.DagsterInstance.ephemeral())

    assert outcome.problems == ()
    query = "select count(distinct issued_at) from gold.forecast_accuracy where {} is_hindcast"
    assert [1, 1] == [count(house, query.format(word)) for word in ("", "not")]


def test_a_hindcast_is_kept_as_days_pass_and_made_again_when_asked_or_made_otherwise(finished, monkeypatch):
    whole, _ = finished
    house = House(whole.settings.model_copy(update={"backtest_origins": 2}))
    shorter = House(house.settings.model_copy(update={"horizon_days": 7}))

    def asked(house, days_later, *, is_reissue=False):
        origin = AS_OF + dt.timedelta(days=days_later)
        with house.open_warehouse() as warehouse:
            found = hindcasts_to_make(
                house, warehouse, read_inputs(warehouse, house.source_map), origin, is_reissue=is_reissue
            )
        return [(day - AS_OF).days for day in found]

    # One issue on day 0, and one hindcast a horizon of 14 days before it; both lie on the grid.
    assert [[], [], []] == [asked(house, day) for day in (1, 3, 14)]
    assert [14] == asked(house, 20)  # a date of the grid on which nothing was issued
    assert [-14] == asked(house, 3, is_reissue=True)  # the issue itself stands
    assert [-7] == asked(shorter, 3)
    monkeypatch.setattr(hindcasts, "FORECAST_VERSION", hindcasts.FORECAST_VERSION + 1)
    assert [-14] == asked(house, 3)


def test_the_models_of_the_issue_are_kept_with_their_card(finished):
    house, _ = finished

    _, card = read_model(house.model_folder(AS_OF))

    assert AS_OF.isoformat() == card["origin"]
    assert {"train_from", "features", "versions"} <= set(card)


def test_everything_made_from_simulated_data_says_so(finished):
    house, _ = finished

    assert house.is_simulated
    assert house.title("Calls").startswith("SIMULATED DATA")

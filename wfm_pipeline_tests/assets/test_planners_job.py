"""Planners' tables in the warehouse: overrides applied, undone and scored; issues that stand; days to decide on."""

import datetime as dt
import shutil

import pandas as pd
import pytest

from wfm_pipeline.calculators.backtest import BacktestRequest, answer_backtest
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import PLANNERS_GOLD_TABLES, QUEUE_DAY_ANOMALY
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.domain.staffing.forecast_teams import staff_forecast
from wfm_pipeline.orchestration.jobs import OVERRIDES, PLANNERS
from wfm_pipeline.orchestration.runs.side_jobs import planners_request, weeks_request
from wfm_pipeline.reports.tables.planners import planners_tables_of
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import locality_calendars, staffing_policies, staffing_policy
from wfm_pipeline.warehouse.contract_check import inspect_contract
from wfm_pipeline.warehouse.shelves.allocation_inputs import read_allocation_inputs
from wfm_pipeline.warehouse.shelves.issues import (
    compare_issues,
    is_settled,
    issue_frames,
    issue_scope,
    ledger_of,
    store_issue,
)
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import LAST_DATE, count, do, hashes
from wfm_pipeline_tests.tools.write_allocation_seeds import FOLDER

AS_OF = LAST_DATE + dt.timedelta(days=1)  # a Friday, and the issue that `finished` has made
PAST = LAST_DATE - dt.timedelta(days=20)
HEADER = "override_id,queue_id,from_local,until_local,kind,value,author,why,decided_at,is_active\n"
STAFFING = "gold.queue_interval_staffing"
GOLD = [table.full_name for table in PLANNERS_GOLD_TABLES]


@pytest.fixture
def planners(clean):
    folder = clean / "planning"
    folder.mkdir()
    return folder


@pytest.fixture
def copied(finished, clean, planners):
    """A copy of the house in which the main job has run, with planners' files of its own."""
    whole, _ = finished
    home = clean / "home"
    shutil.copytree(whole.settings.home, home)
    return House(whole.settings.model_copy(update={"home": home, "planning_folder": planners}))


def plan(house, job=OVERRIDES, *, as_of=None, is_reissue=False):
    return do(house, planners_request(as_of, is_reissue=is_reissue, is_overrides_only=job == OVERRIDES))


def frame(house, table):
    with house.open_warehouse() as warehouse:
        return warehouse.frame(warehouse.table(table))


def planning_of(house, warehouse):
    return read_allocation_inputs(
        warehouse,
        house.source_map,
        default_locality=house.settings.default_locality,
        calendars=locality_calendars(house.settings),
    )


def write_overrides(folder, *lines):
    (folder / "forecast_overrides.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def busy_days(house):
    """Dates on which billing had calls, in order."""
    days = frame(house, "gold.queue_day_actual")
    return sorted(days[(days["queue_id"] == "billing") & (days["calls_offered"] > 0)]["business_date"])


def of_issue(rows, house, day):
    return rows[rows["issued_at"] == pd.Timestamp(issue_instant(house.site, day))]


def test_an_override_is_applied_beside_the_model_and_undone_by_a_later_row(copied, planners):
    first = f"up,billing,{AS_OF},{AS_OF + dt.timedelta(days=1)},factor,1.5,ann,campaign"
    write_overrides(planners, f"{first},,true")
    assert plan(copied).problems == ()
    applied = frame(copied, "gold.queue_day_forecast_final")
    write_overrides(planners, f"{first},,false")

    assert plan(copied).problems == ()

    undone = frame(copied, "gold.queue_day_forecast_final")
    moved = applied[applied["override_ids"].notna()]
    assert [("billing", pd.Timestamp(AS_OF), "up")] == list(
        moved[["queue_id", "business_date", "override_ids"]].itertuples(index=False, name=None)
    )
    assert (moved["calls_final"] / moved["calls_mean"]).tolist() == pytest.approx([1.5])
    assert (undone["calls_final"] - undone["calls_mean"]).abs().max() < 1e-9
    assert 0 == count(copied, "select count(*) from gold.queue_interval_override")
    versions = frame(copied, "silver.forecast_overrides").sort_values("valid_from")
    assert [True, False] == versions["is_active"].tolist()
    assert ["forecast_overrides.csv" in who for who in versions["changed_by"]] == [True, True]


def test_analysts_see_the_models_and_the_final_value_in_the_published_view(copied, planners):
    write_overrides(planners, f"up,,{AS_OF},{AS_OF + dt.timedelta(days=1)},add,100,ann,campaign,,")
    plan(copied)

    query = f"select sum(calls_final) - sum(calls_mean) from gold.\"Frcast_Operative_Calls\" where business_date = '{AS_OF}'"
    assert count(copied, query) == pytest.approx(100.0)
    with copied.open_gold() as gold:
        tables = planners_tables_of(gold, source="telephony")
    in_force = tables["Overrides of the newest issue"]
    assert (in_force["calls_after"] - in_force["calls_before"]).tolist() == pytest.approx([100.0])
    assert [4] == in_force["queues"].tolist()


def by_interval(rows):
    return rows.sort_values(["issued_at", "queue_id", "interval_start"], ignore_index=True)


def test_an_override_raises_the_teams_of_its_day_and_of_no_other_until_it_is_undone(copied, planners):
    day = AS_OF + dt.timedelta(days=3)  # a Monday
    before = by_interval(frame(copied, STAFFING))
    line = f"up,billing,{day},{day + dt.timedelta(days=1)},factor,1.2,ann,campaign,"
    write_overrides(planners, f"{line},true")

    assert plan(copied).problems == ()

    after = by_interval(frame(copied, STAFFING))
    moved = (after["queue_id"] == "billing") & (after["business_date"] == pd.Timestamp(day))
    pd.testing.assert_frame_equal(before[~moved], after[~moved], check_exact=True)
    assert after.loc[moved, "agents_required"].sum() > before.loc[moved, "agents_required"].sum()
    assert (after.loc[moved, "agents_required"] >= before.loc[moved, "agents_required"]).all()
    assert (before["calls_mean"] == after["calls_mean"]).all()
    busy = moved & (before["calls_mean"] > 0)
    for column, scaled in (("calls_mean", "calls_final"), ("workload_minutes", "workload_minutes")):
        assert (after.loc[busy, scaled] / before.loc[busy, column]).tolist() == pytest.approx([1.2] * int(busy.sum()))
    write_overrides(planners, f"{line},false")
    assert plan(copied).problems == ()
    pd.testing.assert_frame_equal(before, by_interval(frame(copied, STAFFING)), check_exact=True)


def test_risk_follows_an_override_the_band_moves_by_the_same_factor(copied, planners):
    day = AS_OF + dt.timedelta(days=3)
    house = House(copied.settings.model_copy(update={"staffing_quantile": 0.9}))
    assert plan(house).problems == ()
    before = by_interval(frame(house, STAFFING))
    write_overrides(planners, f"up,billing,{day},{day + dt.timedelta(days=1)},factor,1.5,ann,campaign,,")

    assert plan(house).problems == ()

    after = by_interval(frame(house, STAFFING))
    busy = (after["queue_id"] == "billing") & (after["business_date"] == pd.Timestamp(day)) & (before["calls_mean"] > 0)
    ratio = after.loc[busy, "calls_staffed"] / before.loc[busy, "calls_staffed"]
    assert ratio.tolist() == pytest.approx([1.5] * int(busy.sum()))


def test_without_overrides_the_teams_are_bit_for_bit_those_of_the_models_values(copied):
    stored, issue = by_interval(frame(copied, STAFFING)), by_interval(frame(copied, QUEUE_INTERVAL_FORECAST.full_name))
    issue = issue[~issue["is_hindcast"]]

    teams = staff_forecast(issue, 1800.0, staffing_policies(copied.settings), staffing_policy(copied.settings))

    names = [name for name in teams.columns if name in stored.columns]
    pd.testing.assert_frame_equal(stored[names], teams[names], check_exact=True, check_dtype=False)
    assert (stored["calls_final"] == stored["calls_mean"]).all()


def test_an_override_moves_the_weekly_demand_and_a_hindcast_says_that_it_has_none(copied, planners):
    for file in FOLDER.glob("*.csv"):
        shutil.copy(file, planners)
    monday = AS_OF + dt.timedelta(days=3)
    week = IsoWeek.of(monday)
    assert do(copied, weeks_request([week])).problems == ()
    write_overrides(planners, f"up,,{monday},{monday + dt.timedelta(days=7)},factor,1.2,ann,campaign,,")
    with copied.open_warehouse() as warehouse:
        before = planning_of(copied, warehouse)

    assert plan(copied).problems == ()

    with copied.open_warehouse() as warehouse:
        after = planning_of(copied, warehouse)
    keys = ["demand_id", "iso_year", "iso_week"]
    both = before.calls.merge(after.calls, on=keys, suffixes=("", "_after"), validate="one_to_one")
    is_moved = (both["iso_week"] == week.iso_week) & (both["iso_year"] == week.iso_year)
    assert is_moved.sum() > 0
    ratio = both["weekly_forecast_after"] / both["weekly_forecast"]
    assert ratio[is_moved].tolist() == pytest.approx([1.2] * int(is_moved.sum()))
    # the week after is reached in part: its other days are those of this week, but without this week's override
    assert both["iso_week"].max() > week.iso_week
    assert (both["weekly_forecast_after"] == both["weekly_forecast"])[~is_moved].all()
    assert not any("without final values" in notice for notice in after.demands(week)[1])
    assert any("without final values" in notice for notice in after.demands(IsoWeek.of(LAST_DATE).previous)[1])


def test_sums_hold_with_overrides_in_every_table(copied, planners):
    write_overrides(
        planners,
        f"a,,{AS_OF},{AS_OF + dt.timedelta(days=9)},factor,1.13,ann,trend,,",
        f"b,billing,{AS_OF + dt.timedelta(days=3)},{AS_OF + dt.timedelta(days=5)},set,333.3,bob,letters,,",
    )

    assert plan(copied).problems == ()  # the blocking checks compare days with their intervals to 1e-9

    keys = ["queue_id", "business_date"]
    sums = frame(copied, "gold.queue_interval_forecast_final").groupby(keys)[["calls_final", "calls_mean"]].sum()
    days = frame(copied, "gold.queue_day_forecast_final").set_index(keys)[["calls_final", "calls_mean"]]
    assert (sums - days).abs().to_numpy().max() < 1e-9


def test_overrides_are_scored_once_calls_have_come(copied, planners):
    good, bad = PAST + dt.timedelta(days=3), PAST + dt.timedelta(days=5)  # a Monday and a Wednesday
    decided = f"{PAST} 00:00"
    actual = frame(copied, "gold.queue_day_actual").set_index(["queue_id", "business_date"])["calls_offered"]
    came = actual["billing", pd.Timestamp(good)]
    write_overrides(
        planners,
        f"good,billing,{good},{good + dt.timedelta(days=1)},set,{came},ann,knows it,{decided},",
        f"bad,billing,{bad},{bad + dt.timedelta(days=1)},factor,3,bob,guess,{decided},",
        f"late,billing,{good},{good + dt.timedelta(days=1)},factor,1,eve,after the fact,{good + dt.timedelta(days=2)} 00:00,",
    )

    assert plan(copied, PLANNERS, as_of=PAST).problems == ()

    value = frame(copied, "gold.override_value").set_index(["override_id", "grain"])
    assert value.loc[("good", "scope"), "error_after"] == pytest.approx(0.0, abs=1e-6)
    assert value.loc[("good", "day"), "value_added"] > 0
    assert value.loc[("bad", "day"), "value_added"] < -0.5
    assert "late" not in value.index.get_level_values("override_id")
    assert {pd.Timestamp(issue_instant(copied.site, PAST))} == set(value["issued_at"])
    with copied.open_gold() as gold:
        added = planners_tables_of(gold, source="telephony")["Forecast value added by overrides (above 0 they helped)"]
    everybody = added[(added["author"] == "(all)") & (added["grain"] == "scope")].iloc[0]
    assert 2 == everybody["overrides"]


def test_tables_without_rows_change_nothing(copied):
    before = hashes(copied)

    assert plan(copied, PLANNERS, as_of=AS_OF).problems == ()

    assert before == hashes(copied)


def test_every_table_of_the_plans_keeps_its_contract(copied, planners):
    write_overrides(planners, f"up,,{AS_OF},{AS_OF + dt.timedelta(days=1)},add,100,ann,campaign,,")
    plan(copied)

    with copied.open_warehouse() as warehouse:
        assert [] == [
            found for table in PLANNERS_GOLD_TABLES for found in inspect_contract(warehouse, table).violations
        ]


def test_a_person_decides_on_days_and_the_next_issue_follows(copied, planners):
    day = busy_days(copied)[-3]
    (planners / "anomaly_decisions.csv").write_text(
        f"queue_id,business_date,decision,decided_by,why\nbilling,{day.date()},accepted,ann,fire drill\n",
        encoding="utf-8",
    )
    before = frame(copied, "gold.queue_interval_forecast")

    assert plan(copied, PLANNERS, as_of=AS_OF).problems == ()

    rows = of_issue(frame(copied, "gold.queue_day_anomaly"), copied, AS_OF)
    mine = rows[(rows["queue_id"] == "billing") & (rows["business_date"] == day)]
    assert [("accepted", "ann", True)] == list(
        mine[["decision", "decided_by", "is_left_out"]].itertuples(index=False, name=None)
    )
    ledger = frame(copied, "gold.forecast_issue").sort_values("revision")
    assert [("first", False), ("changed", True)] == list(
        ledger[["cause", "is_current"]].itertuples(index=False, name=None)
    )
    archived = frame(copied, "gold.queue_interval_forecast_archive")
    former = of_issue(before, copied, AS_OF)
    assert {1} == set(archived["revision"])
    assert former["calls_mean"].sum() == pytest.approx(archived["calls_mean"].sum(), abs=1e-9)
    assert len(former) == len(archived)


def test_a_renamed_queue_is_forecast_and_staffed_under_its_new_name_from_the_first_day(copied, planners):
    before = (
        of_issue(frame(copied, "gold.queue_day_forecast_final"), copied, AS_OF).groupby("queue_id")["calls_mean"].sum()
    )
    (planners / "queue_changes.csv").write_text(
        f"queue_id,from_date,kind,other_queue_id,decided_by,why\nbilling,{AS_OF},renamed,accounts,ann,new number\n",
        encoding="utf-8",
    )

    assert plan(copied, PLANNERS, as_of=AS_OF).problems == ()

    days = (
        of_issue(frame(copied, "gold.queue_day_forecast_final"), copied, AS_OF).groupby("queue_id")["calls_mean"].sum()
    )
    assert 0.0 == days["billing"]
    assert days["accounts"] == pytest.approx(before["billing"], rel=0.1)
    staffing = of_issue(frame(copied, STAFFING), copied, AS_OF).groupby("queue_id")["staffing_minutes"].sum()
    assert 0.0 == staffing["billing"] < staffing["accounts"]
    names = of_issue(frame(copied, "gold.queue_day_forecast"), copied, AS_OF).groupby("queue_id")["model_name"].first()
    assert "closed|stated" == names["billing"]


def test_a_lunch_that_a_planner_states_has_no_calls_and_no_staff_for_that_queue_alone(copied, planners):
    (planners / "queue_hours.csv").write_text(
        f"queue_id,from_date,until_date,weekdays,hours\nbilling,{AS_OF},,mon-fri,08:00-12:00;13:00-17:00\n",
        encoding="utf-8",
    )

    assert plan(copied, PLANNERS, as_of=AS_OF).problems == ()

    rows = of_issue(frame(copied, "gold.queue_interval_forecast_final"), copied, AS_OF)
    teams = of_issue(frame(copied, STAFFING), copied, AS_OF)[["queue_id", "interval_start", "staffing_minutes"]]
    at_noon = rows.merge(teams, on=["queue_id", "interval_start"])
    at_noon = at_noon[(at_noon["interval_start_local"].dt.hour == 12) & (at_noon["business_date"].dt.day_of_week < 5)]
    sums = (
        at_noon.assign(is_billing=at_noon["queue_id"] == "billing")
        .groupby("is_billing")[["calls_final", "staffing_minutes"]]
        .sum()
    )
    assert [0.0, 0.0] == sums.loc[True].tolist()
    assert (sums.loc[False] > 0).all()


def test_a_statement_about_a_queue_that_nobody_knows_stops_the_run_with_its_line(copied, planners):
    (planners / "queue_changes.csv").write_text(
        f"queue_id,from_date,kind,decided_by\nbiling,{AS_OF},closed,ann\n", encoding="utf-8"
    )

    found = plan(copied, PLANNERS, as_of=AS_OF)

    assert any("queue 'biling' has no calls" in str(one) and "line 2" in str(one) for one in found.problems)


def test_an_issue_whose_days_have_begun_stands_until_a_person_asks(copied, planners):
    assert plan(copied, PLANNERS, as_of=PAST).problems == ()
    issued = of_issue(frame(copied, "gold.queue_interval_forecast"), copied, PAST)
    day = busy_days(copied)[5]
    (planners / "anomaly_decisions.csv").write_text(
        f"queue_id,business_date,decision,decided_by\nbilling,{day.date()},accepted,ann\n", encoding="utf-8"
    )

    plan(copied, PLANNERS, as_of=PAST)
    stands = of_issue(frame(copied, "gold.queue_interval_forecast"), copied, PAST)
    plan(copied, PLANNERS, as_of=PAST, is_reissue=True)
    again = of_issue(frame(copied, "gold.queue_interval_forecast"), copied, PAST)

    key = ["queue_id", "interval_start"]
    pd.testing.assert_frame_equal(
        issued.sort_values(key, ignore_index=True), stands.sort_values(key, ignore_index=True)
    )
    assert issued["calls_mean"].sum() != pytest.approx(again["calls_mean"].sum(), abs=1e-6)
    ledger = of_issue(frame(copied, "gold.forecast_issue"), copied, PAST).sort_values("revision")
    assert ["first", "reissued"] == ledger["cause"].tolist()


def test_the_same_issue_made_again_writes_nothing_and_a_changed_one_keeps_the_former(copied):
    issued_at = issue_instant(copied.site, AS_OF)
    with copied.open_warehouse() as warehouse:
        scope = issue_scope(copied.source_map, issued_at)
        tables = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, QUEUE_DAY_ANOMALY)
        rows = [warehouse.frame(scope.filter(warehouse.table(table.full_name))) for table in tables]
        shuffled = [rows[0].sample(frac=1, random_state=1), *rows[1:]]
        other = [rows[0].assign(calls_mean=rows[0]["calls_mean"] * 1.1), *rows[1:]]

        words = [
            store_issue(warehouse, copied.source_map, issued_at, issue_frames(*frames), is_reissue=False, run_id="test")
            for frames in (shuffled, other, rows)
        ]

        ledger = ledger_of(warehouse, copied.source_map, issued_at)
    assert ["same", "changed", "changed"] == words
    assert [1, 2, 3] == ledger["revision"].tolist()
    assert [False, False, True] == ledger["is_current"].tolist()
    assert ledger["content_hash"].iloc[0] == ledger["content_hash"].iloc[2] != ledger["content_hash"].iloc[1]
    assert 2 * len(rows[0]) == count(copied, "select count(*) from gold.queue_interval_forecast_archive")


def test_an_issue_changed_behind_the_ledger_is_found(copied):
    with copied.open_warehouse() as warehouse:
        assert all(compare_issues(warehouse, copied.source_map, 30).values())
        warehouse.execute("update gold.queue_interval_forecast set calls_mean = calls_mean + 1 where not is_hindcast")

        assert not compare_issues(warehouse, copied.source_map, 30)[issue_instant(copied.site, AS_OF)]


def test_an_issue_is_settled_once_its_first_day_is_known(copied):
    with copied.open_warehouse() as warehouse:
        settled = [
            is_settled(warehouse, copied.source_map, AS_OF, next_date=next_date, is_reissue=word)
            for next_date, word in (
                (AS_OF, False),
                (AS_OF + dt.timedelta(days=1), False),
                (AS_OF + dt.timedelta(days=1), True),
            )
        ]

    assert [False, True, False] == settled


def test_a_faulty_file_stops_the_job_and_names_its_line(copied, planners):
    write_overrides(planners, f"up,,{AS_OF},{AS_OF},add,100,ann,campaign,,")

    problems = plan(copied).problems

    assert "forecast_overrides.csv, line 2" in problems[0]


def test_a_backtest_on_the_warehouse_knows_what_was_known_at_its_origin_and_no_more(copied, planners):
    days = busy_days(copied)
    marked, target = days[-40:-12:7], days[-7]  # four of a kind before the origin, and one ahead
    origin = days[-10].date()
    marks = ", ".join(f"'{day.date()}'" for day in (*marked, target))
    with copied.open_warehouse() as warehouse:
        warehouse.execute(
            f"update silver.queue_intervals set calls_offered = 3 * calls_offered where business_date in ({marks})"
        )
    folds = {"dataset": "x", "fold": 0, "origin": origin, "horizon_days": 14, "train_from": days[0].date()}
    pd.DataFrame([folds]).to_csv(planners / "origins.csv", index=False)
    request = BacktestRequest(origins=planners / "origins.csv")

    def ahead(known_on):
        lines = [f"m{number},mail,,{day.date()},,{known_on}" for number, day in enumerate((*marked, target))]
        head = "event_id,event_type,queue_id,first_date,last_date,known_on"
        (planners / "events.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        assert plan(copied).problems == ()
        answer = answer_backtest(copied, request)
        assert answer.facts.data["planners' tables"].startswith("5 events, 0 drivers, 0 decisions")
        rows = answer.result.predictions
        of_day = rows["interval_start"].dt.normalize() == target
        return rows.loc[of_day & (rows["method"] == "wfm"), "calls_mean"].sum()

    told, untold = ahead(origin.isoformat()), ahead("")

    assert told > 2 * untold  # recorded today without a date on which it was known: nobody knew it then


def test_rows_of_another_source_are_left_alone(copied, planners):
    write_overrides(planners, f"up,,{AS_OF},{AS_OF + dt.timedelta(days=1)},add,100,ann,campaign,,")
    plan(copied)
    with copied.open_warehouse() as warehouse:
        warehouse.execute(
            "insert into silver.forecast_overrides select * replace ('other' as source) from silver.forecast_overrides"
        )
    write_overrides(planners)

    plan(copied)

    rows = frame(copied, "silver.forecast_overrides").set_index("source")["valid_until"]
    assert pd.isna(rows["other"])
    assert not pd.isna(rows["telephony"])


def test_the_command_refuses_words_that_contradict_each_other(clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "planners", "--overrides-only", "--reissue")

    assert 2 == done.returncode
    assert "--overrides-only makes no forecast" in done.stderr

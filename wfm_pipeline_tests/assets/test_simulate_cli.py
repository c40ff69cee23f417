"""`wfm simulate`: arguments and CSV files, seeds, exit codes, and every kind of bad input."""

import json

import pandas as pd
import pytest

from wfm_pipeline_tests.cli_kit import run_wfm

ARRIVALS = """queue_id,interval_start,calls
sales,08:00,20
sales,08:30,30
support,08:00,10
support,08:30,12
"""
GROUPS = "group_id,queues\nspecialists,sales\nall,sales:2;support\n"
SHIFTS = "group_id,agents,starts_at,ends_at,breaks\nspecialists,4,08:00,09:00,08:30-08:40\nall,4,08:00,09:00,\n"
FILES = ("simulate", "--arrivals", "a.csv", "--groups", "g.csv")
STEADY = ("simulate", "--calls", "60", "--interval-seconds", "1800", "--aht-seconds", "240")


@pytest.fixture
def simulate(clean_environment, monkeypatch, capsys):
    """Runs the command on three files in an empty folder."""

    def run(*more, arrivals=ARRIVALS, groups=GROUPS, shifts=SHIFTS, words=(*FILES, "--shifts", "s.csv")):
        for name, text in (("a.csv", arrivals), ("g.csv", groups), ("s.csv", shifts)):
            (clean_environment / name).write_text(text, encoding="utf-8")
        return run_wfm(monkeypatch, capsys, *words, "--replications", "4", *more)

    return run


def test_one_queue_on_arguments_needs_no_file_and_no_warehouse(simulate, clean_environment):
    done = simulate("--agents", "11", "--patience-seconds", "200", "--json", words=STEADY)

    said = json.loads(done.stdout)
    assert 0 == done.returncode, done.stderr
    assert {"seed", "replications", "confidence", "warm_up_intervals", "queues", "groups", "intervals"} == set(said)
    queue = said["queues"][0]
    assert queue["calls_offered"] == pytest.approx(
        queue["calls_answered"] + queue["calls_abandoned"] + queue["calls_waiting"]
    )
    assert 0.7 < queue["service_level_low"] <= queue["service_level"] <= queue["service_level_high"] <= 1
    assert 44 * 0.5 * 11 == pytest.approx(said["groups"][0]["staffed_hours"])  # 48 intervals less 4 of warm-up
    assert not (clean_environment / "data").exists()


def test_the_same_seed_says_the_same_and_another_one_does_not(simulate):
    first, again, other = (
        simulate("--aht-seconds", "200", "--seed", seed, "--json").stdout for seed in ("1", "1", "2")
    )

    assert first == again
    assert json.loads(first)["queues"] != json.loads(other)["queues"]


def test_what_of_a_file_is_read_otherwise_than_it_stands_is_said(simulate, clean_environment):
    plain = simulate("--aht-seconds", "200", "--json")
    (clean_environment / "m.csv").write_bytes(
        ARRIVALS.replace(",", ";").replace("calls", "calls;Ä", 1).encode("cp1252")
    )

    words = [word.replace("a.csv", "m.csv") for word in (*FILES, "--shifts", "s.csv")]
    done = simulate("--aht-seconds", "200", "--json", words=words)

    assert "notice: m.csv is not UTF-8: read as Windows-1252" in done.stderr
    assert plain.stdout == done.stdout


def test_the_file_has_one_row_per_queue_and_interval(simulate, clean_environment):
    done = simulate("--aht-seconds", "200", "--out", "o.csv")

    rows = pd.read_csv(clean_environment / "o.csv")
    assert 0 == done.returncode, done.stderr
    assert [("sales", "08:00"), ("sales", "08:30"), ("support", "08:00"), ("support", "08:30")] == list(
        zip(rows["queue_id"], rows["interval_start"], strict=True)
    )
    assert "Per queue, mean of 4 runs" in done.stdout


def test_shifts_and_breaks_become_staffed_hours(simulate):
    said = json.loads(simulate("--aht-seconds", "200", "--json").stdout)

    hours = {row["group_id"]: row["staffed_hours"] for row in said["groups"]}
    assert {"specialists": 4 * 50 / 60, "all": 4.0, "(all)": 4 * 50 / 60 + 4} == pytest.approx(hours)


def test_agents_may_be_given_by_interval(simulate):
    shifts = "group_id,interval_start,agents\nspecialists,08:00,4\nspecialists,08:30,2\nall,08:00,3\n"

    said = json.loads(simulate("--aht-seconds", "200", "--json", shifts=shifts).stdout)

    hours = {row["group_id"]: row["staffed_hours"] for row in said["groups"]}
    assert 3.0 == pytest.approx(hours["specialists"])
    assert 1.5 == pytest.approx(hours["all"])


def test_clock_times_of_shifts_hold_on_every_date_of_the_arrivals(simulate):
    arrivals = ARRIVALS.replace(",08:", ",2026-03-02 08:") + "sales,2026-03-03 08:00,5\n"

    said = json.loads(simulate("--aht-seconds", "200", "--json", arrivals=arrivals).stdout)

    hours = {row["group_id"]: row["staffed_hours"] for row in said["groups"]}
    assert 8.0 == pytest.approx(hours["all"])
    assert "2026-03-02 08:00:00" == said["intervals"][0]["interval_start"]


def test_a_night_shift_passes_midnight(simulate):
    arrivals = "queue_id,interval_start,calls\nsales,22:00,5\nsales,22:30,5\nsupport,22:00,1\n"
    shifts = "group_id,agents,starts_at,ends_at\nspecialists,1,22:00,02:00\nall,1,22:00,24:00\n"

    said = json.loads(simulate("--aht-seconds", "200", "--json", arrivals=arrivals, shifts=shifts).stdout)

    hours = {row["group_id"]: row["staffed_hours"] for row in said["groups"]}
    assert 4.0 == pytest.approx(hours["specialists"])
    assert 2.0 == pytest.approx(hours["all"])


def test_a_queues_table_says_how_each_behaves(simulate, clean_environment):
    (clean_environment / "q.csv").write_text(
        "queue_id,aht_seconds,patience_seconds,priority\nsales,300,,1\nsupport,100,60,2\n", encoding="utf-8"
    )

    said = json.loads(simulate("--queues", "q.csv", "--json").stdout)

    queues = {row["queue_id"]: row for row in said["queues"]}
    assert 0 == queues["sales"]["calls_abandoned"] < queues["support"]["calls_abandoned"]
    assert queues["support"]["aht_seconds"] < 150 < queues["sales"]["aht_seconds"]


def test_teams_can_be_searched_for_instead_of_given(simulate):
    done = simulate("--find-teams", "0.8", "--aht-seconds", "200", "--json", words=FILES)

    said = json.loads(done.stdout)
    assert 0 == done.returncode, done.stderr
    assert ["specialists", "all"] == [row["group_id"] for row in said["teams"]]
    assert all(row["service_level"] >= 0.8 for row in said["queues"])


BAD = [
    pytest.param({"words": ("simulate",)}, "needs --arrivals", id="nothing_given"),
    pytest.param({"words": FILES}, "--find-teams", id="no_agents"),
    pytest.param(
        {"words": ("simulate", "--arrivals", "a.csv", "--shifts", "s.csv")}, "belong together", id="no_groups"
    ),
    pytest.param({"words": (*STEADY, "--agents", "3", "--find-teams", "0.8")}, "either", id="both"),
    pytest.param({"words": (*STEADY, "--find-teams", "80")}, "write 80 % as 0.80", id="percent"),
    pytest.param({"words": (*STEADY, "--agents", "9", "--warm-up", "48")}, "0 to 47", id="warm_up"),
]


@pytest.mark.parametrize(("given", "words"), BAD)
def test_words_that_do_not_fit_together_are_exit_code_2_in_one_line(simulate, given, words):
    done = simulate(**given)

    assert 2 == done.returncode
    assert words in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())


WRONG = [
    pytest.param({"arrivals": ARRIVALS.replace("20", "many")}, "calls must be a number of 0 or more, got 'many' (a.csv, line 2)", id="calls"),
    pytest.param({"arrivals": ARRIVALS.replace("calls", "volume")}, "lacks the columns calls", id="column"),
    pytest.param({"arrivals": ARRIVALS + "sales,08:00,3\n"}, "two rows for queue_id, interval_start = sales, 08:00 (lines 2 and 6)", id="twice"),
    pytest.param({"arrivals": ARRIVALS + "sales,09:10,3\n"}, "whole intervals", id="off_the_grid"),
    pytest.param({"arrivals": ARRIVALS + "sales,25:00,3\n"}, "interval_start must be a time such as", id="no_time"),
    pytest.param({"arrivals": ARRIVALS + "sales,2026-01-01 08:00,3\n"}, "mixes", id="mixed_times"),
    pytest.param({"arrivals": "queue_id,interval_start,calls\nsales,08:00,2\n"}, "give --interval-seconds", id="one_interval"),
    pytest.param({"groups": GROUPS.replace("sales:2", "mail")}, "unknown queues mail", id="unknown_queue"),
    pytest.param({"groups": GROUPS.replace(":2", ":two")}, "ids such as sales;support:2", id="level"),
    pytest.param({"groups": GROUPS + "all,sales\n"}, "two rows for group_id = all (lines 3 and 4)", id="group_twice"),
    pytest.param({"shifts": SHIFTS + "night,1,08:00,09:00,\n"}, "unknown groups night", id="unknown_group"),
    pytest.param({"shifts": SHIFTS.replace("08:30-08:40", "08:40-08:30")}, "inside the shift", id="break"),
    pytest.param({"shifts": SHIFTS.replace("08:30-08:40", "lunch")}, "breaks must be such as", id="break_words"),
    pytest.param({"shifts": SHIFTS.replace(",4,", ",4.5,")}, "a whole number of agents", id="half_an_agent"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), WRONG)
def test_a_wrong_cell_is_named_with_its_line(simulate, given, words):
    done = simulate("--aht-seconds", "200", **given)

    assert 1 == done.returncode
    assert words in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())


def test_a_handle_time_in_minutes_is_noticed(simulate):
    done = simulate("--aht-seconds", "10800")

    assert 1 == done.returncode
    assert "another unit" in done.stderr


def test_calls_without_a_handle_time_are_refused(simulate):
    done = simulate()

    assert "calls without a handle time" in done.stderr

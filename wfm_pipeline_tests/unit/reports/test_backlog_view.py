"""The view of the backlog: the worst queue first, three parts that fit every terminal, and what is not known is not zero."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from wfm_pipeline.errors import DataError
from wfm_pipeline.reports.backlog.mail import mail_of
from wfm_pipeline.reports.backlog.needs import needs_of
from wfm_pipeline.reports.backlog.performance import whole_site
from wfm_pipeline.reports.backlog.status import state_frame
from wfm_pipeline.reports.backlog.top_lines import facts, heading, subject
from wfm_pipeline.reports.tables.backlog import MOST_LINES, backlog_json, backlog_parts
from wfm_pipeline.reports.words.numbers import UNKNOWN
from wfm_pipeline.reports.words.screen import Screen
from wfm_pipeline.reports.words.terminal import print_json
from wfm_pipeline_tests.backlog_view_kit import DESK, HOUR, NOON, Queue, desk, house_with, local, many, read, view_from

HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>\x1b[31m\r\nBcc: x@y.example \u202e"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return house_with(tmp_path_factory.mktemp("view") / "home")


def printed(view, width, **options):
    text = io.StringIO()
    Screen(file=text, width=width, color_system=None).print(backlog_parts(view, width=width, **options))
    return text.getvalue()


def by_name(view):
    return {need.queue_id: need for need in needs_of(view)}


def changed(rows, table, queue, **values):
    """The rows with values of one queue changed in the newest hour, or in all hours to come."""
    frame = rows[table].copy()
    is_it = frame["queue_id"] == queue
    for name, value in values.items():
        frame.loc[is_it, name] = value
    return {**rows, table: frame}


def test_what_is_read_is_the_hour_its_trail_and_the_hours_to_come(house):
    found, expected = read(house), view_from()

    assert found.hour_start == NOON
    for name in ("now", "trail", "priorities", "performance", "alerts", "people", "actions", "expected"):
        got, want = getattr(found, name), getattr(expected, name)
        key = [column for column in ("queue_id", "hour_start", "kind") if column in want]
        pd.testing.assert_frame_equal(
            got.sort_values(key).reset_index(drop=True), want.sort_values(key).reset_index(drop=True), check_dtype=False
        )


def test_an_hour_of_the_past_is_read_as_it_stood(house):
    assert NOON - 3 * HOUR == read(house, at=local("2026-06-25 12:30")).hour_start  # from 11:00 to 12:00 there
    assert NOON - 3 * HOUR == read(house, at=local("2026-06-25 12:00")).hour_start
    assert [] == read(house, at=local("2026-06-25 12:30")).people["queue_id"].tolist()  # nobody had asked by then


def test_a_warehouse_that_knows_cases_alone_is_shown_and_drawn(tmp_path):
    """Before people, forecasts and alerts are made their tables are not there at all."""
    rows = desk()
    only = {"backlog_hour": rows["backlog_hour"].assign(breach_probability=np.nan)}
    view = read(house_with(tmp_path / "home", only))

    mail = mail_of(view)

    assert "nothing is made of their people yet" in " ".join(mail.text.split())
    assert mail.picture
    assert {"watch", "unknown", "well"} == {need.level for need in needs_of(view)}
    assert backlog_json(view)[0]["people"].empty


def test_what_is_not_there_is_said_with_what_is(house, tmp_path):
    with pytest.raises(DataError, match=r"no queue 'biling'.*'billing', 'claims'"):
        read(house, queue="biling")
    with pytest.raises(DataError, match="was over by then; the newest starts 2026-06-25 12:00"):
        read(house, at=local("2020-01-01 00:00"))
    with pytest.raises(DataError, match="holds no hour of the backlog of other; `wfm backlog --make`"):
        read(house, source="other")


def test_the_worst_comes_first_and_says_what_it_needs():
    needs = needs_of(view_from())

    assert ["billing", "claims", "post room", "returns", "sales", "vip"] == [need.queue_id for need in needs]
    assert ["act", "act", "watch", "unknown", "well", "well"] == [need.level for need in needs]
    billing = needs[0]
    assert ("65 over due", "breach 71 % by 18:00", "3 people short 15:00-18:00") == billing.what[:3]
    assert "recall 2 from training 15:00-16:00 (breach 71 % → 34 %)" == billing.advice


def test_queues_in_any_order_are_told_in_the_same_order():
    rows = desk(many(40))
    mixed = {name: frame.sample(frac=1, random_state=5) for name, frame in rows.items()}

    assert needs_of(view_from(rows)) == needs_of(view_from(mixed))


def test_a_likelier_breach_comes_before_more_over_due_and_that_before_more_people_short():
    queues = [
        Queue("a", per_hour=0, breach=0.30, needed=9),
        Queue("b", per_hour=0, breach=0.31),
        Queue("c", per_hour=0, breach=0.30),
        Queue("d", per_hour=0, breach=0.30, needed=8),
    ]
    rows = changed(desk(queues), "backlog_hour", "c", over_due=4)

    assert ["b", "c", "a", "d"] == [need.queue_id for need in needs_of(view_from(rows))]


def test_a_queue_without_cases_whose_risk_is_unknown_comes_last():
    queues = [Queue("a", 0, 3, 24, None, None, None), Queue("b", per_hour=0, breach=0.05)]

    needs = needs_of(view_from(desk(queues)))

    assert [("b", "well"), ("a", "well")] == [(need.queue_id, need.level) for need in needs]


def test_a_high_alert_asks_for_somebody_even_where_no_number_is_bad():
    rows = desk([Queue("sales", per_hour=0, breach=0.0)])
    alert = desk([Queue("sales", breach=0.9)])["backlog_alert"]

    need = by_name(view_from({**rows, "backlog_alert": alert}))["sales"]

    assert ("act", ("more cases come than expected",)) == (need.level, need.what)
    assert "recall people from training" == need.advice


def test_what_is_not_known_is_never_shown_as_zero():
    needs = by_name(view_from())

    assert "cases over due and breach not known: no case has a due time" == needs["returns"].unknown
    assert "breach not known: no roster is known" == needs["post room"].unknown
    text = printed(view_from(), 120)
    (row,) = [line.split() for line in text.splitlines() if line.startswith("returns") and "3/?" not in line][:1]
    assert ["returns", "57", "-1", "+18", UNKNOWN, UNKNOWN] == row[:6]
    assert re.search(r"^post room +\?/\? +\?/\?", text, re.MULTILINE)
    assert "not known of post room: no roster is known" in text
    assert "71 over due, not known of 1 queue" in facts(view_from(), list(needs.values()))[0]


def test_what_is_not_known_of_many_queues_is_said_once():
    many_unknown = [Queue(f"post {n}", 3, 3, 24, None, None, None) for n in range(9)]

    text = " ".join(printed(view_from(desk(many_unknown)), 80).split())

    assert 1 == text.count("breach not known: no roster is known")
    assert "no roster is known (post" in text
    assert "not known of post" in text
    assert "?/?" not in text


def test_changes_are_counted_against_an_hour_and_a_day_ago():
    rows = desk()
    state = state_frame(view_from(rows), needs_of(view_from(rows))).set_index("queue_id")

    for queue in DESK:
        hours = (
            rows["backlog_hour"].query("queue_id == @queue.name").set_index("hour_start")["open_cases"].astype(float)
        )
        assert hours[NOON] - hours[NOON - HOUR] == state.loc[queue.name, "open_change_hour"]
        assert hours[NOON] - hours[NOON - 24 * HOUR] == state.loc[queue.name, "open_change_day"]


def test_without_an_hour_of_a_day_ago_the_change_is_not_known():
    view = view_from(desk(hours=3))

    assert state_frame(view, needs_of(view))["open_change_day"].isna().all()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_three_parts_fit_the_terminal_and_no_column_is_left_out(width):
    lines = printed(view_from(), width).splitlines()

    assert width >= max(map(cell_len, lines))
    assert ["1", "2", "3"] == [line[0] for line in lines if "═" in line]
    text = " ".join(" ".join(lines).split())
    for word in ("moved", "oldest", "utilisation", "absent", "<1h", "3d+", "7.5/8 -0.5", "71 % → 34 %"):
        assert word in text, word


def test_of_500_queues_the_worst_are_shown_and_the_others_counted():
    view = view_from(desk(many(500), hours=2))
    needs = needs_of(view)
    urgent = [need for need in needs if need.level in ("act", "watch")]

    text = printed(view, 120)

    assert f"and {len(urgent) - MOST_LINES:,} more that need something" in text
    assert "the 10 worst of 500 queues" in text
    shown = set(re.findall(r"^queue \d{3}", text, re.MULTILINE))
    assert {need.queue_id for need in needs[:10]} == shown
    assert 160 > text.count("\n")


def test_a_hostile_name_commands_no_terminal_and_breaks_no_line():
    view = view_from(desk([Queue(HOSTILE, breach=0.9)]))

    text = printed(view, 100)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\r" not in text
    assert "␛[31m" in text.replace("\n", "") or "=cmd|" in text
    assert "\n" not in subject(view, needs_of(view))


def test_rows_of_cases_are_labelled_with_the_time_they_were_taken():
    rows = desk()
    rows["backlog_hour"] = rows["backlog_hour"].assign(
        basis="case_rows", taken_at=NOON + HOUR - pd.Timedelta(minutes=8)
    )

    lines = facts(view_from(rows), needs_of(view_from(rows)))

    assert any("rows of cases as they were taken at 2026-06-25 14:52, not from events" in line for line in lines)


def test_simulated_data_are_labelled_and_an_old_hour_says_so():
    view = view_from(now=(NOON + 5 * HOUR).to_pydatetime())

    assert heading(view).startswith("SIMULATED DATA: ")
    assert subject(view, needs_of(view)).startswith(
        "SIMULATED Backlog 15:00: billing 65 over due, breach 71 % by 18:00; "
    )
    assert facts(view, needs_of(view))[0].startswith("OLD: this hour ended 4 h 00 ago")
    assert not any("OLD" in line for line in facts(view_from(), []))


def test_the_hour_that_comes_twice_is_told_by_the_clock():
    autumn = pd.Timestamp("2026-10-25 00:00")  # 02:00 to 02:00 in Stockholm

    view = view_from(desk(newest=autumn), newest=autumn)

    assert heading(view).endswith("Sun 2026-10-25 02:00")


def test_what_is_tomorrow_says_its_day():
    evening = pd.Timestamp("2026-06-25 15:00")  # 17:00 to 18:00 in Stockholm; then closed until 08:00
    view = view_from(desk(newest=evening, ahead=18), newest=evening, hours_ahead=17)

    assert "3 people short Fri 08:00-11:00" in by_name(view)["billing"].what
    assert re.search(r"closed +Fri|Fri +Fri", " ".join(printed(view, 250).split()))


def test_people_who_were_asked_for_before_the_hours_end_say_when():
    view = view_from()

    assert "as it was known at" not in printed(view, 80)
    old = view.people.assign(as_of=view.hour_end - 2 * HOUR)
    assert "as it was known at 13:00: nobody asked since" in printed(replace(view, people=old), 80)


def test_a_breach_that_nothing_was_learnt_of_says_so():
    assert "breach of vip: nothing was learnt from past hours yet" in printed(view_from(), 80)


def test_one_queue_is_shown_by_priority_too(house):
    assert "By priority" in printed(read(house, queue="billing"), 80)
    assert "By priority" not in printed(read(house), 80)


def test_a_desk_without_any_case_is_calm():
    rows = desk([Queue("sales", per_hour=0, breach=0.0)])
    view = view_from(rows)

    assert "Backlog 15:00: nothing is pressing, 0 open" in subject(view, needs_of(view))
    assert "Nothing is pressing." in printed(view, 80)


def test_the_site_as_a_whole_counts_only_queues_whose_people_are_known():
    rows = pd.DataFrame(
        {
            "cases_done": [10, 6, 5], "on_product_agents": [4.0, 2.0, np.nan], "work_hours_done": [3.0, np.nan, 2.0],
        }
    )  # fmt: skip

    found = whole_site(rows)

    assert (21, 6.0) == (found["cases_done"], found["on_product_agents"])
    assert 16 / 6 == pytest.approx(found["cases_per_agent_hour"])
    assert 3 / 4 == pytest.approx(found["utilisation"])  # the queue of two people says nothing of its work


def test_json_has_every_queue_unrounded_and_null_for_unknown(capsys):
    tables, told = backlog_json(view_from(desk(many(30), hours=2)))
    print_json(tables, **told)

    found = json.loads(capsys.readouterr().out)
    assert 30 == len(found["backlog"]) == len(found["needs"])
    assert [row["queue_id"] for row in found["backlog"]] == [need["queue_id"] for need in found["needs"]]
    assert found["is_simulated"]
    assert [None] * 30 == [row["open_change_day"] for row in found["backlog"]]


def test_an_hour_without_people_alerts_or_performance_is_shown_all_the_same():
    view = view_from()
    empty = {name: getattr(view, name).iloc[:0] for name in ("people", "performance", "alerts", "actions", "expected")}

    text = " ".join(printed(replace(view, **empty), 80).split())

    assert "nothing is made of their people yet" in text
    assert "billing: 65 over due" in text

"""A ring group that its map reads in turn stops every run until the map says that the legs are at once."""

import csv
import datetime as dt

from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.house_kit import count, refresh_outcome

MAP = """
name = "ring"
title = "A ring group"
[tables.cdr]
role = "call_legs"
load = "incremental"
key = ["id", "phone"]
business_date = "created"
[tables.cdr.types]
id = "string"
phone = "int64"
created = "timestamp"
state = "string"
waited = "int64"
talk = "int64"
[tables.cdr.columns]
call_id = "id"
leg_number = "phone"
queue_id = { constant = "desk" }
started_at = "created"
wait_seconds = "waited"
talk_seconds = "talk"
status = { column = "state", words = { OK = "answered", GONE = "abandoned" } }
"""


def write_calls(folder):
    """30 calls on two phones each: 20 are answered by the first, 5 by the second, 5 by nobody."""
    folder.mkdir()
    with (folder / "cdr.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "phone", "created", "state", "waited", "talk"])
        for call in range(30):
            answering = 1 if call < 20 else 2 if call < 25 else 0
            created = dt.datetime(2026, 3, 10, 9) + dt.timedelta(minutes=call)
            for phone in (1, 2):
                is_ours = phone == answering
                rows.writerow([call, phone, created, "OK" if is_ours else "GONE", 12, 237 if is_ours else 0])


def house_of(folder, text):
    path = folder / "ring.toml"
    path.write_text(text, encoding="utf-8")
    return House(load_settings(home=folder / "home", source=str(path), source_url=f"file://{folder / 'source'}"))


def test_a_ring_group_read_in_turn_stops_every_run_until_the_map_is_mended(clean_environment):
    write_calls(clean_environment / "source")
    in_turn = house_of(clean_environment, MAP)

    stopped = [" ".join(refresh_outcome(in_turn).problems) for _ in range(2)]

    for words in stopped:
        assert "30 of 30 calls are overlapping_legs (100%), more than the limit of 2%" in words
        assert 'say legs = "at_once"' in words

    at_once = house_of(clean_environment, MAP.replace('role = "call_legs"', 'role = "call_legs"\nlegs = "at_once"'))
    assert () == refresh_outcome(at_once).problems
    assert 25 == count(at_once, "select sum(calls_answered) from silver.queue_intervals")
    assert 237 == count(at_once, "select sum(handle_seconds) / sum(answered_handle_known) from silver.queue_intervals")


def test_what_is_told_of_calls_and_rows_stands_in_the_run_s_summary(clean_environment):
    write_calls(clean_environment / "source")
    path = clean_environment / "source" / "cdr.csv"
    path.write_text(path.read_text(encoding="utf-8") + "30,1,soon,OK,1,1\n", encoding="utf-8")
    house = house_of(clean_environment, MAP)
    tolerant = House(house.settings.model_copy(update={"contradiction_share_limit": 1.0}))

    assert () == refresh_outcome(tolerant).problems

    with tolerant.open_warehouse() as warehouse:
        lines = warehouse.frame(warehouse.table(PIPELINE_HEALTH.full_name)).set_index("table_name")["findings"]
    assert '{"abandoned_with_talk": 20, "overlapping_legs": 30}' == lines["silver.calls"]
    assert '"undated": 1' in lines["silver.call_legs"]

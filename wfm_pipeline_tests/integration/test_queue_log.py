"""Asterisk's queue_log, a log of events, as calls of queues. SIMULATED: the logs are made here, in their documented form."""

import gzip
from collections import Counter

import pytest

from wfm_pipeline.calculators.source_look import CheckRequest, check_map
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.files.queue_log import COLUMNS, read_stays
from wfm_pipeline.sources.maps import MAP_FOLDER, load_map
from wfm_pipeline_tests.house_kit import count, do

FIRST = 1_772_460_000  # 2 March 2026, 14:00 UTC: 9 in the morning in New York
CALLS = 60


def call(number):
    """Lines of a call: every sixth abandons, every tenth leaves after a time, every fifteenth is passed on to a second queue."""
    time, name, queue = FIRST + 420 * number, f"{FIRST + 420 * number}.{number}", f"q{number % 2}"
    begin = f"{time}|{name}|{queue}|NONE|ENTERQUEUE||1202555{number:04d}|1"
    if number % 6 == 0:
        return [begin, f"{time + 25}|{name}|{queue}|NONE|ABANDON|1|1|25"]
    if number % 10 == 1:
        return [begin, f"{time + 60}|{name}|{queue}|NONE|EXITWITHTIMEOUT|1|1|60"]
    answer = [
        begin,
        f"{time + 10}|{name}|{queue}|PJSIP/99|RINGNOANSWER|10000",
        f"{time + 30}|{name}|{queue}|PJSIP/10{number % 4}|CONNECT|30|{time}.9|4",
    ]
    if number % 15 == 2:
        return [
            *answer,
            f"{time + 130}|{name}|{queue}|PJSIP/10{number % 4}|BLINDTRANSFER|600|queues|30|100|1",
            f"{time + 130}|{name}|second|NONE|ENTERQUEUE||1202555{number:04d}|1",
            f"{time + 150}|{name}|second|PJSIP/200|CONNECT|20|{time}.10|3",
            f"{time + 350}|{name}|second|PJSIP/200|COMPLETECALLER|20|200|1",
        ]
    return [*answer, f"{time + 230}|{name}|{queue}|PJSIP/10{number % 4}|COMPLETEAGENT|30|200|1"]


def lines(numbers=range(CALLS)):
    """Of several calls, in the order of the clock, as Asterisk writes them."""
    started = f"{FIRST - 60}|NONE|NONE|NONE|QUEUESTART|"
    return [started, *sorted((line for number in numbers for line in call(number)), key=lambda line: int(line[:10]))]


def written(folder, texts, name="queue_log"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(f"{text}\n" for text in texts))


def a_house(tmp_path):
    url = f"file://{tmp_path / 'logs'}"
    return House(load_settings(home=tmp_path / "home", source="asterisk_queue_log", source_url=url))


def refreshed(house):
    return do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems


ABANDONED = sum(number % 6 == 0 for number in range(CALLS))
LEFT = sum(number % 10 == 1 and number % 6 != 0 for number in range(CALLS))


def test_a_log_and_its_rotated_part_become_calls_with_their_waits_and_talk_times(tmp_path):
    told = lines()
    written(tmp_path / "logs", told[100:])
    (tmp_path / "logs" / "queue_log.1.gz").write_bytes(
        gzip.compress("".join(f"{one}\n" for one in told[:100]).encode())
    )
    house = a_house(tmp_path)
    for table in check_map(house, CheckRequest()):
        assert {} == {column.column: column.first_misfit for column in table.columns if column.misfits}

    problems = refreshed(house)

    assert () == problems
    with house.open_warehouse() as warehouse:
        ask = lambda query: warehouse.con.raw_sql(query).fetchall()  # noqa: E731
        outcomes = Counter(dict(ask("select outcome, count(*) from silver.calls group by 1")))
        times = ask(
            "select distinct wait_seconds, handle_seconds from silver.calls where outcome = 'answered' and transfers = 0"
        )
        passed = ask(
            "select distinct queue_id in ('q0', 'q1'), final_queue_id, outcome from silver.calls where transfers = 1"
        )
    assert Counter(answered=CALLS - ABANDONED - LEFT, abandoned=ABANDONED, other=LEFT) == outcomes
    assert [(30.0, 200.0)] == times
    assert [(True, "second", "answered")] == passed
    assert 25.0 == count(house, "select max(wait_seconds) from silver.calls where outcome = 'abandoned'")


def test_a_call_that_goes_on_comes_with_the_next_reading_and_nothing_comes_twice(tmp_path):
    told = lines(range(8))
    written(tmp_path / "logs", told[:-1])
    house = a_house(tmp_path)
    assert () == refreshed(house)
    before = count(house, "select count(*) from silver.calls")
    with (tmp_path / "logs" / "queue_log").open("a") as log:
        log.write(told[-1] + "\n" + "1772463600|177246")  # the last line is being written

    assert () == refreshed(house)

    assert (7, 8) == (before, count(house, "select count(*) from silver.calls"))
    # One of the calls was passed on and has two legs.
    assert 9 == count(house, "select count(*) from bronze.asterisk_queue_log__queue_log")


@pytest.mark.parametrize("chunk_rows", [1, 7, 10_000])
def test_stays_are_the_same_in_chunks_of_any_size_and_files_in_any_order(tmp_path, chunk_rows):
    told = lines()
    for number, name in enumerate(("queue_log.2", "queue_log.1", "queue_log")):
        written(tmp_path / "logs", told[80 * number : 80 * (number + 1)], name)
    paths = sorted((tmp_path / "logs").iterdir())
    whole = [row for table in read_stays(paths, chunk_rows=10_000) for row in table.to_pylist()]

    found = [row for table in read_stays(paths[::-1], chunk_rows=chunk_rows) for row in table.to_pylist()]

    assert 60 + sum(number % 15 == 2 for number in range(CALLS) if number % 6 and number % 10 != 1) == len(found)
    assert whole == found


@pytest.mark.parametrize(
    ("end", "outcome", "waited", "talked"),
    [
        pytest.param("TRANSFER|600|queues|12|88|1", "transferred", "12", "88", id="transfer"),
        pytest.param("ATTENDEDTRANSFER|BRIDGE|abc|12|88", "transferred", "12", "70", id="attended_by_the_clock"),
        pytest.param("COMPLETECALLER|12|88|1", "answered", "12", "88", id="caller_hangs_up"),
        pytest.param("COMPLETEAGENT", "answered", "12", "70", id="times_are_not_told"),
        pytest.param("AGENTDUMP", "other", "12", None, id="agent_dumps"),
    ],
)
def test_each_end_of_a_connected_stay_says_what_became_of_it(tmp_path, end, outcome, waited, talked):
    written(
        tmp_path / "logs",
        ["1000|a.1|q|NONE|ENTERQUEUE||5550001|1", "1012|a.1|q|SIP/1|CONNECT|12|b.2", f"1082|a.1|q|SIP/1|{end}"],
    )

    [row] = next(read_stays([tmp_path / "logs" / "queue_log"], chunk_rows=10)).to_pylist()

    wait = "82" if outcome == "other" else waited
    assert (outcome, wait, talked) == (row["outcome"], row["waited"], row["talked"])


@pytest.mark.parametrize(
    ("end", "waited"),
    [("ABANDON|1|1|33", "33"), ("EXITWITHKEY|1|2|2|33", "33"), ("EXITEMPTY|1|1|33", "33"), ("EXITWITHTIMEOUT", "40")],
)
def test_the_wait_of_who_was_not_answered_is_told_or_by_the_clock(tmp_path, end, waited):
    written(tmp_path / "logs", ["1000|a.1|q|NONE|ENTERQUEUE||5550001|1", f"1040|a.1|q|NONE|{end}"])

    [row] = next(read_stays([tmp_path / "logs" / "queue_log"], chunk_rows=10)).to_pylist()

    assert waited == row["waited"]


def test_a_stay_without_an_end_for_a_day_is_other(tmp_path):
    entered = "1000|a.1|q|NONE|ENTERQUEUE||5550001|1"
    written(tmp_path / "logs", [entered, "90000|NONE|NONE|NONE|CONFIGRELOAD|"])

    [row] = next(read_stays([tmp_path / "logs" / "queue_log"], chunk_rows=10)).to_pylist()

    assert ("other", None) == (row["outcome"], row["waited"])


def test_a_line_that_is_no_event_is_refused_with_file_and_line(tmp_path):
    written(tmp_path / "logs", ["1000|a.1|q|NONE|ENTERQUEUE||5550001|1", "yesterday|a.1|q|NONE|ABANDON|1|1|9"])

    with pytest.raises(SourceError, match="queue_log, line 2, is no event"):
        list(read_stays([tmp_path / "logs" / "queue_log"], chunk_rows=10))


def test_events_are_read_from_files_alone_and_name_their_own_columns(tmp_path):
    text = (MAP_FOLDER / "asterisk_queue_log.toml").read_text()
    path = tmp_path / "odd.toml"
    path.write_text(text.replace('waited = "int64"', 'holdtime = "int64"').replace('"waited"', '"holdtime"'))
    house = House(load_settings(home=tmp_path, source="asterisk_queue_log", source_url="sqlite:////tmp/none.sqlite"))

    with pytest.raises(SettingsError, match=f"columns of queue_log: {', '.join(COLUMNS)}"):
        load_map(str(path))
    with pytest.raises(SettingsError, match="log of events, which is read from files"), house.open_source():
        pass

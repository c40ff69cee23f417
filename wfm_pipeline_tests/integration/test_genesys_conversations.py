"""Genesys Cloud's conversation details as calls of queues. SIMULATED: made here, as the conversation detail data model has them."""

import datetime as dt
import json
from collections import Counter

import pytest

from wfm_pipeline.calculators.source_look import CheckRequest, check_map
from wfm_pipeline.errors import SourceError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.files.conversations import read_conversations
from wfm_pipeline_tests.house_kit import do

FIRST = dt.datetime(2026, 3, 2, 14, tzinfo=dt.UTC)
CONVERSATIONS = 60


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def segment(kind, start, seconds, **more):
    return {
        "segmentType": kind,
        "segmentStart": text(start),
        "segmentEnd": text(start + dt.timedelta(seconds=seconds)),
        **more,
    }


def participant(purpose, segments, *, user=None, metrics=()):
    session = {
        "mediaType": "voice",
        "sessionId": f"{purpose}-session",
        "ani": "tel:+12025550123",
        "dnis": "tel:+12025550000",
        "direction": "inbound",
        "segments": segments,
        "metrics": [{"name": name, "value": 1, "emitDate": text(FIRST)} for name in metrics],
    }
    return {
        "participantId": f"{purpose}-1",
        "participantName": "Jo Example",
        "purpose": purpose,
        "sessions": [session],
    } | ({"userId": user} if user else {})


def in_queue(start, queue, *, seconds=30.5, metrics=()):
    return participant("acd", [segment("interact", start, seconds, queueId=queue)], metrics=metrics)


def by_agent(start, queue, user):
    """Rings for 4 s, talks 100 s, holds 20 s, talks 80 s, writes 40 s."""
    after = [start + dt.timedelta(seconds=seconds) for seconds in (0, 4, 104, 124, 204)]
    return participant(
        "agent",
        [
            segment("alert", after[0], 4, queueId=queue),
            segment("interact", after[1], 100, queueId=queue),
            segment("hold", after[2], 20, queueId=queue),
            segment("interact", after[3], 80, queueId=queue),
            segment("wrapup", after[4], 40, queueId=queue),
        ],
        user=user,
    )


def conversation(number, *, is_over=True):
    """Every sixth abandons, every tenth flows out, every fifteenth goes on to a second queue, every twentieth is outbound."""
    start, queue = FIRST + dt.timedelta(minutes=7 * number), f"queue-{number % 2}"
    end = start + dt.timedelta(minutes=20)
    parts = [participant("customer", [segment("interact", start, 1200)])]
    if number % 6 == 0:
        parts += [in_queue(start, queue, metrics=("tAbandon", "nOffered"))]
    elif number % 10 == 1:
        parts += [in_queue(start, queue, metrics=("tFlowOut", "nOffered"))]
    else:
        parts += [
            by_agent(start + dt.timedelta(seconds=30.5), queue, f"user-{number % 4}"),
            in_queue(start, queue, metrics=("tAnswered", "nOffered")),
        ]
    if number % 15 == 2:
        later = start + dt.timedelta(seconds=300)
        parts += [in_queue(later, "second"), by_agent(later + dt.timedelta(seconds=30.5), "second", "user-9")]
    return {
        "conversationId": f"c-{number:03d}",
        "conversationStart": text(start),
        **({"conversationEnd": text(end)} if is_over else {}),
        "originatingDirection": "outbound" if number % 20 == 3 else "inbound",
        "divisionIds": ["d"],
        "participants": parts,
    }


def written(folder, conversations, name="conversations-1.jsonl"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(one) + "\n" for one in conversations))


OUTBOUND = [number for number in range(CONVERSATIONS) if number % 20 == 3]
ABANDONED = sum(number % 6 == 0 for number in range(CONVERSATIONS) if number not in OUTBOUND)
OUT = sum(number % 10 == 1 and number % 6 != 0 for number in range(CONVERSATIONS) if number not in OUTBOUND)


def test_conversations_become_calls_of_queues_with_who_answered_and_all_times(tmp_path):
    written(tmp_path / "exports", [conversation(number) for number in range(CONVERSATIONS)])
    url = f"file://{tmp_path / 'exports'}"
    house = House(load_settings(home=tmp_path / "home", source="genesys_cloud", source_url=url))
    for table in check_map(house, CheckRequest()):
        assert {} == {column.column: column.first_misfit for column in table.columns if column.misfits}

    problems = do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems

    assert () == problems
    with house.open_warehouse() as warehouse:
        ask = lambda query: warehouse.con.raw_sql(query).fetchall()  # noqa: E731
        outcomes = Counter(dict(ask("select outcome, count(*) from silver.calls group by 1")))
        times = ask(
            "select distinct wait_seconds, talk_seconds, hold_seconds, after_call_seconds from silver.call_legs "
            "where status = 'answered'"
        )
        passed = ask(
            "select count(*), count(distinct final_queue_id), min(agent_id) from silver.calls where transfers = 1"
        )
        refused = ask("select rule, count(*) from silver.rejected_rows where is_row_refused group by 1")
    everybody = CONVERSATIONS - len(OUTBOUND)
    assert Counter(answered=everybody - ABANDONED - OUT, abandoned=ABANDONED, other=OUT) == outcomes
    # 30.5 s in the queue and 4 s of ringing; 100 + 80 s of talk.
    assert [(34.5, 180.0, 20.0, 40.0)] == times
    assert [(sum(number % 15 == 2 for number in range(CONVERSATIONS)), 1, "user-9")] == passed
    assert [("excluded_not_inbound", len(OUTBOUND))] == refused


@pytest.mark.parametrize("chunk_rows", [1, 7, 1000])
def test_stays_are_the_same_in_chunks_of_any_size_and_open_conversations_are_none(tmp_path, chunk_rows):
    written(tmp_path / "exports", [conversation(number, is_over=number != 5) for number in range(20)])
    paths = [tmp_path / "exports" / "conversations-1.jsonl"]
    whole = [row for table in read_conversations(paths, chunk_rows=1000) for row in table.to_pylist()]

    found = [row for table in read_conversations(paths, chunk_rows=chunk_rows) for row in table.to_pylist()]

    assert whole == found
    assert 19 == len({row["conversation_id"] for row in found})


@pytest.mark.parametrize("participants", ['"none"', '[{"sessions": [{"segments": [{"segmentEnd": "soon"}]}]}]', "[1]"])
def test_participants_of_another_shape_are_refused_with_file_and_conversation(tmp_path, participants):
    (tmp_path / "odd.jsonl").write_text(
        f'{{"conversationId": "c-1", "conversationEnd": "2026-03-02T14:00:00.000Z", "participants": {participants}}}\n'
    )

    with pytest.raises(SourceError, match=r"odd.jsonl: conversation c-1 has participants"):
        list(read_conversations([tmp_path / "odd.jsonl"], chunk_rows=10))


def test_who_spoke_before_a_stay_began_did_not_answer_it(tmp_path):
    later = FIRST + dt.timedelta(seconds=400)
    twice = conversation(4) | {
        "participants": [
            participant("customer", [segment("interact", FIRST, 900)]),
            by_agent(FIRST, "a", "user-1"),
            in_queue(later, "a", metrics=("tAbandon",)),
        ]
    }
    written(tmp_path, [twice])

    rows = [row for table in read_conversations([tmp_path / "conversations-1.jsonl"], chunk_rows=10)
            for row in table.to_pylist()]  # fmt: skip

    assert [(None, "abandoned")] == [(row["agent_id"], row["outcome"]) for row in rows]

"""Rows that show a case as it stood become events: by hand, by walking through each case, and never with what was not known yet."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.sources.files.case_fold import CLOSED, OPEN, PAUSED, RESOLVED, fold

NAMES = ("case", "at", "state", "queue", "agent", "priority", "due_at", "opened_at", "resolved_at", "closed_at")
TIMES = ("at", "due_at", "opened_at", "resolved_at", "closed_at")
START = pd.Timestamp("2026-03-02 08:00")


def minute(number):
    return START + pd.Timedelta(minutes=number)


def rows_of(*rows):
    """Rows of a log; what is not said is null. Times as minutes after START."""
    frame = pd.DataFrame([{"case": "a", **row} for row in rows], columns=list(NAMES)).astype(object)
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name].map(minute, na_action="ignore")).astype("datetime64[us]")
    return frame.assign(state=frame["state"].astype(int))


def told(events):
    """(kind, minutes, queue) of each event."""
    at = (events["happened_at"].dt.floor("min") - START) / pd.Timedelta(minutes=1)
    queues = events["queue_id"].where(events["queue_id"].notna(), None)
    return list(zip(events["kind"], at.astype(int), queues, strict=True))


def test_a_case_from_opening_to_closing():
    events = fold(
        rows_of(
            {"at": 5, "state": OPEN, "queue": "q", "opened_at": 0, "priority": "high"},
            {"at": 9, "state": OPEN, "queue": "q", "agent": "ann"},
            {"at": 20, "state": PAUSED, "queue": "r", "agent": "ann"},
            {"at": 30, "state": OPEN, "due_at": 500},
            {"at": 40, "state": RESOLVED, "resolved_at": 38},
            {"at": 50, "state": CLOSED, "closed_at": 50},
            {"at": 60, "state": OPEN, "queue": "q"},
        )
    )

    assert [
        ("opened", 0, "q"), ("assigned", 9, None), ("moved", 20, "r"), ("paused", 20, None), ("due", 30, None),
        ("resumed", 30, None), ("resolved", 38, None), ("closed", 50, None), ("re_opened", 60, None), ("moved", 60, "q"),
    ] == told(events)  # fmt: skip
    assert list(range(1, 11)) == events["number"].tolist()
    assert {"high"} == set(events["priority"])
    assert minute(500) == events.loc[events["kind"] == "due", "due_at"].item()
    assert [minute(5), minute(40)] == events.loc[events["kind"].isin(["opened", "resolved"]), "known_at"].tolist()


def test_events_of_one_instant_are_told_apart_in_their_order():
    events = fold(
        rows_of({"at": 0, "state": OPEN, "agent": "ann"}, {"at": 0, "state": RESOLVED}, {"at": 0, "state": OPEN})
    )

    assert ["opened", "assigned", "resolved", "re_opened"] == events["kind"].tolist()
    assert [0, 1, 2, 3] == events["happened_at"].dt.microsecond.tolist()


@pytest.mark.parametrize(
    ("row", "at"),
    [
        pytest.param({"resolved_at": 35}, 35, id="before_the_row"),
        pytest.param({"resolved_at": 41}, 40, id="from_the_future"),
        pytest.param({"resolved_at": 9}, 40, id="of_an_earlier_time"),
        pytest.param({}, 40, id="not_told"),
    ],
)
def test_a_time_on_the_row_is_used_only_where_it_can_be_meant(row, at):
    events = fold(rows_of({"at": 10, "state": OPEN}, {"at": 40, "state": RESOLVED, **row}))

    assert ("resolved", at, None) == told(events)[-1]


def test_a_closed_case_that_is_only_resolved_was_opened_again_in_between():
    events = fold(rows_of({"at": 0, "state": CLOSED}, {"at": 10, "state": RESOLVED}))

    assert ["opened", "closed", "re_opened", "resolved"] == events["kind"].tolist()


def test_another_priority_is_told_by_a_move_that_moves_nothing():
    events = fold(
        rows_of({"at": 0, "state": OPEN, "queue": "q", "priority": "low"}, {"at": 5, "state": -1, "priority": "high"})
    )

    assert [("opened", 0, "q"), ("moved", 5, "q")] == told(events)
    assert ["low", "high"] == events["priority"].tolist()


def test_a_log_without_rows_has_no_events():
    assert fold(rows_of().astype({"state": int})).empty


# ---- random logs ----------------------------------------------------------------------------------

_ROW = st.fixed_dictionaries(
    {
        "case": st.sampled_from("ab"),
        "at": st.integers(0, 12),
        "state": st.sampled_from([-1, OPEN, PAUSED, RESOLVED, CLOSED]),
        "queue": st.sampled_from([None, "q", "r"]),
        "agent": st.sampled_from([None, "ann", "bo"]),
        "priority": st.sampled_from([None, "high", "low"]),
        "due_at": st.sampled_from([None, 30, 40]),
        "opened_at": st.sampled_from([None, -5, 3]),
        "resolved_at": st.sampled_from([None, 4, 20]),
        "closed_at": st.sampled_from([None, 6, 25]),
    }
)


def walked(rows):
    """Case by case and row by row: (case, kind, queue told, known minute)."""
    found = []
    ordered = sorted(enumerate(rows), key=lambda one: (one[1]["case"], one[1]["at"], one[0]))
    stood = {}
    for _, row in ordered:
        case, before = row["case"], stood.get(row["case"])
        now = dict(before or {"state": OPEN, "queue": None, "agent": None, "priority": None, "due_at": None})
        now |= {name: row[name] for name in ("queue", "agent", "priority", "due_at") if row[name] is not None}
        now["state"] = now["state"] if row["state"] == -1 else row["state"]
        was = before or {
            "state": OPEN,
            "queue": now["queue"],
            "agent": None,
            "priority": now["priority"],
            "due_at": None,
        }
        kinds = ["opened"] if before is None else []
        kinds += ["due"] if now["due_at"] != was["due_at"] else []
        is_live, was_done = now["state"] in (OPEN, PAUSED), was["state"] in (RESOLVED, CLOSED)
        kinds += ["re_opened"] if (was_done and is_live) or (was["state"], now["state"]) == (CLOSED, RESOLVED) else []
        kinds += ["resumed"] if (was["state"], now["state"]) == (PAUSED, OPEN) else []
        is_other = was["priority"] is not None and now["priority"] != was["priority"]
        kinds += ["moved"] if before is not None and (now["queue"] != was["queue"] or is_other) else []
        kinds += ["assigned"] if is_live and now["agent"] != was["agent"] else []
        if now["state"] != was["state"] and now["state"] != OPEN:
            kinds.append({PAUSED: "paused", RESOLVED: "resolved", CLOSED: "closed"}[now["state"]])
        found += [(case, kind, now["queue"] if kind in ("opened", "moved") else None, row["at"]) for kind in kinds]
        stood[case] = now
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(_ROW, max_size=14))
def test_the_fold_equals_walking_through_each_case(rows):
    events = fold(rows_of(*rows))
    known = ((events["known_at"].dt.floor("min") - START) / pd.Timedelta(minutes=1)).astype(int)
    queues = events["queue_id"].where(events["queue_id"].notna(), None)

    assert walked(rows) == list(zip(events["case_id"], events["kind"], queues, known, strict=True))
    assert (events.groupby("case_id")["happened_at"].diff().dropna() > pd.Timedelta(0)).all()
    assert (events["known_at"] >= events["happened_at"]).all()


@settings(max_examples=150, deadline=None)
@given(st.lists(_ROW, max_size=14), st.integers(0, 12))
def test_what_was_written_later_changes_nothing_that_was_known(rows, until):
    """A leak test: the log as it stood at an instant gives the very events that the whole log says were known then."""
    early = fold(rows_of(*[row for row in rows if row["at"] <= until]))
    whole = fold(rows_of(*rows))
    known = whole[whole["known_at"] < minute(until + 1)].reset_index(drop=True)

    pd.testing.assert_frame_equal(early, known, check_dtype=False)


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_cases_in_a_log_does_not_matter(random):
    times = np.arange(12)
    rows = [{"case": case, "at": int(at), "state": int(at) % 4, "queue": "q"} for case in "ab" for at in times]
    mixed = list(rows)
    random.shuffle(mixed)

    pd.testing.assert_frame_equal(fold(rows_of(*rows)), fold(rows_of(*mixed)))

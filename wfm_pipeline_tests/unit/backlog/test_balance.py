"""The conservation law finds what breaks it, and nothing else."""

import pandas as pd
import pytest

from wfm_pipeline.domain.backlog.balance import unbalanced_hours
from wfm_pipeline_tests.backlog_kit import backlog

AT = pd.to_datetime(["2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 05:00"])
"""Two hours side by side, and one after a gap."""
NO_FLOW = dict.fromkeys(("inflow", "re_opened", "moved_in", "outflow", "moved_out"), 0)


def hours(queue, before, now, **flows):
    rows = pd.DataFrame({"queue_id": queue, "hour_start": AT, "hour_end": AT + pd.Timedelta(hours=1)})
    return rows.assign(open_before=before, open_cases=now, **(NO_FLOW | flows))


def found(*parts):
    return unbalanced_hours(pd.concat(parts))[["queue_id", "difference", "carried", "moved"]].to_numpy().tolist()


def test_hours_in_balance_are_not_named():
    # 0 + 3 in - 1 out = 2; 2 + 1 re-opened - 1 moved out = 2; what happened in the gap is not asked.
    one = hours(
        "a", [0, 2, 7], [2, 2, 7], inflow=[3, 0, 0], outflow=[1, 0, 0], re_opened=[0, 1, 0], moved_out=[0, 1, 0]
    )
    other = hours("b", [0, 0, 0], [0, 1, 0], moved_in=[0, 1, 0])

    assert [] == found(one, other)


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        pytest.param(hours("a", [0, 0, 0], [0, 1, 0]), [["a", 1, 0, 0]], id="a_case_from_nowhere"),
        pytest.param(hours("a", [0, 1, 0], [0, 1, 0]), [["a", 0, 1, 0]], id="an_hour_begins_with_more_than_was_left"),
        pytest.param(
            hours("a", [0, 1, 0], [1, 1, 0], moved_in=[1, 0, 0]), [["a", 0, 0, 1]], id="moved_in_from_nowhere"
        ),
    ],
)
def test_an_hour_that_breaks_the_law_is_named(broken, expected):
    assert expected == found(broken)


def test_a_day_of_25_hours_has_25_hours_in_balance():
    local = pd.date_range("2026-10-25", "2026-10-26", freq="h", tz="Europe/Paris", unit="us")
    edges = local.tz_convert("UTC").tz_localize(None)
    grid = pd.DataFrame({"hour_start": edges[:-1], "hour_end": edges[1:]})
    # 2:30 on the wall clock comes twice: at 0:30 and at 1:30 UTC.
    rows = [("1", "opened", "2026-10-25 00:30", "a"), ("1", "moved", "2026-10-25 01:30", None, "b")]

    made = backlog(rows, grid).by_queue

    by_queue = {name: rows["open_cases"].tolist() for name, rows in made.groupby("queue_id")}
    assert {"a": [0, 0, 1] + [0] * 22, "b": [0, 0, 0] + [1] * 22} == by_queue
    assert unbalanced_hours(made).empty

"""The file queue_changes: what it may say, and refusals that name the lines."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.errors import DataError

COLUMNS = ["queue_id", "from_date", "kind", "other_queue_id", "share", "decided_by"]
KNOWN = ("a", "b", "c")


def read(*lines, known=KNOWN):
    """Lines of the file as `queue,date,kind,other,share`, all by ann."""
    rows = [[*line.split(","), "ann"] for line in lines]
    return read_rows(PLANNERS_FILES["queue_changes"], pd.DataFrame(rows, columns=COLUMNS), known, source="s")[0]


def test_a_row_says_what_the_forecast_needs_and_the_rest_is_filled_in():
    found = read("a,2026-03-02,closed,,", "b,2026-03-02,split,b,0.7", "b,2026-03-02,split,new,0.3")

    assert [("a", None), ("b", 0.7), ("new", 0.3)] == [(row["other_queue_id"], row["share"]) for row in found]
    assert dt.date(2026, 3, 2) == found[0]["from_date"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["a,2026-01-05,renamed,x,", "x,2026-06-01,renamed,y,"], id="renamed_twice"),
        pytest.param(["a,2026-01-05,closed,,", "a,2026-03-02,opened,,", "a,2026-06-01,closed,,"], id="opened_again"),
        pytest.param(["a,2026-01-05,renamed,x,", "a,2026-06-01,opened,,", "x,2026-06-01,merged,a,"], id="renamed_back"),
        pytest.param(["x,2026-01-05,opened,,", "a,2026-01-05,merged,x,"], id="opened_and_given_on_one_date"),
        pytest.param(["a,2026-01-05,split,x,0.333", "a,2026-01-05,split,y,0.667"], id="split"),
    ],
)
def test_statements_that_follow_each_other_are_taken(lines):
    assert len(lines) == len(read(*lines))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param(["a,2026-03-02,gone,,"], "kind must be one of opened, closed, renamed, merged, split, got 'gone'", id="kind"),
        pytest.param(["a,2026-03-02,renamed,,"], "other_queue_id must name its new name where a queue is renamed", id="no_other"),
        pytest.param(["a,2026-03-02,closed,b,"], "other_queue_id must be empty where a queue is closed, got 'b'", id="other"),
        pytest.param(["a,2026-03-02,merged,a,"], "must be another queue than 'a' where it is merged", id="itself"),
        pytest.param(["a,2026-03-02,split,b,"], "share must say which part", id="no_share"),
        pytest.param(["a,2026-03-02,split,b,40"], "share must be at least 0, at most 1, got 40", id="percent"),
        pytest.param(["a,2026-03-02,merged,b,0.5"], "share must be empty where a queue is merged, got 0.5", id="share"),
        pytest.param(
            ["a,2026-03-02,split,b,0.5", "a,2026-03-02,split,x,0.4"],
            "must add up to 1, got 0.9; a part that it keeps has a row of its own, with itself as other_queue_id "
            "(queue_changes.csv, line 2; queue_changes.csv, line 3)",
            id="shares",
        ),
        pytest.param(
            ["a,2026-03-02,closed,,", "a,2026-03-02,renamed,x,"],
            "queue 'a' cannot be closed and renamed on 2026-03-02",
            id="two_things",
        ),
        pytest.param(
            ["a,2026-03-02,renamed,x,", "x,2026-03-02,renamed,y,"],
            "queue 'x' is renamed from 2026-03-02 and cannot take part from 2026-03-02: state with a row `opened` when it "
            "begins again, or mend queue or date (queue_changes.csv, line 3; queue_changes.csv, line 2)",
            id="chain",
        ),
        pytest.param(["a,2026-03-02,merged,b,", "b,2026-03-02,merged,a,"], "cannot take part from 2026-03-02", id="cycle"),
        pytest.param(
            ["a,2026-03-02,closed,,", "b,2026-05-04,merged,a,"], "queue 'a' is closed from 2026-03-02", id="into_a_closed"
        ),
        pytest.param(["a,2026-03-02,closed,,", "a,2026-05-04,closed,,"], "is closed from 2026-03-02", id="closed_twice"),
        pytest.param(
            ["sals,2026-03-02,closed,,"],
            "queue 'sals' has no calls and no row opens it; known are a, b, c (queue_changes.csv, line 2)",
            id="unknown",
        ),
        pytest.param(["a,2026-03-02,merged,sals,"], "queue 'sals' has no calls and no row opens it", id="into_unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_lines(lines, said):
    with pytest.raises(DataError) as refusal:
        read(*lines)

    assert said in str(refusal.value)
    assert "queue_changes.csv, line" in str(refusal.value)


def test_before_any_calls_were_loaded_every_name_is_taken():
    assert 1 == len(read("sals,2026-03-02,closed,,", known=()))

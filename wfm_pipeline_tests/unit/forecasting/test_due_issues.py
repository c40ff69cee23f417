"""Which issues a run finishes, scores and fills in: the newest, those that were left out, and none twice."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.due_issues import issues_to_finish, issues_to_score, past_origins

FIRST, SECOND, THIRD = (pd.Timestamp(2026, 3, day) for day in (1, 8, 15))


def ledger(*rows):
    return pd.DataFrame(rows, columns=["issued_at", "revision"])


def test_the_newest_issue_and_those_of_another_revision_are_finished():
    current = ledger((FIRST, 1), (SECOND, 2), (THIRD, 1))
    done = ledger((FIRST, 1), (SECOND, 1), (THIRD, 1))

    assert [(SECOND.to_pydatetime(), 2), (THIRD.to_pydatetime(), 1)] == issues_to_finish(current, done)


def test_without_an_issue_there_is_nothing_to_finish():
    assert [] == issues_to_finish(ledger(), ledger())


@pytest.mark.parametrize(
    ("scored", "days"),
    [
        pytest.param([FIRST, SECOND], [8], id="what_may_still_change_is_scored_again"),
        pytest.param([], [1, 8], id="what_was_never_scored_is"),
    ],
)
def test_issues_that_have_begun_are_scored_while_they_may_change(scored, days):
    issues = pd.DataFrame({"issued_at": [THIRD, SECOND, FIRST], "first_day": [THIRD, SECOND, FIRST]})
    known = pd.Series(scored, dtype="datetime64[ns]")

    found = issues_to_score(issues, known, next_date=dt.date(2026, 3, 15), oldest=dt.date(2026, 3, 5))

    assert [dt.date(2026, 3, day) for day in days] == found


@pytest.mark.parametrize(
    ("origin", "days"),
    [
        pytest.param(20, [13, 6], id="on_the_grid_a_step_back"),
        pytest.param(22, [20, 13], id="between_two_dates_of_it"),
        pytest.param(2, [], id="no_history_before"),
    ],
)
def test_past_dates_stand_on_a_grid_that_does_not_move_with_the_days(origin, days):
    found = past_origins(
        dt.date(2026, 1, origin),
        anchor=dt.date(2026, 1, 6),
        step_days=7,
        count=2,
        first_date=dt.date(2026, 1, 1),
    )

    assert [dt.date(2026, 1, day) for day in days] == found

"""Tables on a screen: as a table where they fit, else turned round, and never a broken name or number."""

import pandas as pd
import pytest

from wfm_pipeline.reports.words.terminal import print_table

LONG = {f"a_column_of_{n}_words": [n * 1234.5] for n in range(9)}


@pytest.fixture
def said(monkeypatch, capsys):
    """Lines of a frame as it is printed on a terminal of this width."""

    def ask(frame, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_table(frame, "Title")
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return ask


def test_a_table_that_fits_is_printed_as_one(said):
    lines = said(pd.DataFrame({"queue_id": ["a", "b"], "calls": [1, 2_000]}), 80)

    assert "Title" == lines[0]
    assert ["queue_id", "calls"] == lines[2].replace("┃", " ").split()
    assert ["b", "2,000"] == lines[5].replace("│", " ").split()


def test_counts_of_which_one_may_be_unknown_are_written_as_others(said):
    lines = said(pd.DataFrame({"queue_id": ["a", "b"], "calls": pd.array([2_000, None], "Int64")}), 80)

    assert [["a", "2,000"], ["b", "-"]] == [line.replace("│", " ").split() for line in lines[4:6]]


def test_one_row_of_more_than_eight_columns_is_printed_as_pairs_however_wide_the_terminal(said):
    lines = said(pd.DataFrame(LONG), 400)

    assert ["Title", "a_column_of_0_words   0.000", "a_column_of_1_words   1,234"] == lines[:3]
    assert 1 + 9 == len(lines)


def test_a_table_too_wide_for_the_terminal_is_turned_round_with_as_many_rows_beside_each_other_as_fit(said):
    frame = pd.DataFrame({"queue_id": ["a", "b", "c"], **{name: [1.0, 2.0, 3.0] for name in list(LONG)[:3]}})

    lines = said(frame, 40)

    assert [["queue_id", "a", "b"], ["queue_id", "c"]] == [line.split() for line in lines if "queue" in line]
    assert ["a_column_of_2_words", "1.000", "2.000"] == lines[4].split()
    assert max(map(len, lines)) <= 40


def test_texts_are_folded_and_names_and_numbers_are_not(said):
    words = "words that go on and on until no screen is wide enough for them"
    frame = pd.DataFrame({"what_it_is": [words], "how_many": [123_456]})

    lines = said(frame, 50)

    assert any("how_many" in line for line in lines)
    assert any("123,456" in line for line in lines)
    assert words.split() == [word for line in lines for word in line.replace("│", " ").split() if word in words.split()]


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(said, columns):
    frame = pd.DataFrame({**{name: [1.0] * 3 for name in LONG}, "reason": ["long " * 30, "", None]})

    assert max(map(len, said(frame, columns))) <= columns


def test_two_long_texts_share_what_the_short_ones_leave(said):
    frame = pd.DataFrame({"check": ["Dagster's definitions"], "what": ["a long text " * 9], "mend": ["so it is " * 9]})

    lines = said(frame, 80)

    assert "┏" in lines[1]
    assert {80} == {len(line) for line in lines[1:]}
    assert any("Dagster's definitions" in line for line in lines)


def test_what_is_unknown_is_a_dash_and_a_year_has_no_separator(said):
    frame = pd.DataFrame({"iso_year": [2026], "calls": [None], "is_open": [True]})

    assert ["2026", "-", "True"] == said(frame, 80)[4].replace("│", " ").split()


def test_a_frame_without_rows_shows_its_columns(said):
    assert ["queue_id", "calls"] == said(pd.DataFrame({"queue_id": [], "calls": []}), 80)[2].replace("┃", " ").split()

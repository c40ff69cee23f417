"""Cells of our CSV files: nothing a spreadsheet runs, and every text comes back as it was."""

import csv
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.domain.cells import as_it_was, neutral
from wfm_pipeline.files import write_csv
from wfm_pipeline.sources.files.interval_file import read_table_file
from wfm_pipeline.sources.files.planners_files import read_cells, read_text_table

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
CELLS = st.one_of(
    st.text(LETTERS, max_size=8),
    st.text(st.sampled_from("'=+-@\t\r\n1.e, \"x"), max_size=6),
    st.sampled_from(["=cmd|' /C calc'!A0", "@SUM(A1)", "'=x", "''-1", "-5", "+1.5e3", "\r=1", "'"]),
)
RUN = re.compile(r"[=+\-@\t\r]")


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@given(CELLS)
def test_a_written_cell_runs_nothing_and_comes_back(text):
    written = neutral(text)

    assert text == as_it_was(written)
    assert not RUN.match(written) or is_number(written)


@given(CELLS, CELLS)
def test_two_cells_are_never_written_alike(one, other):
    assert (neutral(one) == neutral(other)) is (one == other)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_what_we_write_is_read_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("cells") / "o.csv"
    frame = pd.DataFrame([("key", *row) for row in rows], columns=["=a", "-b", "c"])

    write_csv(frame, path)

    header, cells, _ = read_cells(path)
    assert [list(frame.columns), frame.to_numpy().tolist()] == [header, cells]
    assert frame.to_numpy().tolist() == read_text_table(path).to_numpy().tolist()


def test_numbers_and_dates_are_written_as_they_were(tmp_path):
    frame = pd.DataFrame({"n": [-1.5, None], "t": ["-2", "+46 70"], "d": pd.to_datetime(["2026-01-01", None])})

    write_csv(frame, tmp_path / "o.csv")

    assert [["n", "t", "d"], ["-1.5", "-2", "2026-01-01"], ["", "'+46 70", ""]] == [
        *csv.reader((tmp_path / "o.csv").read_text().splitlines())
    ]


def test_an_interval_file_of_ours_has_its_queues_again(tmp_path):
    frame = pd.DataFrame({"queue_id": ["=1+1", "q"], "calls": [-1, 2]})
    write_csv(frame, tmp_path / "o.csv")

    pd.testing.assert_frame_equal(frame, read_table_file(tmp_path / "o.csv"))


@pytest.mark.parametrize("text", ["=1+1", "@x", "plain"])
def test_raw_cells_are_written_as_they_stand(tmp_path, text):
    write_csv(pd.DataFrame({"a": [text]}), tmp_path / "o.csv", is_raw=True)

    assert f"a\n{text}\n" == (tmp_path / "o.csv").read_text()

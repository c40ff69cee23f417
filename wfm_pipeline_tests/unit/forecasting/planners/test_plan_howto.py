"""The planners' page shows files that are read as they stand."""

import io
import re
from pathlib import Path

import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES
from wfm_pipeline.domain.planners_tables import read_rows

PAGE = Path(__file__).parents[4] / "docs" / "how_to" / "events_and_overrides.md"
SECTIONS = re.findall(
    r"^## [^\n]*`(\w+)\.csv`.*?^```\n(\w[^`]*,[^`]*)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def test_the_page_shows_every_file():
    assert list(PLANNERS_FILES) == [name for name, _ in SECTIONS]


@pytest.mark.parametrize(("name", "text"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_each_example_is_read_without_a_notice(name, text):
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)

    rows, notices = read_rows(PLANNERS_FILES[name], frame, source="telephony")

    assert [] == notices
    assert len(frame) == len(rows) >= 2

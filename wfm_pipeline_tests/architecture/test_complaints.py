"""Each complaint about live boards that the essay names has the tests that it names."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ESSAY = ROOT / "docs" / "methods" / "coverage.md"


def test_the_tests_that_the_essay_names_are_there():
    rows = [
        line for line in ESSAY.read_text(encoding="utf-8").splitlines() if line.startswith("|") and "`test_" in line
    ]
    named = [
        (file, test)
        for row in rows
        for file, tests in re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", row)
        for test in re.findall(r"`(\w+)`", tests)
    ]

    missing = [
        (file, test)
        for file, test in named
        if f"def {test}(" not in (ROOT / "wfm_pipeline_tests" / file).read_text(encoding="utf-8")
    ]
    assert 9 == len(rows)
    assert len(named) >= len(rows)
    assert [] == missing

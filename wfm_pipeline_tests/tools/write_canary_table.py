"""Run what the short canaries run and write what was found into docs/safety.md: `python -m wfm_pipeline_tests.tools.write_canary_table`."""

import re
import tempfile
from pathlib import Path

from wfm_pipeline_tests.canary_kit import QUICK, READS, run_all, table
from wfm_pipeline_tests.canary_scenarios import failures, success

PATH = Path(__file__).parents[2] / "docs" / "safety.md"


def write(shown: str) -> None:
    """Put the table into the page."""
    page = PATH.read_text(encoding="utf-8")
    block = f"<!-- canaries -->\n{shown}\n<!-- /canaries -->"
    PATH.write_text(re.sub(r"<!-- canaries -->.*<!-- /canaries -->", block, page, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, success(Path(name) / "sample", QUICK) as well:
        found = run_all(Path(name) / "canaries", [well, *failures(Path(name) / "of", READS)])
    write(table(*found))

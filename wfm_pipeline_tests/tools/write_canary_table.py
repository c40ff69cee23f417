"""Run every command in every way with secrets that are known, and write what was found into docs/safety.md: `make canaries`.

Takes about half an hour. Ends with 1, and says where, when a secret was found or a command did not end as it should.
"""

import re
import sys
import tempfile
from pathlib import Path

from wfm_pipeline_tests.canary_kit import COMMANDS, ENDS, WELL, Found, run_all, table
from wfm_pipeline_tests.canary_scenarios import failures, success

PATH = Path(__file__).parents[2] / "docs" / "safety.md"


def write(shown: str) -> None:
    """Put the table into the page."""
    page = PATH.read_text(encoding="utf-8")
    block = f"<!-- canaries -->\n{shown}\n<!-- /canaries -->"
    PATH.write_text(re.sub(r"<!-- canaries -->.*<!-- /canaries -->", block, page, flags=re.DOTALL), encoding="utf-8")


def every_command(folder: Path) -> list[Found]:
    """All that ends well, on each engine there is, and all that ends badly."""
    found = []
    for engine in ("duckdb", "postgres"):
        with success(folder / f"{engine}_sample", COMMANDS, engine=engine) as well:
            found.append(run_all(folder / engine, [well]))
    return [*found, run_all(folder / "badly", failures(folder / "of"))]


def main() -> int:
    """Run, write, and say what is wrong."""
    with tempfile.TemporaryDirectory() as name:
        found = every_command(Path(name))
    write(table(found))
    leaks = [
        f"a secret of `wfm {command}` ({scenario}) is in: {place}"
        for one in found
        for scenario, command, place in one.leaks
    ]
    ends = [
        f"`wfm {key[1]}` ended well with {code}"
        for one in found
        for key, code in one.codes.items()
        if key[0] == WELL and code != ENDS.get(key[1], 0)
    ]
    sys.stderr.writelines(f"{line}\n" for line in [*sorted(leaks), *ends])
    return 1 if leaks or ends else 0


if __name__ == "__main__":
    sys.exit(main())

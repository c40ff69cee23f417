# ruff: noqa: T201  (what it says is its output)
"""Load overlapping days by two processes at once, again and again, and compare with one after the other.

    python -m wfm_pipeline_tests.tools.repeat_two_loads --rounds 20

Every second round kills one of the two in a step, another step each time, and repeats it. PostgreSQL is
asked where WFM_TEST_POSTGRES_URL is set.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from wfm_pipeline_tests.former_kit import former_source
from wfm_pipeline_tests.server_kit import throw_away_database
from wfm_pipeline_tests.two_loads import (
    STEPS,
    Loader,
    load_at_once,
    load_at_once_with_a_kill,
    load_serially,
    tables,
)

database = contextlib.contextmanager(throw_away_database)


@contextlib.contextmanager
def new_warehouse(engine, home, name):
    """URL of an empty warehouse."""
    if engine == "duckdb":
        yield f"duckdb:///{name}.duckdb"
        for file in home.glob(f"{name}*"):
            file.unlink()
        return
    with database("WFM_TEST_POSTGRES_URL") as url:
        yield url


def repeat(engine, home, rounds):
    """Rounds whose tables equal those of one load after the other."""
    first, second = Loader(home), Loader(home)
    with new_warehouse(engine, home, "serial") as url:
        load_serially(first, url)
        wanted = tables(home, url)
    print(f"{engine}: {len(wanted)} tables of bronze and silver, {wanted['silver.calls'].split('-')[0]} calls")
    equal = 0
    for number in range(rounds):
        with new_warehouse(engine, home, f"round_{number}") as url:
            kill = STEPS[number // 2 % len(STEPS)] if number % 2 else None
            if kill:
                load_at_once_with_a_kill(first, home, url, kill)
            else:
                load_at_once(first, second, url)
            found = tables(home, url)
        different = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
        equal += not different
        words = f"killed in {kill} and repeated" if kill else "at once"
        print(f"{engine} {number + 1:2}: {words}: {'equal' if not different else f'DIFFERENT {different}'}", flush=True)
    first.close()
    second.close()
    return equal


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--engine", choices=["duckdb", "postgres"], help="One engine alone.")
    words = parser.parse_args()
    rounds = words.rounds
    reached = ["duckdb", *(["postgres"] if os.environ.get("WFM_TEST_POSTGRES_URL") else [])]
    engines = [words.engine] if words.engine else reached
    bad = False
    for engine in engines:
        with tempfile.TemporaryDirectory() as folder:
            former_source(Path(folder))
            equal = repeat(engine, Path(folder), rounds)
        print(f"{engine}: {equal} of {rounds} equal")
        bad |= equal < rounds
    sys.exit(bad)


if __name__ == "__main__":
    main()

"""What does a nightly increment cost, and does it grow with the years behind it?

One source is loaded up to a day; then three more days, one row that came thirty days late and one corrected
row arrive, and the main job runs again; then it runs once more with nothing new. Each run is `wfm run` in a
process of its own, and what is told are its processor-seconds (user + system, imports included), as a whole
and by step. Generated data: the sample contact centre with one and with four years of history, ending on
the same day. Real data: the calls of the bank, where WFM_REAL_DATA names the folder. The source is a SQLite
file, or MariaDB for the real data where WFM_TEST_MARIADB_URL names a database that may be overwritten.

    python benchmarks/bench_increment.py [--years 1 4] [--house FOLDER] [--label NAME] [--keep FOLDER]

`--house` runs another checkout on the same source, for a figure before a change.
"""

import argparse
import datetime as dt
import json
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

LAST = dt.date(2026, 6, 25)
REAL_LAST = dt.date(1999, 10, 28)
NEW_DAYS, LATE_DAYS, CORRECTED_DAYS = 3, 30, 1
BUDGET_SECONDS, BUDGET_RATIO = 20.0, 1.3
HERE = Path(__file__).resolve()
RESULTS = HERE.parent / "results" / "increment.json"
_CHILD = """
import os, sys, time
from wfm_pipeline import cli
begun = {}
def told(step, what):
    if what == "started":
        begun[step] = time.process_time()
    else:
        print(f"STEP {step} {time.process_time() - begun.get(step, 0.0):.3f}", file=sys.stderr)
cli.tell_step = told
sys.argv = ["wfm", *sys.argv[1:]]
cli.main()
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A source up to a day, and what comes after it.

    Attributes:
        name: How the results call it.
        source: Name of its map.
        url: Where it is.
        begin: Puts the source in its first state.
        arrive: Brings the three days, the late row and the corrected one.
    """

    name: str
    source: str
    url: str
    begin: Callable[[], None]
    arrive: Callable[[], None]


def generated_case(years: int, folder: Path, house: Path) -> Case:
    """The sample contact centre, `years` long; everything of later days waits in the whole file."""
    whole, source = folder / f"whole_{years}.sqlite", folder / f"source_{years}.sqlite"
    known = LAST - dt.timedelta(days=NEW_DAYS)
    late, corrected = known - dt.timedelta(days=LATE_DAYS), known - dt.timedelta(days=CORRECTED_DAYS)
    last_leg = "select max(rowid) from {db}queue_cdr where date(Created) = '{day}' and Status = 'ANSWERED'"

    def begin() -> None:
        if not whole.exists():
            _wfm(house, folder / f"sample_{years}", ["sample", "--months", str(12 * years), "--last-date", str(LAST)])
            shutil.move(next((folder / f"sample_{years}").rglob("*.sqlite")), whole)
        shutil.copy(whole, source)
        with closing(sqlite3.connect(source)) as con:
            con.execute(f"delete from queue_cdr where date(Created) > '{known}' or date(Updated) > '{known}'")
            con.execute(f"delete from cases where date(Created) > '{known}' or date(Updated) > '{known}'")
            con.execute(f"delete from queue_cdr where rowid = ({last_leg.format(db='', day=late)})")
            con.commit()

    def arrive() -> None:
        with closing(sqlite3.connect(source)) as con:
            con.execute("attach ? as whole", [str(whole)])
            for table in ("queue_cdr", "cases"):
                con.execute(
                    f"insert into {table} select * from whole.{table} where date(Created) > '{known}' "
                    f"or date(Updated) > '{known}'"
                )
            now = f"{known} 23:59:00"
            con.execute(
                f"insert into queue_cdr select * from whole.queue_cdr "
                f"where rowid = ({last_leg.format(db='whole.', day=late)})"
            )
            con.execute(
                f"update queue_cdr set TalkTimeInSec = TalkTimeInSec + 60, Updated = '{now}' "
                f"where rowid = ({last_leg.format(db='', day=corrected)})"
            )
            con.commit()

    return Case(f"generated_{years}_years", "telephony", f"sqlite:///{source}", begin, arrive)


def real_case(data: Path, url: str, folder: Path, house: Path) -> Case:
    """The bank's calls; a corrected row is one within the days that are always read again."""
    calls = pq.read_table(data / "anonymous_bank_1999" / "calls.parquet")
    known = REAL_LAST
    late, corrected = known - dt.timedelta(days=LATE_DAYS), known - dt.timedelta(days=CORRECTED_DAYS)
    number = pa.array(range(calls.num_rows))
    is_late = pc.equal(number, pc.max(number.filter(pc.equal(calls["date"], late))))
    is_known = pc.and_(pc.less_equal(calls["date"], known), pc.invert(is_late))
    new_last = known + dt.timedelta(days=NEW_DAYS)
    is_new = pc.or_(is_late, pc.and_(pc.greater(calls["date"], known), pc.less_equal(calls["date"], new_last)))

    def load(rows: pa.Table, *words: str) -> None:
        file = folder / "calls.parquet"
        pq.write_table(rows, file)
        _wfm(house, folder / "load", ["load", "anonymous_bank", str(file), "--to", url, *words])

    def arrive() -> None:
        load(calls.filter(is_new), "--append")
        row = calls.filter(pc.and_(pc.equal(calls["date"], corrected), pc.equal(calls["outcome"], "AGENT"))).slice(0, 1)
        line, call = row["vru+line"][0].as_py(), row["call_id"][0].as_py()
        engine = sa.create_engine(url)
        key = sa.and_(sa.column("vru+line") == line, sa.column("call_id") == call)
        with engine.begin() as con:
            table = sa.table("calls", sa.column("ser_time"), sa.column("vru+line"), sa.column("call_id"))
            con.execute(sa.update(table).where(key).values(ser_time=int(row["ser_time"][0].as_py()) + 60))
        engine.dispose()

    return Case("real_bank", "anonymous_bank", url, lambda: load(calls.filter(is_known)), arrive)


def _wfm(house: Path, home: Path, words: list[str], **variables: str) -> tuple[float, dict[str, float]]:
    """`wfm` in a process of its own; its processor-seconds, and those of each step.

    Raises:
        SystemExit: the command failed.
    """
    home.mkdir(parents=True, exist_ok=True)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("WFM_", "DAGSTER_"))}
    ours |= {"WFM_HOME": str(home), "PYTHONPATH": str(house), **variables}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *words], env=ours, cwd=home, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"wfm {' '.join(words)} failed: {done.stderr[-2000:]}")
    steps: dict[str, float] = {}
    for line in done.stderr.splitlines():
        if line.startswith("STEP "):
            _, step, seconds = line.split()
            steps[step] = float(seconds)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, steps


def measure(case: Case, home: Path, house: Path, warehouse: str | None) -> dict[str, object]:
    """First load, increment and idle run of one case, in a house of its own."""
    shutil.rmtree(home, ignore_errors=True)
    variables = {"WFM_SOURCE_URL": case.url, **({"WFM_WAREHOUSE_URL": warehouse} if warehouse else {})}
    found: dict[str, object] = {}
    case.begin()
    for name in ("first_load", "increment", "idle"):
        if name == "increment":
            case.arrive()
        seconds, steps = _wfm(house, home, ["run", "--source", case.source], **variables)
        dear = dict(sorted(steps.items(), key=lambda item: -item[1])[:12])
        found[name] = {"seconds": round(seconds, 1), "steps": {step: round(value, 2) for step, value in dear.items()}}
        print(f"{case.name} {name}: {seconds:.1f} processor-seconds", *list(dear.items())[:8], sep="\n    ", flush=True)
    return found


def cases(years: list[int], folder: Path, house: Path) -> list[Case]:
    """The cases that can be had here."""
    found = [generated_case(number, folder, house) for number in years]
    if data := os.environ.get("WFM_REAL_DATA"):
        url = os.environ.get("WFM_TEST_MARIADB_URL", f"sqlite:///{folder / 'bank.sqlite'}")
        found.append(real_case(Path(data), url, folder, house))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--house", type=Path, default=HERE.parents[1])
    parser.add_argument("--label", default="now")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--warehouse", help="URL of an empty warehouse; default a DuckDB file per case.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            case.name: measure(case, folder / f"{asked.label}_{case.name}", asked.house.resolve(), asked.warehouse)
            for case in cases(asked.years, folder, asked.house.resolve())
        }
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    known["question"] = "What does a nightly increment cost, and does it grow with the years behind it?"
    known["machine"] = f"{platform.machine()}, {os.cpu_count()} threads, processor-seconds (user + system)"
    known["budget"] = {"increment_seconds": BUDGET_SECONDS, "ratio_of_four_years_to_one": BUDGET_RATIO}
    known.setdefault("runs", {}).setdefault(asked.label, {}).update(found)
    one, four = (known["runs"][asked.label].get(f"generated_{number}_years") for number in (1, 4))
    if one and four:
        ratio = four["increment"]["seconds"] / one["increment"]["seconds"]
        known["runs"][asked.label]["ratio_of_four_years_to_one"] = round(ratio, 2)
    RESULTS.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

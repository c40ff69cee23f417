"""How long until a command answers? Ours beside a bare Typer application with as many commands, in the same run.

Every round starts each of them once, one after the other, so that a busy machine is busy for all. The first answers are
measured on a copy of the package as an installer leaves it: byte code, and nothing compiled by numba anywhere.

    python benchmarks/bench_start.py [--rounds 7]
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from wfm_pipeline.cli import PANELS  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "start.json"
BARE = "bare Typer application, --help"
BARE_CODE = """
import typer
app = typer.Typer(help="A bare application.", no_args_is_help=True, add_completion=False)
def command(number: int = 1, word: str = "x") -> None:
    "Do something."
for name in {names!r}:
    app.command(name)(command)
app()
"""
QUEUE = ["--calls", "100", "--interval-seconds", "1800", "--aht-seconds", "180"]
STAFF = ["staff", *QUEUE, "--answer-target-seconds", "20", "--service-level-target", "0.8"]
SIMULATE = ["simulate", "--calls", "180", "--interval-seconds", "1800", "--aht-seconds", "240", "--agents", "28"]
COMMANDS = {
    "wfm --help": ["--help"],
    "wfm staff": STAFF,
    "wfm simulate": SIMULATE,
    "wfm allocate, six people": ["allocate", "--resources", "R.csv", "--demands", "D.csv", "--week", "2025-W28"],
    "wfm doctor": ["doctor"],
}
FIRST = {"wfm staff, first of all": STAFF, "wfm simulate, first of all": SIMULATE}
BUDGET_RATIO = {"wfm --help": 1.3}
BUDGET_SECONDS = {
    "wfm staff": 1.0,
    "wfm allocate, six people": 2.0,
    "wfm doctor": 3.0,
    "wfm staff, first of all": 2.0,
    "wfm simulate, first of all": 2.0,
}
RESOURCES = "cn,platform,locality,skills,states\n" + "".join(f"R{n},Voice,Domestic,Claims,TX\n" for n in range(6))
DEMANDS = "demand_id,platform,case_type,state,locality,weekly_forecast\n1,Voice,Claims,TX,Domestic,90\n"


def timed(words: list[str], folder: Path, package: Path) -> tuple[float, float]:
    """Seconds on the clock and of the processor; the command runs in `folder` and is of the package there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WFM_", "NUMBA_", "COLUMNS"))}
    env = {
        **kept,
        "PYTHONPATH": str(package),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "WFM_HOME": str(folder / "home"),
    }
    before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, check=False)
    seconds, after = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    assert not done.returncode or "doctor" in words, done.stderr.decode()
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fresh_copy(folder: Path) -> Path:
    """The package as an installer leaves it."""
    package = folder / "installed"
    shutil.copytree(ROOT / "wfm_pipeline", package / "wfm_pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data" / "seeds", package / "data" / "seeds")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(package)], check=True)
    return package


def first_answers(folder: Path) -> dict[str, tuple[float, float]]:
    """Each command once, of a copy that has never run, with an empty cache folder."""
    took = {}
    for name, words in FIRST.items():
        place = Path(tempfile.mkdtemp(dir=folder))
        package = fresh_copy(place)
        took[name] = timed(["-m", "wfm_pipeline.cli", *words], place, package)
        assert not list(package.rglob("*.nb[ci]")), "numba wrote into the package"
    return took


def measure(rounds: int, folder: Path) -> dict[str, object]:
    (folder / "R.csv").write_text(RESOURCES)
    (folder / "D.csv").write_text(DEMANDS)
    bare = folder / "bare.py"
    bare.write_text(BARE_CODE.format(names=[name for commands in PANELS.values() for name in commands]))
    for words in COMMANDS.values():  # byte code and file cache
        timed(["-m", "wfm_pipeline.cli", *words], folder, ROOT)
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in (BARE, *COMMANDS, *FIRST)}
    for _ in range(rounds):
        took[BARE].append(timed([str(bare), "--help"], folder, ROOT))
        for name, words in COMMANDS.items():
            took[name].append(timed(["-m", "wfm_pipeline.cli", *words], folder, ROOT))
        for name, answer in first_answers(folder).items():
            took[name].append(answer)
    return {
        "question": "How long until a command answers, beside a bare Typer application with as many commands?",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "rounds": rounds,
        "commands": {name: told(name, took) for name in took},
    }


def told(name: str, took: dict[str, list[tuple[float, float]]]) -> dict[str, object]:
    """Medians of one command; the ratio is of pairs of the same round, by processor time."""
    seconds, cpu = zip(*took[name], strict=True)
    ratio = statistics.median(one / other for one, (_, other) in zip(cpu, took[BARE], strict=True))
    budget = {"ratio": BUDGET_RATIO.get(name), "seconds": BUDGET_SECONDS.get(name)}
    return {
        "seconds_median": round(statistics.median(seconds), 2),
        "seconds_best": round(min(seconds), 2),
        "processor_seconds_median": round(statistics.median(cpu), 2),
        "ratio_to_bare_median": round(ratio, 2),
        "budget": {kind: value for kind, value in budget.items() if value},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(asked.rounds, Path(folder))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

"""`make fuzz`: every loader in turn in a process of its own, for `FUZZ_MINUTES` in all (an hour by default).

A finding is an exception that is not ours, an example that takes too long, or memory above a gigabyte. The example is
kept in `.fuzz/` and read again by `python -m wfm_pipeline_tests.fuzz.run LOADER FOLDER`. Exit code 1 where anything was found.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import psutil
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from wfm_pipeline_tests.fuzz.example import LONGEST_SECONDS, keep, read, try_example, write
from wfm_pipeline_tests.fuzz.loaders import LOADERS

MOST_BYTES = 1 << 30
_BATCH = 300
_CURRENT = "current"


def main() -> int:
    """Fuzz all loaders, or read one kept example again."""
    match sys.argv[1:]:
        case []:
            return _all(float(os.environ.get("FUZZ_MINUTES", "60")) * 60)
        case [name, "--for", seconds, state]:
            return _child(name, float(seconds), Path(state))
        case [name, folder]:
            print("read" if try_example(LOADERS[name], read(Path(folder))) else "refused by an error of ours")
            return 0
    print(__doc__)
    return 2


def _all(seconds: float) -> int:
    found = 0
    print(f"{len(LOADERS)} loaders, {seconds / 60:g} minutes")
    for name in LOADERS:
        with tempfile.TemporaryDirectory(prefix="wfm_fuzz_state_") as state:
            said, peak = _watched(name, seconds / len(LOADERS), Path(state))
            result = Path(state) / "result.json"
            counts = json.loads(result.read_text()) if result.exists() else {"examples": 0, "read": 0}
            if said:
                found += 1
                folder = keep(LOADERS[name], read(Path(state) / _CURRENT))
                said += f"\n  again: python -m wfm_pipeline_tests.fuzz.run {name} {folder}"
        print(
            f"{name}: {counts['examples']} examples, {counts['read']} read, peak {peak >> 20} MiB; {said or 'nothing found'}",
            flush=True,
        )
    return 1 if found else 0


def _watched(name: str, seconds: float, state: Path) -> tuple[str, int]:
    """What one child found, and its peak memory; ended where it takes too much of either."""
    words = [sys.executable, "-m", "wfm_pipeline_tests.fuzz.run", name, "--for", str(seconds), str(state)]
    child = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    process, peak, end = psutil.Process(child.pid), 0, time.monotonic() + seconds + 3 * LONGEST_SECONDS
    while child.poll() is None:
        time.sleep(0.1)
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        if peak > MOST_BYTES or time.monotonic() > end:
            child.kill()
            child.communicate()
            return ("more memory than a gigabyte" if peak > MOST_BYTES else "it does not end"), peak
    errors = child.communicate()[1].strip()
    return (errors[-3_000:] or f"ended with {child.returncode}") if child.returncode else "", peak


def _child(name: str, seconds: float, state: Path) -> int:
    """Fuzz one loader; each example is written down before it is read, so that it is known whatever happens."""
    warnings.simplefilter("ignore")
    loader, counts, end = LOADERS[name], {"examples": 0, "read": 0}, time.monotonic() + seconds
    current, number = state / _CURRENT, int.from_bytes(os.urandom(4))

    def one(files):
        if time.monotonic() > end:
            return
        for path in current.glob("*"):
            path.unlink()
        write(files, current)
        counts["examples"] += 1
        counts["read"] += try_example(loader, files)

    options = settings(
        max_examples=_BATCH, deadline=None, database=None, verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    try:
        while time.monotonic() < end:
            number += 1
            seed(number)(options(given(files=loader.examples)(one)))()
    except BaseException:  # noqa: BLE001  (whatever came is what was looked for)
        print(f"seed {number}", file=sys.stderr)
        traceback.print_exc(limit=-6)
        return 1
    finally:
        (state / "result.json").write_text(json.dumps(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Try the newest versions of what we depend on, each in an environment of its own, and say per package what came of it.

python -m wfm_pipeline_tests.tools.try_newest   (make newest)

First all packages as new as their bounds let them be: what `make lock` would give. Then, one by one, those that are
newer than their bound, beside what is locked. Works on a copy of the repository; nothing is written into this one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from uv import find_uv_bin

ROOT = Path(__file__).parents[2]
EXTRAS = ("postgres", "dev")
"""Optional dependencies that requirements-dev.lock has too and that run without a server of their own."""
LOCK = "requirements-dev.lock"
TRAIN = "dagster"
"""Packages whose names begin so are tried together: they want each other's version."""
QUICK_TESTS = (
    "sources/test_source_sql",
    "transforms/test_silver_findings",
    "warehouse/test_refusal_limit",
    "settings/test_settings",
)
SERVER = "WFM_TEST_POSTGRES_URL"
"""Where it is set, the processes of the containers are tried too, with run storage in PostgreSQL."""
CHECKS = {
    "definitions": ["dagster", "definitions", "validate", "-w", "workspace.yaml"],
    "sample": ["wfm_pipeline.cli", "sample", "--months", "2"],
    "unit tests": ["pytest", "-n", "0", "-q", "-x", *(f"wfm_pipeline_tests/unit/{name}.py" for name in QUICK_TESTS)],
    "main job": ["wfm_pipeline.cli", "run"],
    "processes": ["pytest", "-n", "0", "-q", "-x", "wfm_pipeline_tests/operating/test_deployed.py", "-k", "compose"],
}
"""What is tried, in this order, up to the first that fails: words after `python -m`."""
_LONGEST_REASON = 110


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report."""

    package: str
    locked: str
    newest: str
    result: str


def requirements(pyproject: str) -> list[Requirement]:
    """What runs and develops, as the project says it."""
    project = tomllib.loads(pyproject)["project"]
    extras = (one for extra in EXTRAS for one in project["optional-dependencies"][extra])
    return [Requirement(one) for one in [*project["dependencies"], *extras]]


def without_upper_bound(wanted: Requirement) -> Requirement:
    """The requirement from its lower bound (or pin) on."""
    lowest = [f">={part.version}" for part in wanted.specifier if part.operator in {">=", "=="}]
    return Requirement(f"{_with_extras(wanted)}{','.join(lowest)}")


def versions(resolved: str) -> dict[str, str]:
    """Name -> version of a resolution or lock, as this Python would install it."""
    pins = (line.rstrip(" \\") for line in resolved.splitlines() if re.match(r"\w", line))
    here = (pin for pin in map(Requirement, pins) if pin.marker is None or pin.marker.evaluate())
    return {_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def beyond_their_bounds(wanted: Iterable[Requirement], newest: dict[str, str]) -> dict[str, list[Requirement]]:
    """What to try one by one: a name, and the requirements that belong to it (Dagster's packages are one)."""
    groups: dict[str, list[Requirement]] = {}
    for one in wanted:
        if not one.specifier.contains(newest[_name(one.name)], prereleases=True):
            groups.setdefault(TRAIN if one.name.startswith(TRAIN) else _name(one.name), []).append(one)
    return groups


def table(rows: Iterable[Row]) -> str:
    """The report."""
    lines = [
        ("package", "locked", "newest", "result"),
        *((row.package, row.locked, row.newest, row.result) for row in rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        "  ".join([*(word.ljust(width) for word, width in zip(line, widths, strict=False)), line[3]]) for line in lines
    )


def main() -> None:
    """Resolve, try, report."""
    with tempfile.TemporaryDirectory(prefix="wfm-newest-") as name:
        folder = Path(name)
        checkout = _copy(folder / "checkout")
        print("\n" + table(_rows(checkout, folder)))  # noqa: T201


def _rows(checkout: Path, folder: Path) -> list[Row]:
    wanted = requirements((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    locked = versions((checkout / LOCK).read_text(encoding="utf-8"))
    newest = versions(_resolved(map(without_upper_bound, wanted)))
    results = dict.fromkeys(newest, "the same")
    within = versions(_resolved(wanted))
    moved = [name for name in within if within[name] != locked.get(name)]
    if moved:
        result = _tried(checkout, folder / "within", [f"{name}=={version}" for name, version in within.items()])
        results |= dict.fromkeys(moved, f"{result} ({len(moved)} packages tried together)")
    for name, group in beyond_their_bounds(wanted, newest).items():
        exact = [f"{_with_extras(one)}=={newest[_name(one.name)]}" for one in group]
        result = _tried(checkout, folder / name, [], exact)
        results |= {_name(one.name): f"{result} (alone, beyond {one.specifier})" for one in group}
    names = sorted({_name(one.name) for one in wanted} | set(moved))
    return [
        Row(name, locked.get(name, "-"), newest.get(name, within.get(name, "-")), results.get(name, "-"))
        for name in names
    ]


def _tried(checkout: Path, environment: Path, packages: list[str], instead: list[str] | None = None) -> str:
    """Make the environment (from the lock where no packages are given), put others in, run the checks."""
    print(f"trying {', '.join(instead or [f'{len(packages)} packages'])}", flush=True)  # noqa: T201
    _uv("venv", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    install = ("pip", "install", "--python", python)
    try:
        if packages:
            _uv(*install, *packages)
        else:
            _uv("pip", "sync", "--python", python, "--require-hashes", checkout / LOCK)
        if instead:
            _uv(*install, *(word for one in instead for word in ("--upgrade-package", Requirement(one).name)), *instead)
        _uv(*install, "--no-deps", "--editable", checkout)
    except subprocess.CalledProcessError as error:
        return f"cannot be installed: {reason(error.stderr)}"
    return _checked(checkout, python)


def _checked(checkout: Path, python: Path) -> str:
    home = python.parents[1] / "home"
    home.mkdir()
    environment = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(home), "WFM_HOME": str(home)}
    environment |= {SERVER: os.environ[SERVER]} if SERVER in os.environ else {}
    for name, words in CHECKS.items():
        done = subprocess.run(
            [python, "-m", *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return f"{name} failed: {reason(done.stdout + done.stderr)}"
    return "works"


def reason(said: str) -> str:
    """The line of an output that says best what went wrong: the last error with its words, else the last line."""
    lines = [line.strip().removeprefix("E  ").strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Warning): ", line)]
    return (errors or lines or ["no words"])[-1][:_LONGEST_REASON]


def _copy(folder: Path) -> Path:
    """A copy of what the repository knows, so that no test, cache or build writes into it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return folder


def _resolved(wanted: Iterable[Requirement]) -> str:
    words = ["pip", "compile", "-", "--quiet", "--no-annotate", "--no-header", "--python", sys.executable]
    return _uv(*words, given="\n".join(map(str, wanted)))


def _uv(*words: str | Path, given: str | None = None) -> str:
    done = subprocess.run([find_uv_bin(), *words], input=given, capture_output=True, text=True, check=True)
    return done.stdout


def _with_extras(wanted: Requirement) -> str:
    return wanted.name + (f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else "")


def _name(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


if __name__ == "__main__":
    main()

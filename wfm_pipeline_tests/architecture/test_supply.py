"""What the product is built on: installed by hash, under known licences."""

import re

import pytest
from packaging.requirements import Requirement

from wfm_pipeline_tests.tools import try_newest
from wfm_pipeline_tests.tools.write_licences import PATH, ROOT, dependencies, licence, metadata, table

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
COUPLED = {
    "apprise", "dagster", "dagster-dg-cli", "dagster-postgres", "dagster-webserver", "duckdb", "ibis-framework", "lightgbm",
    "pandas", "pydantic", "pyspark", "pyspark-client", "sqlalchemy", "sqlglot",
}  # fmt: skip
"""Packages of which a newer version is judged before it is taken."""


def bounded_lines():
    """(requirement, what stands beside it) of each that has an upper bound or is pinned."""
    project = PYPROJECT[PYPROJECT.index("dependencies = [") : PYPROJECT.index("[project.scripts]")]
    for line in project.splitlines():
        code, _, comment = line.partition("#")
        for text in re.findall(r'"([^"]+)"', code):
            if any(part.operator in {"<", "<=", "==", "~="} for part in Requirement(text).specifier):
                yield Requirement(text), comment.strip()


def test_coupled_packages_and_no_others_have_an_upper_bound_and_each_says_why():
    assert {wanted.name for wanted, _ in bounded_lines()} == COUPLED
    assert [] == [str(wanted) for wanted, why in bounded_lines() if len(why) < len("the same Ibis")]


def test_the_packages_of_dagster_are_pinned_to_one_release():
    pins = {wanted.name: str(wanted.specifier) for wanted, _ in bounded_lines() if wanted.name.startswith("dagster")}
    minor, patch = map(int, re.fullmatch(r"==1\.(\d+)\.(\d+)", pins["dagster"]).groups())

    assert {f"==1.{minor}.{patch}"} == {pin for name, pin in pins.items() if name != "dagster-postgres"}
    assert f"==0.{minor + 16}.{patch}" == pins["dagster-postgres"]  # Dagster numbers its integrations so
    assert 1 == len({str(wanted.specifier) for wanted, _ in bounded_lines() if wanted.name == "ibis-framework"})


@pytest.mark.parametrize("lock", ["requirements.lock", try_newest.LOCK])
def test_what_is_locked_lies_within_the_bounds(lock):
    locked = try_newest.versions((ROOT / lock).read_text(encoding="utf-8"))

    wanted = [one for one, _ in bounded_lines() if one.name in locked]
    assert len(wanted) >= len(COUPLED) - 4  # apprise, dagster-dg-cli and Spark's two stand in one lock or another
    assert [] == [str(one) for one in wanted if not one.specifier.contains(locked[one.name])]


def test_of_a_version_for_each_python_the_report_shows_the_one_for_this():
    lock = (
        "numpy==2.4 ; python_full_version < '3' \\\n    --hash=sha256:0\nnumpy==2.5 ; python_full_version >= '3' \\\n"
    )

    assert {"numpy": "2.5"} == try_newest.versions(lock + "numpy==2.6 ; python_full_version < '3'")


@pytest.mark.parametrize(
    ("bounded", "free"),
    [
        pytest.param("duckdb>=1.5,<2", "duckdb>=1.5", id="range"),
        pytest.param("ibis-framework[postgres]==12.0.0", "ibis-framework[postgres]>=12.0.0", id="pin"),
        pytest.param("httpx", "httpx", id="no_bound"),
    ],
)
def test_the_newest_are_looked_for_from_the_lower_bound_on(bounded, free):
    assert free == str(try_newest.without_upper_bound(Requirement(bounded)))


def test_packages_beyond_their_bounds_are_tried_alone_and_those_of_dagster_together():
    wanted = [Requirement(text) for text in ("dagster==1.1", "dagster-webserver==1.1", "duckdb<2", "Rich<9", "httpx")]
    newest = {"dagster": "1.2", "dagster-webserver": "1.2", "duckdb": "2.0", "rich": "8", "httpx": "1"}

    assert {"dagster": wanted[:2], "duckdb": [wanted[2]]} == try_newest.beyond_their_bounds(wanted, newest)


def test_the_report_says_what_went_wrong_and_not_what_stood_around_it():
    said = "E   ImportError: cannot import name 'x'\nx.py:3: ImportError\n    raise LateError(state)\n1 failed in 3 s\n"

    assert "ImportError: cannot import name 'x'" == try_newest.reason(said)
    assert [] == [f for f in try_newest.QUICK_TESTS if not (ROOT / "wfm_pipeline_tests" / "unit" / f"{f}.py").exists()]


def test_every_direct_dependency_says_its_licence_and_the_document_has_them():
    assert [] == [name for name in dependencies() if not licence(metadata(name))]
    assert table() == PATH.read_text(encoding="utf-8")


def test_setup_installs_nothing_that_has_no_hash():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    installs = [line for line in makefile.splitlines() if re.search(r"\b(pip|uv) (pip )?(install|sync)\b", line)]
    assert 3 == len(installs)
    ours, from_locks = [line for line in installs if "--editable ." in line], installs[:2]
    assert ["--no-deps" in line for line in ours] == [True]
    assert all("--require-hashes" in line for line in from_locks)
    for name in ("requirements-uv.lock", "requirements-dev.lock", "requirements.lock", "requirements-spark.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").split("\n")
        pins = [number for number, line in enumerate(lines) if re.match(r"\w", line)]
        assert pins
        assert [] == [lines[number] for number in pins if "--hash=sha256:" not in lines[number + 1]]

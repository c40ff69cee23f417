"""An asset's code version is of the code that makes its numbers, and changes with it and with nothing else."""

import shutil

import pytest

import wfm_pipeline.assets.code_version as subject
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.settings import load_settings

SILVER, ACTUALS, STAFFING = (f"wfm_pipeline.assets.{name}" for name in ("silver", "actuals", "planning.staffing"))
CACHES = (subject.code_version, subject.code_of, subject._called, subject._text, subject._file)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The package's text, to be changed; versions are worked out anew from it."""
    package = tmp_path / "wfm_pipeline"
    shutil.copytree(subject._PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    with monkeypatch.context() as patch:
        patch.setattr(subject, "_PACKAGE", package)
        for cache in CACHES:
            cache.cache_clear()
        yield package
    for cache in CACHES:
        cache.cache_clear()


def test_every_asset_has_the_version_of_its_code(clean):
    graph = build_definitions(load_settings(home=clean / "home")).resolve_asset_graph()
    versions = {key.to_user_string(): graph.get(key).code_version for key in graph.get_all_asset_keys()}

    assert all(len(version or "") == 12 for version in versions.values())
    assert subject.code_version(SILVER) == versions["silver/calls"]
    assert versions["silver/calls"] != versions["gold/queue_interval_forecast"]


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        pytest.param("assets/silver.py", {SILVER}, id="the_asset_itself"),
        pytest.param("transforms/legs.py", {SILVER}, id="a_rule_of_silver"),
        pytest.param("transforms/queue_days.py", {ACTUALS}, id="a_rule_of_the_actuals"),
        pytest.param("domain/staffing/kernels.py", {STAFFING}, id="a_formula_deep_down"),
        pytest.param("reports/figures/forecast.py", set(), id="a_picture"),
        pytest.param("orchestration/partitions/stale_dates.py", set(), id="what_runs_when"),
    ],
)
def test_a_version_changes_with_the_code_that_makes_the_numbers_alone(copied, file, changed):
    before = {module: subject.code_version(module) for module in (SILVER, ACTUALS, STAFFING)}
    with (copied / file).open("a", encoding="utf-8") as opened:
        opened.write("\nCHANGED = True\n")
    for cache in CACHES:
        cache.cache_clear()

    assert changed == {module for module, version in before.items() if subject.code_version(module) != version}

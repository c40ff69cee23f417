"""What is run by hand, tools and benchmarks, still finds what it imports: nobody else would notice."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BY_HAND = sorted([*(ROOT / "wfm_pipeline_tests" / "tools").glob("[!_]*.py"), *(ROOT / "benchmarks").glob("[!_]*.py")])


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.stem)
def test_it_loads(path, monkeypatch):
    monkeypatch.syspath_prepend(str(path.parent))  # benchmarks are run as files, beside each other

    spec = importlib.util.spec_from_file_location(f"by_hand_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look themselves up
    spec.loader.exec_module(module)

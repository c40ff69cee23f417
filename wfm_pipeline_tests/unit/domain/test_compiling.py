"""What is compiled is kept where the user wants it, and never in the package."""

from pathlib import Path

import numba
import pytest

from wfm_pipeline.domain import compiling
from wfm_pipeline.domain.staffing import kernels


@pytest.fixture
def kept_in(monkeypatch):
    """Where a kernel would be kept if numba is given this folder; nothing is compiled."""

    def ask(folder):
        monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
        compiling.compiled.cache_clear()
        return compiling.compiled(kernels, "fill_blocking").stats.cache_path

    yield ask
    compiling.compiled.cache_clear()


def test_compiled_code_is_kept_in_numbas_folder(kept_in, tmp_path):
    assert tmp_path in Path(kept_in(tmp_path)).parents


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_without_a_folder_that_can_be_written_nothing_is_kept(kept_in, folder):
    assert kept_in(folder) is None


def test_where_numba_is_switched_off_nothing_is_compiled(monkeypatch):
    compiling.can_compile.cache_clear()
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)

    assert not compiling.can_compile()
    compiling.can_compile.cache_clear()

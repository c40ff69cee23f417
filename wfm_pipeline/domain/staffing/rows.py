"""Runs the kernels over rows: compiled on two threads where there are many, plain where there are few.

Here: which way a batch is run, and nothing of what it works out. Both ways are the same code
(kernels.py); compiling takes seconds the first time on a machine, so small batches never wait for it.
"""

import functools
import importlib.util
import inspect
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing import kernels

COMPILED_FROM = 2_000
"""Rows from which the compiled way is taken; below, the plain way needs well under a second."""
_THREAD_ROWS = 20_000
"""Rows a thread gets at least."""
_HELPERS = tuple(
    name for name, part in vars(kernels).items() if inspect.isfunction(part) and not name.startswith("fill_")
)

Fill = Callable[[FloatArray, FloatArray], None]


def can_compile() -> bool:
    """True where numba is installed."""
    return importlib.util.find_spec("numba") is not None


@functools.cache
def _compiled(name: str) -> Fill:
    import numba  # noqa: PLC0415  (takes half a second; small batches do without)
    from numba.extending import register_jitable  # noqa: PLC0415

    for helper in _HELPERS:
        _register(helper, register_jitable)
    return numba.njit(cache=True, nogil=True, error_model="numpy")(getattr(kernels, name))


@functools.cache
def _register(helper: str, register: Callable) -> None:
    register(getattr(kernels, helper))


def run_rows(name: str, columns: list[FloatArray], width: int, *, compiled: bool | None = None) -> FloatArray:
    """Run a kernel loop over rows.

    Args:
        name: `fill_requirements`, `fill_measures` or `fill_blocking` of kernels.py.
        columns: The row's inputs, each of shape (n,).
        width: Numbers per answer.
        compiled: True, False, or None to choose by the number of rows.

    Returns:
        Answers, shape (n, width).
    """
    rows = np.empty((len(columns[0]), len(columns)))
    for place, column in enumerate(columns):
        rows[:, place] = column
    answers = np.full((len(rows), width), np.nan)
    if compiled is None:
        compiled = len(rows) >= COMPILED_FROM and can_compile()
    if not compiled:
        getattr(kernels, name)(rows.tolist(), answers)
        return answers
    fill = _compiled(name)
    parts = max(1, min(os.cpu_count() or 1, len(rows) // _THREAD_ROWS))
    edges = np.linspace(0, len(rows), parts + 1).astype(int)
    if parts == 1:
        fill(rows, answers)
        return answers
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(lambda at: fill(rows[at[0] : at[1]], answers[at[0] : at[1]]), itertools.pairwise(edges)))
    return answers

"""Runs the kernels over rows: compiled where there are many, plain where there are few.

Here: which way a batch is run, and nothing of what it works out. Both ways are the same code
(kernels.py); compiling takes seconds the first time on a machine, so small batches never wait for it.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.compiling import can_compile, compiled
from wfm_pipeline.domain.staffing import kernels

COMPILED_FROM = 2_000
"""Rows from which the compiled way is taken. So many need 0.1 s plainly by Erlang C and 3 s by Erlang A; compiling takes
six seconds the first time on a machine, and one to load what was kept."""
_THREAD_ROWS = 20_000
"""Rows a thread gets at least."""


def run_rows(
    name: str, columns: list[FloatArray], width: int, *, threads: int = 1, is_compiled: bool | None = None
) -> FloatArray:
    """Run a kernel loop over rows.

    Args:
        name: `fill_requirements`, `fill_measures` or `fill_blocking` of kernels.py.
        columns: The row's inputs, each of shape (n,).
        width: Numbers per answer.
        threads: Most threads of the compiled way.
        is_compiled: Which way; None chooses by the number of rows.

    Returns:
        Answers, shape (n, width).
    """
    rows = np.empty((len(columns[0]), len(columns)))
    for place, column in enumerate(columns):
        rows[:, place] = column
    answers = np.full((len(rows), width), np.nan)
    if is_compiled is None:
        is_compiled = len(rows) >= COMPILED_FROM and can_compile()
    if not is_compiled:
        getattr(kernels, name)(rows.tolist(), answers)
        return answers
    fill = compiled(kernels, name, nogil=True, error_model="numpy")
    parts = max(1, min(threads, len(rows) // _THREAD_ROWS))
    if parts == 1:
        fill(rows, answers)
        return answers
    edges = np.linspace(0, len(rows), parts + 1).astype(int)
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(lambda at: fill(rows[at[0] : at[1]], answers[at[0] : at[1]]), itertools.pairwise(edges)))
    return answers

"""Scalar loops, compiled where there is much to work out: by numba, from the same code as the plain run.

Here: how functions of a module are compiled, and where to. Numba keeps what it compiled in the folder that its
variable `NUMBA_CACHE_DIR` names, which whoever starts a process sets (settings.py); without it nothing is kept, and
nothing is ever written into the package. Not here: which way a batch is run (staffing/in_bulk.py, simulation/floor/run.py).
"""

import functools
import inspect
import os
from collections.abc import Callable
from types import ModuleType

Pairs = tuple[tuple[Callable, Callable], ...]


@functools.cache
def can_compile() -> bool:
    """True where numba is installed and not switched off (`NUMBA_DISABLE_JIT`)."""
    try:
        import numba
    except ImportError:
        return False
    return not numba.config.DISABLE_JIT


@functools.cache
def compiled(module: ModuleType, name: str, *, instead: Pairs = (), **options: bool | str) -> Callable:
    """A function of a module, compiled with what it calls.

    All of it stands in this one module: numba's cache looks at the file of the outermost function alone, and would
    keep old inner ones of another.

    Args:
        module: Where the function and its helpers are; they are written in the part of Python that numba compiles.
        name: What is called from outside.
        instead: Helper, and what the compiled code calls in its place.
        options: Of numba's `njit`.

    Returns:
        The same function, compiled when it is first called, or loaded where it was kept.
    """
    import numba

    in_place: dict[Callable, Callable] = {
        part: part for part in vars(module).values() if inspect.isfunction(part) and part.__module__ == module.__name__
    }
    in_place.update(instead)
    for helper, called in in_place.items():
        _register(helper, called, is_counting=bool(options.get("_nrt", True)))
    folder = numba.config.CACHE_DIR
    is_kept = bool(folder) and os.access(folder, os.W_OK)  # else numba would turn to the package
    return numba.njit(cache=is_kept, **options)(getattr(module, name))


@functools.cache
def _register(helper: Callable, called: Callable, *, is_counting: bool) -> None:
    """Tell numba what compiled code does where plain code calls the helper."""
    from numba.extending import overload

    overload(helper, jit_options={"_nrt": is_counting}, strict=False)(lambda *_args, **_named: called)

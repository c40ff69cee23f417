"""An empty warehouse of each kind of engine, for tests that hold all engines to the same promise."""

import contextlib
import functools
import importlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from wfm_pipeline_tests.server_kit import throw_away_database

KINDS = ("duckdb", "postgres", "spark")
_MARKS = {"postgres": pytest.mark.postgres, "spark": pytest.mark.spark}
EVERY_KIND = tuple(pytest.param(kind, marks=_MARKS.get(kind, ())) for kind in KINDS)
"""All engines, as parameters of a test."""
OTHERS = tuple(kind for kind in EVERY_KIND if kind.values != ("duckdb",))
"""All but DuckDB, which they are held against."""


@contextlib.contextmanager
def empty_warehouse(kind: str, folder: Path) -> Iterator[str]:
    """URL of a new warehouse; skips where its server is not there.

    Args:
        kind: One of `KINDS`.
        folder: The test's own, for what the engine keeps in files.
    """
    match kind:
        case "postgres":
            yield from _stack(throw_away_database("WFM_TEST_POSTGRES_URL"))
        case "spark":
            yield f"{sail()}/?folder={folder / 'delta'}"
        case _:
            yield "duckdb:///warehouse/wfm.duckdb"


def _stack(generator: Iterator[str]) -> Iterator[str]:
    with contextlib.closing(generator):  # type: ignore[type-var]
        yield next(generator)


@functools.cache
def sail() -> str:
    """Address of a Sail server (Spark Connect without Java) in this process, started at the first asking."""
    if (missing := what_spark_lacks()) is not None:
        pytest.skip(missing)
    main = sys.modules["__main__"]
    if main.__spec__ is None and not hasattr(
        main, "__file__"
    ):  # a worker of xdist, which PySpark takes for its doctests
        main.__spec__ = SimpleNamespace(name=None)  # type: ignore[assignment]
    server = importlib.import_module("pysail.spark").SparkConnectServer(port=0)
    server.start(background=True)
    _RUNNING.append(server)
    host, port = server.listening_address
    return f"sc://{host}:{port}"


def what_spark_lacks() -> str | None:
    """Why Spark is not tested in this run; None where it is."""
    missing = next((name for name in ("pysail", "pyspark") if find_spec(name) is None), None)
    return f"{missing} is not installed: Spark is not tested in this run" if missing else None


_RUNNING: list[object] = []
"""Servers that live as long as the process."""

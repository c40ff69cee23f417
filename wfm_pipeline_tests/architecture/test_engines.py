"""One room knows which database the warehouse is: the others ask no dialect, open no driver and touch no connection."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "wfm_pipeline"
ROOM = "warehouse/engines/"
OTHERS_DATABASES = ("sources/", "urls.py")
"""What reads the databases of others, and every URL: the dialects there are not the warehouse's."""
OUTSIDE = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.relative_to(PACKAGE).as_posix().startswith(ROOM)
}
DIALECTS = r"(duckdb|postgres|postgresql|sqlite|mssql|spark|sc)"
ASKING = re.compile(
    rf"\bdialects?\b|backend_name|drivername|startswith\(\(?[\"']{DIALECTS}\b|(==|!=|\bin) [({{\[]?[\"']{DIALECTS}[\"']"
)
DAGSTERS_STORAGE = ["settings.py"]
"""Dagster's own run storage is PostgreSQL or nothing, whatever the warehouse is: one line asks."""
DRIVERS = {"duckdb", "psycopg", "adbc_driver_postgresql"}


def _is_looked_at(name):
    return not name.startswith(OTHERS_DATABASES)


def test_nobody_outside_the_engines_asks_for_a_dialect():
    lines = ((name, line) for name, text in OUTSIDE.items() if _is_looked_at(name) for line in text.splitlines())
    asking = [name for name, line in lines if ASKING.search(line)]

    assert DAGSTERS_STORAGE == asking


def test_nobody_outside_the_engines_touches_a_connection_or_a_driver():
    touching = []
    for name, text in OUTSIDE.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr == "con":
                touching.append((name, node.lineno))
            if isinstance(node, ast.Import | ast.ImportFrom) and _is_looked_at(name):
                names = (
                    [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                )
                touching += [(name, module) for module in names if module.partition(".")[0] in DRIVERS]

    assert [] == touching


@pytest.mark.parametrize(
    "line",
    [
        'if url.startswith("duckdb://"):',
        'if url.startswith(("postgres", "x")):',
        'if engine.name == "postgresql":',
        "query.sql(warehouse.dialect)",
        'if kind in ("sqlite", "x"):',
        "url.get_backend_name()",
    ],
)
def test_these_words_ask(line):
    assert ASKING.search(line)

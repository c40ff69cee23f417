"""The house keeps its own laws: imports, signs on the doors, generated documents, SQL that parses."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import sqlglot

from wfm_pipeline.contracts.dictionary import data_dictionary
from wfm_pipeline.contracts.lineage import LINEAGE
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, ALL_SILVER_TABLES

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "wfm_pipeline").rglob("*.py"))
TABLES = {table.full_name: table for table in (*ALL_SILVER_TABLES, *ALL_GOLD_TABLES)}


def test_the_import_law_holds():
    # A process of its own: it would switch this one's loggers off.
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, check=False)

    assert 0 == done.returncode, done.stdout.decode()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_has_a_sign_on_the_door_and_stays_below_500_lines(path):
    source = path.read_text(encoding="utf-8")

    assert ast.get_docstring(ast.parse(source)), "a module opens with what belongs in it"
    assert source.count("\n") < 500


def test_only_settings_reads_the_environment():
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if any(word in path.read_text(encoding="utf-8") for word in ("os.environ", "os.getenv", "getenv("))
    ]

    assert ["wfm_pipeline/settings.py"] == readers


def test_only_the_pinned_module_imports_what_dagster_keeps_to_itself():
    importers = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if re.search(
            r"^\s*(from|import) dagster\w*\._|\bdagster\w*\._core", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        and path.relative_to(ROOT / "wfm_pipeline").as_posix() != "orchestration/partitions/events.py"
    ]

    assert [] == importers


def test_only_the_pinned_module_reads_what_dagsters_objects_keep_to_themselves():
    thin = ("orchestration/", "assets/", "checks/", "resources/", "definitions.py")
    readers = {
        name
        for path in MODULES
        if (name := path.relative_to(ROOT / "wfm_pipeline").as_posix()).startswith(thin)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and re.match(r"_(?!replace|asdict|fields)[a-z]", node.attr)
        if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    }

    assert {"orchestration/partitions/events.py"} == readers


def test_dagster_is_the_pinned_version():
    wanted = dict(line.split("==") for line in _dependencies() if line.startswith("dagster"))

    assert {"dagster", "dagster-postgres", "dagster-webserver"} <= set(wanted)
    assert wanted == {name: version(name) for name in wanted}


def _dependencies():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def test_the_licence_is_apache_2_in_the_package_the_readme_and_the_text():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert ("Apache-2.0", ["LICENSE"]) == (project["license"], project["license-files"])
    assert ["Apache License", "Version 2.0, January 2004"] == [line.strip() for line in text.splitlines()[1:3]]
    assert "[Apache-2.0](LICENSE)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_data_dictionary_is_the_one_the_contracts_make():
    written = (ROOT / "docs" / "data_dictionary.md").read_text(encoding="utf-8")

    assert data_dictionary() == written, "run: python -m wfm_pipeline_tests.tools.write_data_dictionary"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_contract_says_its_grain_and_keys_its_own_columns(table):
    assert table.grain.startswith("One row per ")
    assert table.grain.endswith(".")
    assert set(table.key) <= set(table.column_names)
    assert len(table.column_names) == len(set(table.column_names))
    assert table.partition is None or table.partition in table.column_names
    assert {column for index in table.layout.indices for column in index.columns} <= set(table.column_names)
    assert table.layout.months_by is None or table.column(table.layout.months_by).type in ("date", "timestamp")
    assert all(index.reason for index in table.layout.indices)


def test_lineage_names_columns_that_exist():
    unknown = [
        f"{table}.{column} <- {source}"
        for table, columns in LINEAGE.items()
        for column, sources in columns.items()
        for source in sources
        if column not in TABLES[table].column_names
        or source.rpartition(".")[2] not in TABLES[source.rpartition(".")[0]].column_names
    ]

    assert [] == unknown


@pytest.mark.parametrize("path", sorted((ROOT / "sql").rglob("*.sql")), ids=lambda path: path.name)
def test_every_sql_file_parses_and_says_what_it_is_for(path):
    text = path.read_text(encoding="utf-8")
    dialects = {"mariadb": "mysql", "sqlite": "sqlite", "mssql": "tsql"}
    dialect = next((known for word, known in dialects.items() if word in path.stem), "postgres")

    assert text.startswith("-- ")
    assert all(statement is not None for statement in sqlglot.parse(text, dialect=dialect))


def test_importing_the_mathematics_loads_no_engine_and_no_orchestrator():
    code = (
        "import sys, wfm_pipeline.domain.calendar, wfm_pipeline.domain.metrics, wfm_pipeline.contracts.gold; "
        "print([name for name in ('dagster', 'ibis', 'duckdb', 'sqlalchemy') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert "[]" == done.stdout.strip()


def test_the_repository_names_no_package_registry_and_no_folder_of_this_machine():
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    words = ("pypi." + "org", "files.python" + "hosted", "/home" + "/", "/root" + "/")
    found = [
        name
        for name in tracked
        if (ROOT / name).is_file() and (ROOT / name).stat().st_size < 2_000_000
        if any(word in (ROOT / name).read_text(encoding="utf-8", errors="ignore") for word in words)
    ]

    assert [] == found

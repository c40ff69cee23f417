"""Names against the glossary: a word that means several things is in no name but where the glossary lets it stay."""

import ast
import re
from pathlib import Path

from wfm_pipeline.cli import PANELS
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES, ALL_SILVER_TABLES

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
MODULES = sorted((ROOT / "wfm_pipeline").rglob("*.py"))


def _rows():
    """Forbidden words, and the patterns of names and files that keep them, of every line of the glossary's list."""
    lines = GLOSSARY.split("## Words we do not use")[1].splitlines()
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            yield set(re.findall(r"`([^`]+)`", cells[0])), re.findall(r"`([^`]+)`", cells[2])


FORBIDDEN = list(_rows())


def _words(name):
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def _told(tree):
    """Names that others read: of functions, classes, parameters of public functions, fields and constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield from (each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def offences(names):
    """Those of (file, name) that say a forbidden word where it does not stay."""
    for file, name in names:
        for words, stays in FORBIDDEN:
            kept = any(re.fullmatch(pattern, name) or re.fullmatch(pattern, file) for pattern in stays)
            if _words(name) & words and not kept:
                yield f"{file}: {name}"


def _file(path):
    return path.relative_to(ROOT).with_suffix("").as_posix()


def test_the_list_is_read():
    assert {"plan", "coverage", "fit", "behaviour"} <= set().union(*(words for words, _ in FORBIDDEN))
    told = list(offences([("wfm_pipeline/sources/x", "WeekPlan"), ("wfm_pipeline/x", "band_coverage")]))
    assert ["wfm_pipeline/sources/x: WeekPlan"] == told


def test_files_and_folders_say_no_forbidden_word():
    assert [] == list(offences((_file(path), part) for path in MODULES for part in Path(_file(path)).parts))


def test_functions_classes_parameters_fields_and_constants_say_no_forbidden_word():
    trees = ((path, ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES)
    assert [] == list(offences((_file(path), name) for path, tree in trees for name in _told(tree)))


def test_tables_columns_and_commands_say_no_forbidden_word():
    columns = [
        (table.name, name)
        for table in (*ALL_SILVER_TABLES, *ALL_GOLD_TABLES)
        for name in (table.name, *table.column_names)
    ]
    commands = [("wfm", name.replace("-", "_")) for panel in PANELS.values() for name in panel]
    assert [] == list(offences(columns + commands))


def test_a_name_that_keeps_a_word_is_there():
    every = {_file(path) for path in MODULES} | {
        name for path in MODULES for name in _told(ast.parse(path.read_text()))
    }
    stays = [pattern for _, patterns in FORBIDDEN for pattern in patterns]
    assert [] == [pattern for pattern in stays if not any(re.fullmatch(pattern, name) for name in every)]

"""The rooms stay rooms: few files behind each door, a sign that is true, short functions, no circles, no copies."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "wfm_pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({path.parent for path in MODULES})
SOURCES = {path: path.read_text(encoding="utf-8") for path in MODULES}
TREES = {path: ast.parse(text) for path, text in SOURCES.items()}

MOST_MODULES = 15
FULL_ROOMS: dict[str, tuple[int, str]] = {}
"""Folder -> (modules, reason) of those that have more, up to 20."""
MOST_LINES = 40
LONG_FUNCTIONS: dict[str, str] = {}
"""`module:function` -> why its body is longer."""
MOST_ASSET_LINES = 15
MOST_EQUAL_LINES = 12
HEAVY = {"dagster", "ibis", "duckdb", "sqlalchemy", "matplotlib"}


def _name(path):
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_a_room_has_few_modules_and_a_sign_that_says_what_does_not_belong(folder):
    most, _reason = FULL_ROOMS.get(folder.relative_to(ROOT).as_posix(), (MOST_MODULES, ""))
    sign = ast.get_docstring(TREES[folder / "__init__.py"])

    assert len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= most <= 20
    assert "Not here" in sign, sign


def test_signs_name_modules_and_rooms_that_exist():
    places = [ROOT, PACKAGE, ROOT / "wfm_pipeline_tests"]
    wrong = []
    for path, text in SOURCES.items():
        for name in re.findall(r"(?<![\w./*-])((?:\w+/)*\w+\.py)\b", text):
            wrong += [(_name(path), name)] if not any((at / name).exists() for at in (path.parent, *places)) else []
        for name in re.findall(r"\(((?:[a-z_]+/)+[a-z_]+)\)", ast.get_docstring(TREES[path]) or ""):
            at = [place / end for place in (path.parent, *places) for end in (name, f"{name}.py")]
            wrong += [(_name(path), name)] if not any(place.exists() for place in at) else []

    assert [] == wrong


def test_signs_send_nobody_to_a_door_that_is_not_there():
    doors = {part for path in MODULES for part in (path.stem, path.parent.name)} | {"t"}  # M(t) is a queue, no door
    wrong = []
    for path in MODULES:
        for clause in re.findall(r"(?:Not here|Here):.*?(?=\n\n|\Z)", ast.get_docstring(TREES[path]) or "", re.DOTALL):
            named = re.findall(r"\(([a-z_]+(?:,\s+(?:and )?[a-z_]+)*)\)", clause)
            wrong += [
                (_name(path), name)
                for names in named
                for name in re.split(r",\s+(?:and )?", names)
                if name not in doors
            ]

    assert [] == wrong


def test_documents_name_modules_that_exist():
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    pages = [name for name in tracked if name.endswith(".md") and name != "CHANGELOG.md"]
    wrong = [
        (page, name)
        for page in pages
        for name in re.findall(r"`((?:\w+/)*\w+\.py)`", (ROOT / page).read_text(encoding="utf-8"))
        if not any(f"/{known}".endswith(f"/{name}") for known in tracked)
    ]

    assert [] == wrong


def _functions():
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def _body_lines(node):
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_functions_are_short_but_for_those_with_a_reason():
    long = {f"{_name(path)}:{node.name}" for path, node in _functions() if _body_lines(node) > MOST_LINES}

    assert set(LONG_FUNCTIONS) == long


def _is_asset(node):
    words = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(re.match(r"(dg\.)?(multi_)?asset\b", word) for word in words)


def test_the_bodies_of_assets_are_shorter_still():
    assets = [(path, node) for path, node in _functions() if _is_asset(node)]
    long = {f"{_name(path)}:{node.name}" for path, node in assets if _body_lines(node) > MOST_ASSET_LINES}

    assert len(assets) > 15
    assert set() == long


def test_no_imports_go_in_a_circle():
    graph = grimp.build_graph("wfm_pipeline", cache_dir=None)
    below = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    assert [] == [circle for circle in _circles(below) if len(circle) > 1]


def _circles(below):
    """Modules on a circle or between two: from both ends, what only looks down or is only looked down on is taken away."""
    left = {module: set(found) for module, found in below.items()}
    while leaves := [module for module, found in left.items() if not found & left.keys()]:
        for module in leaves:
            del left[module]
    above = defaultdict(set)
    for module, found in left.items():
        for lower in found & left.keys():
            above[lower].add(module)
    while roots := [module for module in left if not above[module] & left.keys()]:
        for module in roots:
            del left[module]
    return [sorted(left)] if left else []


def test_the_mathematics_loads_no_engine_no_orchestrator_and_no_pictures():
    names = [f"wfm_pipeline.{_name(path)}".replace("/", ".") for path in MODULES if _name(path).startswith("domain/")]
    code = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\nprint(sorted({HEAVY!r} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert "[]" == done.stdout.strip()


def test_what_no_command_reaches_yet_says_so_at_its_sign():
    """A public function of the mathematics that nothing else names is for a capability to come, or goes."""
    domain = [path for path in MODULES if _name(path).startswith("domain/")]
    named = {path: _names(tree) for path, tree in TREES.items()}
    waiting = {
        _name(path)
        for path in domain
        for node in TREES[path].body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if not any(node.name in _names(other) for other in TREES[path].body if other is not node)
        if not any(node.name in names for other, names in named.items() if other != path)
    }
    says_so = {_name(path) for path in domain if "No command reaches" in (ast.get_docstring(TREES[path]) or "")}

    assert says_so == waiting


def _names(tree):
    """Whatever a piece of code names: names it reads or imports, attributes, and words such as those of a registry."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def test_nothing_is_written_twice():
    """No more than 12 equal lines in two places, blank lines and import lines left out."""
    seen, twice = {}, set()
    for path, text in SOURCES.items():
        lines = [line.strip() for line in text.splitlines()]
        lines = [line for line in lines if line and not re.match(r"(from|import) |#", line)]
        for start in range(len(lines) - MOST_EQUAL_LINES):
            first = seen.setdefault(tuple(lines[start : start + MOST_EQUAL_LINES + 1]), (path, start))
            if first != (path, start):
                twice.add((_name(first[0]), _name(path)))

    assert set() == twice

"""What the mathematics says of itself: what a function takes, gives and refuses, and what a number is and why."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "wfm_pipeline" / "domain"
MODULES = sorted(DOMAIN.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def _name(path):
    return path.relative_to(DOMAIN).as_posix()


def _public(body, owner=""):
    """Functions, and methods of classes, that others may call: (name, node)."""
    for node in body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield owner + node.name, node


def _parameters(node):
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    return [one.arg for one in every if one is not None and one.arg not in ("self", "cls")]


def _raises(node):
    """Whether a function's own body raises, functions inside it left out."""
    inner = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.FunctionDef | ast.Lambda))
    return isinstance(node, ast.Raise) or any(_raises(child) for child in inner)


def _lacking(node):
    said = ast.get_docstring(node) or ""
    parts = dict(re.findall(r"^(\w+):\n((?: +.*\n?|\n)+)", said + "\n", re.MULTILINE))
    told = {
        name.strip()
        for names in re.findall(r"^    ([\w, ]+):", parts.get("Args", ""), re.MULTILINE)
        for name in names.split(",")
    }
    gives = node.returns is not None and ast.unparse(node.returns) != "None"
    yield from (name for name in _parameters(node) if name not in told)
    if gives and not parts.keys() & {"Returns", "Yields"}:
        yield "Returns"
    if _raises(node) and "Raises" not in parts:
        yield "Raises"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_public_function_says_what_it_takes_gives_and_refuses(path):
    public = [(name, node) for name, node in _public(TREES[path].body) if _parameters(node)]
    lacking = {name: list(_lacking(node)) for name, node in public if list(_lacking(node))}

    assert {} == lacking


def _constants(body):
    """Numbers with a name at the top of a module: (name, value, whether a text says what they are).

    One text may speak of several names in a row.
    """
    waiting = []
    for node in [*body, None]:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        target = getattr(node, "targets", [getattr(node, "target", None)])[0]
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            waiting.append((ast.unparse(target), node.value))
        else:
            yield from ((name, value, is_text) for name, value in waiting)
            waiting = []


def _is_number(value):
    """A number, a sum of numbers or a tuple of them; not a table or a type."""
    if isinstance(value, ast.Tuple):
        return bool(value.elts) and all(_is_number(one) for one in value.elts)
    if isinstance(value, ast.BinOp):
        return _is_number(value.left) or _is_number(value.right)
    return isinstance(value, ast.Constant) and isinstance(value.value, int | float)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_number_with_a_name_says_what_it_is_and_why(path):
    bare = [name for name, value, is_told in _constants(TREES[path].body) if _is_number(value) and not is_told]

    assert [] == bare


def test_nothing_has_two_homes():
    """No type or constant of equal name and value in two modules of the mathematics."""
    homes = defaultdict(list)
    for path, tree in TREES.items():
        for name, value, _ in _constants(tree.body):
            homes[name, ast.unparse(value)].append(_name(path))

    assert {} == {what: paths for what, paths in homes.items() if len(paths) > 1}

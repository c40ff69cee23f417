"""Every command has a module of its own and a panel of the help, and none makes another wait for what it alone needs."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wfm_pipeline.cli import PANELS, menu
from wfm_pipeline.commands.menu import command_of

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "wfm_pipeline" / "commands"
LINES = {name: (panel, line) for panel, commands in PANELS.items() for name, line in commands.items()}
HEAVY = {
    "dagster", "duckdb", "ibis", "lightgbm", "matplotlib", "numba", "numpy", "pandas", "pyarrow", "pydantic_settings",
    "scipy", "sklearn", "sqlalchemy", "sqlglot",
}  # fmt: skip

MOST_LOOSE_OPTIONS = 8
"""As many as a person reads through at once."""

MOST_LOOSE_OPTIONS = 8
"""As many as a person reads through at once."""


def _module(name):
    panel, _line = LINES[name]
    return f"wfm_pipeline.commands.{panel.lower()}.{name.replace('-', '_')}"


def _loaded_by(*modules):
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_front_door_loads_nothing_heavy_and_no_command():
    loaded = _loaded_by("wfm_pipeline.cli")

    assert set() == loaded & (HEAVY | {"typer", "rich"})
    assert set() == {name for name in loaded if name.startswith("wfm_pipeline.commands.")} - {
        "wfm_pipeline.commands.stopping"
    }


def test_a_commands_module_loads_nothing_heavy_before_the_command_is_called():
    assert set() == _loaded_by(*map(_module, LINES)) & HEAVY


RESOURCES = "cn,platform,locality,skills,states\n" + "".join(f"R{n},Voice,Domestic,Claims,TX\n" for n in range(6))
DEMANDS = "demand_id,platform,case_type,state,locality,weekly_forecast\n1,Voice,Claims,TX,Domestic,90\n"
_ROW = ["--calls", "10", "--interval-seconds", "1800", "--aht-seconds", "200"]


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        pytest.param(
            ["staff", *_ROW, "--answer-target-seconds", "20", "--service-level-target", "0.8"], {"numpy"}, id="staff"
        ),
        pytest.param(
            ["simulate", *_ROW, "--agents", "3", "--replications", "2"],
            {"numpy", "pandas", "pyarrow", "pydantic_settings", "scipy"},
            id="simulate",
        ),
        pytest.param(
            ["allocate", "--resources", "R.csv", "--demands", "D.csv", "--week", "2025-W28"],
            {"numpy", "pandas", "pyarrow", "pydantic_settings"},
            id="allocate",
        ),
    ],
)
def test_a_small_question_loads_only_what_its_answer_needs(words, needed, tmp_path):
    (tmp_path / "R.csv").write_text(RESOURCES)
    (tmp_path / "D.csv").write_text(DEMANDS)
    code = (
        f"import sys\nfrom wfm_pipeline.cli import menu\n"
        f"assert not menu()({words!r}, standalone_mode=False)\nprint(*sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)

    assert needed == set(done.stdout.splitlines()[-1].split()) & HEAVY


def test_the_graph_loads_no_library_that_only_a_step_needs():
    banned = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]

    loaded = _loaded_by("wfm_pipeline.definitions")

    assert set() == loaded & set(banned["flake8-tidy-imports"]["banned-module-level-imports"])


def test_every_module_of_the_rooms_is_a_command_of_the_menu():
    modules = {path for room in PANELS for path in (ROOMS / room.lower()).glob("*.py") if path.stem != "__init__"}

    assert {ROOT / f"{_module(name).replace('.', '/')}.py" for name in LINES} == modules
    assert {room.lower() for room in PANELS} == {path.parent.name for path in ROOMS.glob("*/__init__.py")}


@pytest.mark.parametrize("name", LINES)
def test_the_menu_says_of_a_command_what_the_command_says_of_itself(name):
    panel, line = LINES[name]
    function = getattr(importlib.import_module(_module(name)), name.replace("-", "_"))
    command = command_of(menu().commands[name])

    assert line == function.__doc__.splitlines()[0]
    assert (name, panel, function) == (command.name, command.rich_help_panel, command.callback.__wrapped__)


@pytest.mark.parametrize("name", LINES)
def test_the_options_of_a_command_with_many_stand_in_panels(name):
    options = [one for one in command_of(menu().commands[name]).params if one.param_type_name == "option"]
    loose = [one.name for one in options if one.rich_help_panel is None]

    assert len(options) <= MOST_LOOSE_OPTIONS or [] == loose

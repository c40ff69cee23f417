"""The menu of the `wfm` command: names, rooms and one line each; a command's module is imported when it is asked for.

Here: how a name becomes a command. Not here: which commands there are (cli.py), and what they do (their modules).
"""

import importlib
from collections.abc import Mapping
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

Panels = Mapping[str, Mapping[str, str]]
"""Panel of the help -> name of a command -> what it does, in one line."""
_ROOM: Final = "wfm_pipeline.commands"


class Menu(TyperGroup):
    """A group that knows its commands by name, and imports the one that is called.

    The panel and the name say where a command is: `long-range` of `Plan` is the function `long_range` of
    commands/plan/long_range.py.
    """

    def __init__(self, about: str, panels: Panels) -> None:
        """List what there is.

        Args:
            about: What the command as a whole does.
            panels: Its commands.
        """
        lines: dict[str, Any] = {
            name: TyperCommand(name, help=line, rich_help_panel=panel)
            for panel, commands in panels.items()
            for name, line in commands.items()
        }
        super().__init__(name="wfm", help=about, commands=lines, no_args_is_help=True, rich_markup_mode="rich")

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself in the place of its line."""
        name, line, rest = super().resolve_command(ctx, args)
        return name, command_of(line) if line else None, rest


def command_of(line: Any) -> Any:
    """The command that a line of the menu stands for."""
    name, panel = line.name, line.rich_help_panel
    function = name.replace("-", "_")
    module = importlib.import_module(f"{_ROOM}.{panel.lower()}.{function}")
    alone = typer.Typer(add_completion=False)
    alone.command(name, rich_help_panel=panel)(getattr(module, function))
    return typer.main.get_command(alone)

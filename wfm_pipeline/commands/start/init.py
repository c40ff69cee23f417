"""`wfm init`: a commented settings file."""

from typing import Annotated

import typer

from wfm_pipeline.commands.common import out
from wfm_pipeline.errors import SettingsError


def init(force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False) -> None:
    """Write a commented wfm.toml with every setting and its default."""
    from wfm_pipeline.machine import write_whole
    from wfm_pipeline.settings import commented_file, config_path

    path = config_path()
    if path.exists() and not force:
        raise SettingsError(f"{path} is there already; --force overwrites it", path=str(path))
    write_whole(path, commented_file())
    out.say(f"wrote {path}")

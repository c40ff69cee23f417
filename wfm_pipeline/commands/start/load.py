"""`wfm load`: a file into a source database."""

from pathlib import Path
from typing import Annotated

import typer

from wfm_pipeline.commands.common import chosen_settings, err, out


def load(
    source: Annotated[str, typer.Argument(help="Source map the file belongs to, such as anonymous_bank.")],
    file: Annotated[Path, typer.Argument(help="Parquet, CSV, gzipped CSV or a workbook (.xlsx).")],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Source database, such as mysql+pymysql://...")],
    append: Annotated[bool, typer.Option("--append", help="Add to what is there instead of replacing it.")] = False,
) -> None:
    """Put a public data set or an export into a source database, all or nothing."""
    from wfm_pipeline.sources.load import load_file
    from wfm_pipeline.sources.maps import load_map

    settings = chosen_settings()
    with err.progress(f"loading {file.name} ...") as go_on:
        rows = load_file(load_map(source), file, to, is_append=append, on_progress=lambda done: go_on(f"{done:,} rows"))
    is_remembered = settings.remember_source(source, to)
    out.say(f"{rows:,} rows of {file.name} are in source {source}")
    hint = f"wfm run --source {source}"
    if not is_remembered:
        err.say("a URL with a password or options is not written down: keep it in a file of your own, mode 600")
        hint = f"set WFM_SOURCE_URL_FILE to that file (or WFM_SOURCE_URL), then {hint}"
    out.say(f"next: {hint}")

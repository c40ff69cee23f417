"""`wfm sample`: a contact centre that does not exist, to begin with."""

import datetime as dt
from typing import Annotated

import typer

from wfm_pipeline.commands.common import chosen_settings, err, out, parse_date


def sample(
    if_older: Annotated[bool, typer.Option("--if-older", help="Only if the file does not reach yesterday.")] = False,
    last_date: Annotated[str | None, typer.Option(metavar="DATE", help="Last day; default yesterday.")] = None,
    months: Annotated[int | None, typer.Option(help="Months of calls.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; the same seed and dates make the same calls.")] = None,
) -> None:
    """Make the sample contact centre: simulated, labelled so, with the truth beside it."""
    from wfm_pipeline.sources.sample import make_sample, sample_reaches

    settings = chosen_settings(sample_months=months, seed=seed)
    last = parse_date(last_date, "--last-date") or dt.date.today() - dt.timedelta(days=1)
    if if_older and sample_reaches(settings.sample_path, last):
        err.say(f"the sample reaches {last} already: {settings.sample_path}")
        return
    with err.progress("simulating a contact centre ...") as go_on:
        rows = make_sample(
            settings.sample_path,
            last_date=last,
            months=settings.sample_months,
            seed=settings.seed,
            progress=lambda table, done, total: go_on(f"writing {table}: {done:,} of {total:,} rows"),
        )
    out.say(f"simulated contact centre up to {last}: {rows:,} rows in {settings.sample_path}")

"""`wfm backtest`: scores, report and JSON of a rolling-origin backtest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import (
    ANSWER,
    PLAIN_FILE,
    SCORED,
    AsJson,
    DateFormat,
    SourceName,
    TimeZone,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
    tell_notices,
    time_reading,
)
from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.units import whole

if TYPE_CHECKING:
    from wfm_pipeline.calculators.backtest import BacktestAnswer


_PEERS = "Beside ours"
_LONGEST_HORIZON = 366
"""As the setting horizon_days."""


def backtest(
    file: Annotated[
        Path | None, typer.Argument(help="Interval file (queue_id, interval_start, calls); none: the warehouse.")
    ] = None,
    origins: Annotated[
        Path | None, typer.Option(help="CSV: dataset, fold, origin, horizon_days, train_from.", rich_help_panel=SCORED)
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Which rows of the origins file.", rich_help_panel=SCORED)] = None,
    horizon: Annotated[
        str | None, typer.Option(help="Days ahead, such as 14d; default what the origins say.", rich_help_panel=SCORED)
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="ISO code for public holidays.", rich_help_panel=PLAIN_FILE)
    ] = None,
    weekend: Annotated[
        str | None, typer.Option(help="Weekend days, such as fri,sat.", rich_help_panel=PLAIN_FILE)
    ] = None,
    date_format: DateFormat = None,
    time_zone: TimeZone = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The file's data are made: label them so.", rich_help_panel=PLAIN_FILE)
    ] = False,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="Predictions made elsewhere; repeatable.", rich_help_panel=_PEERS),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Write every prediction to this Parquet file.", rich_help_panel=ANSWER)
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="HTML", help="Write a report with pictures, one file.", rich_help_panel=ANSWER),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the report.", rich_help_panel=ANSWER)] = None,
    as_json: AsJson = False,
) -> None:
    """Rolling-origin scores of our forecast, of the built-in peers, and of predictions made elsewhere.

    On the warehouse our forecast also gets the planners' events, drivers and
    decisions: at each origin those that were recorded by then, or that say by
    known_on that they were known; what was written down later is hindsight and
    left out, also about days before the origin. Overrides are not applied. A
    plain file has no planners.
    """
    from wfm_pipeline.calculators.backtest import BacktestRequest, answer_backtest, named_files
    from wfm_pipeline.files import write_page, write_parquet
    from wfm_pipeline.resources import House

    settings = chosen_settings(source=source, warehouse_url=warehouse)
    days = _weekend(weekend)
    peers = named_files(peer or [])
    request = BacktestRequest(
        file=file,
        origins=origins,
        dataset=dataset,
        horizon_days=_days(horizon),
        country=country,
        weekend=days,
        reading=time_reading(date_format, time_zone),
        peers=peers,
        title=title,
        is_simulated=simulated,
    )
    with err.progress("backtest ...") as go_on:
        answer = answer_backtest(
            House(settings),
            request,
            on_progress=lambda line: go_on(f"backtest: {line}"),
        )
    tell_notices(answer.notices)
    if predictions is not None:
        write_parquet(answer.result.predictions, predictions)
    if report is not None:
        write_page(answer.report(), report)
        err.say(str(report), head="report:")
    if as_json:
        _print_json(answer, dataset)
    else:
        _print_tables(answer)


def _print_json(answer: "BacktestAnswer", dataset: str | None) -> None:
    from wfm_pipeline.reports.words.terminal import print_json

    result, facts = answer.result, answer.facts
    tables = {"scores": result.scores, "fold_scores": result.fold_scores, **answer.analysis.tables()}
    labels = {"is_hindcast": True, "is_simulated": facts.is_simulated}
    said = {"data": facts.data, "configuration": facts.configuration, "versions": facts.versions}
    print_json(tables, dataset=dataset, notes=result.notes, **labels, **said)


def _print_tables(answer: "BacktestAnswer") -> None:
    from wfm_pipeline.reports.backtest.words import summary
    from wfm_pipeline.reports.words.terminal import print_table

    result = answer.result
    for head, words in summary(result.scores, answer.analysis):
        out.say(words, head=head, style="bold")
    print_table(result.scores, "Backtest: wMAPE by method (int = interval, day; q = per queue, tot = summed)")
    for note in result.notes:
        out.say(note)


def _days(text: str | None) -> int | None:
    if text is None:
        return None
    days = whole(text.strip().lower().removesuffix("d"))
    if not days or days > _LONGEST_HORIZON:
        raise SettingsError(
            f"--horizon must be days such as 14d, 1d to {_LONGEST_HORIZON}d, got {shown(text)}", got=text
        )
    return days


def _weekend(text: str | None) -> tuple[str, ...] | None:
    return tuple(day.strip().lower() for day in text.split(",") if day.strip()) if text else None

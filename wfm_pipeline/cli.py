"""The `wfm` command: words in, one call, words out. No logic lives here.

Exit codes: 0 done, 1 the work failed, 2 the words or settings are wrong, 130 and 143 stopped by Ctrl-C
and by SIGTERM. Errors of ours and faults of the machine are one line on standard error, without a traceback.
"""

import datetime as dt
import gc
import sys
import time
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from wfm_pipeline.commands.alerts import alerts
from wfm_pipeline.commands.allocate import allocate
from wfm_pipeline.commands.backtest import backtest
from wfm_pipeline.commands.capacity import capacity
from wfm_pipeline.commands.common import (
    AsJson,
    AsOf,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
    parse_date,
    tell,
    tell_notices,
    tell_step,
    written_folders,
)
from wfm_pipeline.commands.intraday import backtest_intraday, long_range, reforecast
from wfm_pipeline.commands.model_fit import model_fit
from wfm_pipeline.commands.plans import plans
from wfm_pipeline.commands.simulate import simulate
from wfm_pipeline.commands.staff import staff
from wfm_pipeline.commands.stopping import Stopping
from wfm_pipeline.commands.upgrade import upgrade
from wfm_pipeline.errors import SettingsError, WfmError
from wfm_pipeline.machine import keep_private, machine_error, write_whole
from wfm_pipeline.reports.words.plain_words import plain_lines
from wfm_pipeline.settings import Settings, commented_file, config_path, dagster_home
from wfm_pipeline.urls import masked

if TYPE_CHECKING:
    from dagster import Definitions

_COLLECT_EVERY = 50_000
"""Objects made until Python looks for lost cycles. Its own 700 makes it search the imported libraries, a million
objects that stay until the end, over and over: a tenth of a night's processor time, for 5 MB less at its peak."""
TYPERS_STOP = 130
"""Typer's answer to a `KeyboardInterrupt`, whichever signal it came from."""
app = typer.Typer(
    help="Open workforce management: call records to calibrated forecasts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(alerts)
app.command()(allocate)
app.command()(plans)
app.command()(staff)
app.command()(capacity)
app.command()(reforecast)
app.command()(backtest_intraday)
app.command()(long_range)
app.command()(backtest)
app.command()(simulate)
app.command("model-fit")(model_fit)
app.command()(upgrade)


def main() -> NoReturn:
    """Run the command; our own errors and faults of the machine become one line and an exit code."""
    keep_private()
    gc.set_threshold(_COLLECT_EVERY, *gc.get_threshold()[1:])
    with Stopping() as stopping:
        try:
            code = app(standalone_mode=False)
        except (typer.Abort, KeyboardInterrupt):
            stopping.end()
        except Exception as error:  # noqa: BLE001  (what is a bug of ours is told with its traceback)
            if stopping.is_asked:
                stopping.end()
            code = _told(error)
        if code == TYPERS_STOP:
            stopping.end()
    sys.exit(code or 0)


def _told(error: Exception) -> int:
    """Say in one line what went wrong, or for a bug of ours in its traceback, and give the exit code; no secret is said."""
    ours = error if isinstance(error, WfmError) else machine_error(error, *written_folders())
    if ours:
        err.say(" ".join(masked(str(ours)).split()), head="error:", style="bold red")
        return ours.exit_code
    if hasattr(error, "show") and hasattr(error, "exit_code"):
        vars(error)["message"] = masked(str(getattr(error, "message", "")))  # click quotes words it did not expect
        error.show()
        return int(error.exit_code)
    sys.stderr.write(plain_lines(masked("".join(traceback.format_exception(error)))))
    return 1


@app.command()
def run(
    source: SourceName = None,
    as_of: AsOf = None,
    reissue: Annotated[
        bool, typer.Option("--reissue", help="Issue again what stands; the former goes to the archive.")
    ] = False,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """The main job: the whole graph in one process, from call records to a scored forecast."""
    first_day = parse_date(as_of, "--as-of")
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.orchestration.jobs import NIGHTLY  # noqa: PLC0415  (Dagster takes seconds to import)
    from wfm_pipeline.orchestration.partitions.stale_dates import plan_run  # noqa: PLC0415
    from wfm_pipeline.orchestration.runs.main_run import run_news  # noqa: PLC0415
    from wfm_pipeline.orchestration.runs.telling import telling  # noqa: PLC0415
    from wfm_pipeline.reports.tables.main_run import run_tables  # noqa: PLC0415
    from wfm_pipeline.reports.words.terminal import print_json, print_table  # noqa: PLC0415
    from wfm_pipeline.resources import House  # noqa: PLC0415

    house = House(settings)
    house.check()
    started = time.monotonic()
    with ExitStack() as held:
        with telling(house, NIGHTLY):
            held.enter_context(house.writing(owner="wfm run", say=tell))
            plan = plan_run(house)
        tell_notices(plan.notices)
        outcome = run_news(
            house,
            plan,
            lambda: _graph(settings),
            as_of=first_day,
            on_step=tell_step,
            say=lambda words: err.say(words, head=f"{house.title('source')}:"),
            is_reissue=reissue,
        )
    if outcome.problems:
        raise WfmError("; ".join(outcome.problems))
    with house.open_gold() as gold:
        tables = run_tables(gold, run_id=outcome.run_id, source=house.source_map.name)
    if as_json:
        print_json(tables, run_id=outcome.run_id, is_simulated=house.is_simulated, is_idle=outcome.is_idle)
        return
    for title, frame in tables.items():
        print_table(frame, house.title(title))
    word = "nothing new" if outcome.is_idle else "done"
    out.say(f"{word} in {time.monotonic() - started:.0f} s")
    out.say(f"look at: {house.readers_place} (tables), `wfm dev` (graph, runs, pictures)")


def _graph(settings: Settings) -> "Definitions":
    """The graph without partitions; an idle run does without it."""
    from wfm_pipeline.definitions import build_definitions  # noqa: PLC0415

    return build_definitions(settings, is_partitioned=False)


@app.command()
def sample(
    if_older: Annotated[bool, typer.Option("--if-older", help="Only if the file does not reach yesterday.")] = False,
    last_date: Annotated[str | None, typer.Option(metavar="DATE", help="Last day; default yesterday.")] = None,
    months: Annotated[int | None, typer.Option(help="Months of calls.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; the same seed and dates make the same calls.")] = None,
) -> None:
    """Make the sample contact centre: simulated, labelled so, with the truth beside it."""
    from wfm_pipeline.sources.sample import make_sample, sample_reaches  # noqa: PLC0415

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


@app.command()
def load(
    source: Annotated[str, typer.Argument(help="Source map the file belongs to, such as anonymous_bank.")],
    file: Annotated[Path, typer.Argument(help="Parquet, CSV or gzipped CSV.")],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Source database, such as mysql+pymysql://...")],
    append: Annotated[bool, typer.Option("--append", help="Add to what is there instead of replacing it.")] = False,
) -> None:
    """Put a public data set or an export into a source database, all or nothing."""
    from wfm_pipeline.sources.load import load_file  # noqa: PLC0415
    from wfm_pipeline.sources.maps import load_map  # noqa: PLC0415

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


@app.command()
def publish(warehouse: WarehouseUrl = None) -> None:
    """Renew the whole readers' copy of gold, and the analysts' views."""
    from wfm_pipeline.resources import House  # noqa: PLC0415

    done = House(chosen_settings(warehouse_url=warehouse)).publish()
    rows = sum(done.rows.values())
    out.say(
        f"published: {len(done.rows)} tables, {rows:,} rows, {done.seconds:.1f} s; readers find them in {done.place}"
    )


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check settings, drivers, connections, time zone and disk, and say how to mend each."""
    from wfm_pipeline.definitions import defs  # noqa: PLC0415  (Dagster takes seconds to import)
    from wfm_pipeline.orchestration.doctor import as_table, examine  # noqa: PLC0415
    from wfm_pipeline.reports.words.terminal import print_json, print_table  # noqa: PLC0415

    findings = examine(chosen_settings(), defs)
    if as_json:
        print_json({"checks": as_table(findings)})
    else:
        print_table(as_table(findings), "wfm doctor")
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def init(force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False) -> None:
    """Write a commented wfm.toml with every setting and its default."""
    path = config_path()
    if path.exists() and not force:
        raise SettingsError(f"{path} is there already; --force overwrites it", path=str(path))
    write_whole(path, commented_file())
    out.say(f"wrote {path}")


@app.command()
def dev(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the Dagster UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to bind to; others than loopback need a proxy.")] = "127.0.0.1",
    i_have_a_proxy: Annotated[
        bool, typer.Option("--i-have-a-proxy", help="A proxy with a login and an origin check stands before --host.")
    ] = False,
) -> None:
    """Open the Dagster UI with the graph."""
    from wfm_pipeline.orchestration.instance.dev_services import check_host, check_port, serve_ui  # noqa: PLC0415

    check_host(host, has_proxy=i_have_a_proxy)
    settings = chosen_settings()
    check_port(host, port)
    err.say(f"Dagster UI on http://{host}:{port} (runs in {dagster_home(settings)}); stop with ctrl-c")
    serve_ui(settings, host=host, port=port)


if __name__ == "__main__":
    main()

"""The `wfm` command: which commands there are, how they are stopped, and how an error ends. No logic lives here.

Exit codes: 0 done, 1 the work failed, 2 the words or settings are wrong, 3 done without a source that could not be read, 130 and 143 stopped by Ctrl-C
and by SIGTERM. Errors of ours and faults of the machine are one line on standard error, without a traceback.
Nothing is imported above that takes long: whoever presses Ctrl-C at once is heard.
"""

import atexit
import gc
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from wfm_pipeline.commands.stopping import Stopping

if TYPE_CHECKING:
    from wfm_pipeline.commands.menu import Menu

ABOUT: Final = "Open workforce management: call records to calibrated forecasts."
PANELS: Final = {
    "Start": {
        "init": "Write a commented wfm.toml with every setting and its default.",
        "sample": "Make the sample contact centre: simulated, labelled so, with the truth beside it.",
        "source": "A first source map, by looking at the first rows: names, types, empties, and which column looks like what.",
        "check": "Does a source map fit? Per column: values that fit, the first that does not, and what to write instead.",
        "load": "Put a public data set or an export into a source database, all or nothing.",
        "run": "The main job: the whole graph in one process, from call records to a scored forecast.",
    },
    "Plan": {
        "staff": "Agents needed: for one row of arguments, or for every row of --file, each row by itself.",
        "simulate": "What if? Simulate queues, skills, shifts, impatience and redials, call by call; no warehouse needed.",
        "allocate": "Fair weekly allocation: the coming week, or --from and --to, in the warehouse; or one week from CSV files.",
        "assignments": "Versions of weekly assignments: what was made when and why, what differs, and which one is approved.",
        "capacity": "Weeks ahead: FTE required, available and short, and whom to hire by when.",
        "planners": "Planners' events, drivers, decisions and overrides: take them in, forecast again, apply, staff, score, "
        "publish.",
        "reforecast": "The rest of today, updated by what came so far; every queue however small.",
        "long-range": "Days to 26 weeks and weeks to 64 weeks ahead, for capacity and monthly demand.",
    },
    "Look": {
        "backtest": "Rolling-origin scores of our forecast, of the built-in peers, and of predictions made elsewhere.",
        "backtest-intraday": "Scores of the intraday update beside doing nothing and the plain ratio, on past days.",
        "findings": "What was set aside or mended: rows refused and values emptied, by rule, with the first of each.",
        "coverage-history": "Past days of the live centre: people required, rostered and there, and the gaps; kept in gold.",
        "backlog": "The hourly backlog: which queue needs what now, the people of the next hours, and how the work went.",
        "model-fit": "Compare the service level that Erlang C, Erlang A and the simulation predict with the one reached.",
    },
    "Operate": {
        "doctor": "Check settings, drivers, connections, time zone and disk, and say how to mend each.",
        "publish": "Renew the readers' copies of gold whole, and the analysts' views.",
        "upgrade": "Bring a warehouse that an older version wrote up to date; nothing that cannot be made again is dropped.",
        "alerts": "List what is wrong, pending, held, over and not gone out; take an alert; say what was tried; or try the channels.",
        "monitor": "Watch live coverage: who is there against who is needed, gaps, their cost, and what to do first.",
        "replay": "Write a recorded day into operational tables as a live centre would; a monitor beside it sees it live.",
        "dev": "Open the Dagster UI with the graph.",
    },
}
"""Panel of the help -> name of a command -> the first line of its help. Panel and name say which module it is in."""
_COLLECT_EVERY: Final = 200_000
"""Objects made until Python looks for lost cycles. Its own 700 makes it search the imported libraries, a million
objects that stay until the end, over and over: a tenth of a night's processor time, for some MB less at its peak.
At the end it would search them all once more, for longer than many a command takes: they are frozen instead."""
TYPERS_STOP: Final = 130
"""Typer's answer to a `KeyboardInterrupt`, whichever signal it came from."""


def main() -> NoReturn:
    """Run the command; our own errors and faults of the machine become one line and an exit code."""
    gc.set_threshold(_COLLECT_EVERY, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)
    with Stopping() as stopping:
        try:
            code = _run()
        except KeyboardInterrupt:
            stopping.end()
        except Exception as error:  # noqa: BLE001  (what is a bug of ours is told with its traceback)
            if stopping.is_asked:
                stopping.end()
            code = _told(error)
        if code == TYPERS_STOP:
            stopping.end()
    sys.exit(code or 0)


def menu() -> "Menu":
    """The command with all its commands; none of their modules is imported yet."""
    from wfm_pipeline.commands.menu import Menu

    return Menu(ABOUT, PANELS)


def _run() -> int | None:
    from wfm_pipeline.machine import keep_private

    keep_private()
    return menu()(standalone_mode=False)


def _told(error: Exception) -> int:
    """Say in one line what went wrong, or for a bug of ours in its traceback, and give the exit code; no secret is said."""
    import traceback

    from wfm_pipeline.commands.common import err, written_folders
    from wfm_pipeline.errors import WfmError
    from wfm_pipeline.machine import machine_error
    from wfm_pipeline.reports.words.plain_words import plain_lines
    from wfm_pipeline.urls import masked

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


if __name__ == "__main__":
    main()

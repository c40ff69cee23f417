"""The `wfm` command: words in, one call, words out. No logic lives here.

Exit codes: 0 done, 1 the work failed, 2 the words or settings are wrong, 130 and 143 stopped by Ctrl-C
and by SIGTERM. Errors of ours and faults of the machine are one line on standard error, without a traceback.
"""

import gc
import sys
import traceback
from typing import NoReturn

import typer

from wfm_pipeline.commands.common import err, written_folders
from wfm_pipeline.commands.look.backtest import backtest
from wfm_pipeline.commands.look.backtest_intraday import backtest_intraday
from wfm_pipeline.commands.look.model_fit import model_fit
from wfm_pipeline.commands.operate.alerts import alerts
from wfm_pipeline.commands.operate.dev import dev
from wfm_pipeline.commands.operate.doctor import doctor
from wfm_pipeline.commands.operate.publish import publish
from wfm_pipeline.commands.operate.upgrade import upgrade
from wfm_pipeline.commands.plan.allocate import allocate
from wfm_pipeline.commands.plan.capacity import capacity
from wfm_pipeline.commands.plan.long_range import long_range
from wfm_pipeline.commands.plan.plans import plans
from wfm_pipeline.commands.plan.reforecast import reforecast
from wfm_pipeline.commands.plan.simulate import simulate
from wfm_pipeline.commands.plan.staff import staff
from wfm_pipeline.commands.start.init import init
from wfm_pipeline.commands.start.load import load
from wfm_pipeline.commands.start.run import run
from wfm_pipeline.commands.start.sample import sample
from wfm_pipeline.commands.stopping import Stopping
from wfm_pipeline.errors import WfmError
from wfm_pipeline.machine import keep_private, machine_error
from wfm_pipeline.reports.words.plain_words import plain_lines
from wfm_pipeline.urls import masked

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
_PANELS = {
    "Start": (init, sample, load, run),
    "Plan": (staff, simulate, allocate, capacity, plans, reforecast, long_range),
    "Look": (backtest, backtest_intraday, model_fit),
    "Operate": (doctor, publish, upgrade, alerts, dev),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)


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


if __name__ == "__main__":
    main()

"""`wfm replay --score` on the screen: alerts against what was short, beside plain thresholds."""

import datetime as dt
from typing import TYPE_CHECKING, Final

from wfm_pipeline.commands.common import err, out
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    from wfm_pipeline.calculators.alert_score import AlertScoreAnswer
    from wfm_pipeline.settings import Settings

_SHOWN: Final = {
    "budget": "allowed", "method": "looks at", "limit": "limit", "precision": "precision", "recall": "recall",
    "false_alarms": "false", "alerts": "alerts", "false_alerts": "false alerts", "shortages_warned": "shortages told",
    "lead_minutes": "lead min",
}  # fmt: skip
"""Column -> its name on the screen; whatever is counted, is counted per day."""


def show_score(settings: "Settings", first: dt.date | None, weeks: int, *, as_json: bool) -> None:
    """Score alerts on recorded weeks, and print it.

    Raises:
        SettingsError: no first date was given.
    """
    if first is None:
        raise SettingsError("--score needs --from-date, the first day of the weeks that are scored")
    from wfm_pipeline.monitoring.replay.scoring import score_alerts
    from wfm_pipeline.reports.words.terminal import print_json
    from wfm_pipeline.resources import House

    with err.progress("score ...") as go_on:
        answer = score_alerts(House(settings), first, weeks, on_progress=lambda line: go_on(f"score: {line}"))
    if as_json:
        print_json({"scores": answer.scores, "compared": answer.compared}, **answer.facts)
    else:
        _print(answer)


def _print(answer: "AlertScoreAnswer") -> None:
    from wfm_pipeline.reports.words.terminal import print_table

    facts = answer.facts
    made = "SIMULATED data: " if facts["is_simulated"] else ""
    out.say(
        f"{made}{facts['quarters_judged']:,} quarters of {facts['days_even']} days judged, "
        f"{facts['quarters_short']:,} of them short; limits chosen on {facts['days_odd']} other days",
        style="bold",
    )
    shown = answer.scores[list(_SHOWN)].rename(columns=_SHOWN)
    print_table(shown, "Alerts 15 minutes ahead; false alarms allowed and made are per day")
    print_table(answer.compared, "Recall of level_ahead more than the peer's, at equal false alarms a day")

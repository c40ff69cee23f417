"""`wfm backlog calendar`: versions of the calendar that due times count by, and the approval of those that wait.

Not here: when a version comes into force (domain/backlog/calendar_versions).
"""

from typing import TYPE_CHECKING

from wfm_pipeline.commands.common import err
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    from wfm_pipeline.resources import House


def calendar_command(house: "House", *, approve: int | None, refuse: int | None, by: str | None, as_json: bool) -> None:
    """Approve or refuse a version where one is named, and list all of them.

    Raises:
        SettingsError: both are named, or nobody says who decides.
        DataError: no such version waits.
    """
    import dataclasses

    import pandas as pd

    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.warehouse.shelves.backlog.calendar_versions import calendar_versions, decide_calendar

    version = refuse if approve is None else approve
    if (approve is not None and refuse is not None) or (version is not None) != bool(by):
        raise SettingsError(
            "say --approve N or --refuse N, and --by NAME with it; without them the versions are listed"
        )
    if version is not None and by:
        now = pd.Timestamp.now("UTC").tz_localize(None)
        with house.writing(owner="wfm backlog calendar"), house.open_warehouse() as opened:
            made = decide_calendar(opened, house.source_map, version, is_approved=refuse is None, by=by, now=now)
        err.say(f"version {made.version} is {made.status}", head="calendar:")
    with house.open_warehouse() as opened:
        known = calendar_versions(opened, house.source_map)
    rows = pd.DataFrame([dataclasses.asdict(one) for one in known])
    if as_json:
        print_json({"versions": rows}, is_simulated=house.is_simulated)
    elif rows.empty:
        err.say("no version of the calendar was noted yet; `wfm backlog --make` notes it")
    else:
        shown = ["version", "status", "seen_at", "difference", "decided_by"]
        print_table(rows[shown], house.title("Versions of the calendar"))

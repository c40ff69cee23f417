"""`wfm doctor`: what is set up, what is not, and how to mend it."""

import typer

from wfm_pipeline.commands.common import AsJson, chosen_settings


def doctor(as_json: AsJson = False) -> None:
    """Check settings, drivers, connections, time zone and disk, and say how to mend each."""
    from wfm_pipeline.definitions import defs
    from wfm_pipeline.orchestration.doctor import as_table, examine
    from wfm_pipeline.reports.words.terminal import print_json, print_table

    findings = examine(chosen_settings(), defs)
    if as_json:
        print_json({"checks": as_table(findings)})
    else:
        print_table(as_table(findings), "wfm doctor")
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)

"""`wfm findings`: what was set aside or mended of a source's rows."""

from typing import Annotated

import typer

from wfm_pipeline.commands.common import AsJson, SourceName, WarehouseUrl, chosen_settings, out


def findings(
    rule: Annotated[str | None, typer.Option(help="The rows of one rule, with its reasons as they stand.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="Rows of --rule at most.")] = 50,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """What was set aside or mended: rows refused and values emptied, by rule, with the first of each.

    Counts are of all rows that silver holds; the reasons of --rule quote values of the source, which may be personal.
    """
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.reports.tables.findings import findings_table
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House
    from wfm_pipeline.warehouse.shelves.findings import findings_by_rule, findings_of_rule

    house = House(settings)
    with house.open_warehouse() as opened:
        found = findings_table(findings_by_rule(opened, house.source_map), house.source_map)
        rows = findings_of_rule(opened, house.source_map, rule, most=most) if rule else found
    title = f"Findings of rule {rule}" if rule else "Findings by rule"
    if as_json:
        print_json({title: rows}, is_simulated=house.is_simulated)
    elif rows.empty:
        known = f"; rules with findings: {', '.join(found['rule'])}" if rule and len(found) else ""
        out.say(f"nothing was set aside{f' by rule {rule}' if rule else ''}{known}")
    else:
        print_table(rows, house.title(title))

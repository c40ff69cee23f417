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
    parts = house.read_parts if source else house.source_map.parts
    with house.open_warehouse() as opened:
        found = {part.name: findings_table(findings_by_rule(opened, part), part) for part in parts}
        of_rule = {part.name: findings_of_rule(opened, part, rule, most=most) for part in parts} if rule else found
    title = f"Findings of rule {rule}" if rule else "Findings by rule"
    titles = {name: f"{title}, source {name}" if house.source_map.members else title for name in found}
    if as_json:
        print_json({titles[name]: rows for name, rows in of_rule.items()}, is_simulated=house.is_simulated)
        return
    for name, rows in of_rule.items():
        if not rows.empty:
            print_table(rows, house.title(titles[name]))
    if all(rows.empty for rows in of_rule.values()):
        rules = sorted({one for rows in found.values() for one in rows["rule"]}) if rule else []
        known = f"; rules with findings: {', '.join(rules)}" if rules else ""
        out.say(f"nothing was set aside{f' by rule {rule}' if rule else ''}{known}")

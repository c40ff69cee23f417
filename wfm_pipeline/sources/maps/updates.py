"""The section `updates` of a map's table, read and checked: what the columns and words of a log of updates mean.

Not here: the other sections (the loader beside) and how such a log is folded (sources/files/case_fold).
"""

from dataclasses import fields
from typing import Any, get_args

from wfm_pipeline.contracts.source.source_map import Role
from wfm_pipeline.contracts.source.update_log import FIELDS, UPDATE_COLUMNS, StateWord, UpdateLog
from wfm_pipeline.sources.maps.door import Door
from wfm_pipeline.sources.rows.moments import form_fault

_KIND = "case_updates"


def read_update_log(table: Door, role: Role) -> UpdateLog | None:
    """What a table says of its log of updates.

    Args:
        table: The table's section of the map.
        role: Its role.

    Returns:
        What its columns and words mean; None where the table is no such log.

    Raises:
        SettingsError: it is one and does not say so, or says something that is not known.
    """
    if table.values.get("events") != _KIND:
        if "updates" in table.values:
            table.refuse("updates", sorted(table.values["updates"]), f'left out but beside events = "{_KIND}"')
        return None
    if role != "case_events":
        table.refuse("events", _KIND, f"left out in a table with role {role}; it is a word of case_events")
    door = table.inner("updates")
    door.only({field.name for field in fields(UpdateLog)})
    states = door.words("states", allowed=get_args(StateWord))
    if not set(states.values()) - {"as_before"}:
        door.refuse("states", states, 'words of the source\'s states and what they mean, such as { New = "open" }')
    given: dict[str, Any] = {name: door.text(name) for name in UPDATE_COLUMNS if name in door.values or name in _NEEDED}
    if "time_format" in door.values:
        given["time_format"] = door.text("time_format")
        if fault := form_fault(given["time_format"], "timestamp"):
            door.refuse("time_format", given["time_format"], fault)
    _check_kind(door, given)
    return UpdateLog(
        **given,
        states=states,
        fields=door.words("fields", allowed=FIELDS) if "fields" in door.values else {},
        nulls=door.texts("nulls", default=()),
        is_offset_ignored=door.flag("is_offset_ignored", default=False),
    )


_NEEDED = ("case", "updated_at")


def _check_kind(door: Door, given: dict[str, Any]) -> None:
    """Columns as the case stood, or fields that changed; not both."""
    fields_said = {name for name in ("field", "value", "fields") if name in door.values}
    columns_said = sorted(set(given) & {*FIELDS, "opened_at", "resolved_at", "closed_at"})
    if not fields_said:
        if "state" not in given:
            door.refuse(
                "state",
                None,
                "the raw column of the state; or field, value and fields, where a row is a change of one field",
            )
        return
    if len(fields_said) < len(("field", "value", "fields")):
        door.refuse("fields", sorted(fields_said), "beside field and value, all three or none")
    if columns_said:
        door.refuse(columns_said[0], given[columns_said[0]], "left out: in a log of fields it stands under fields")
    if "state" not in door.inner("fields").values.values():
        door.refuse("fields", dict(door.inner("fields").values), 'the state among them, such as { status = "state" }')

"""What was set aside or mended, in words: a line per rule with its count and its first example.

A date, a time or a duration is shown as it came; of anything else only how it is written, for it may be a person's.
"""

import json

import pandas as pd

from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.errors import example

_AS_IT_CAME = "as it came: "
_MISFIT = "misfit_"
_TIMES = ("started_at", "opened_at")


def findings_words(findings: pd.DataFrame, source_map: SourceMap) -> list[str]:
    """A line per rule.

    Args:
        findings: From `findings_by_rule`.
        source_map: Their source, which says which columns a time is made of.

    Returns:
        Such as `338 rows refused: undated (first '9:46:25')`; none where nothing was found.
    """
    shown = _examples(findings, source_map)
    columns = (findings[name] for name in ("rule", "findings", "is_row_refused"))
    return [_line(*each) for each in zip(*columns, shown, strict=True)]


def findings_table(findings: pd.DataFrame, source_map: SourceMap) -> pd.DataFrame:
    """The same as a table.

    Args:
        findings: From `findings_by_rule`.
        source_map: Their source.

    Returns:
        Columns table, rule, what became of it, findings [count], first, last, example.
    """
    return pd.DataFrame(
        {
            "table": findings["table"],
            "rule": findings["rule"],
            "became": [
                "row refused" if refused else "value mended or emptied" for refused in findings["is_row_refused"]
            ],
            "findings": findings["findings"],
            "first": findings["first_date"],
            "last": findings["last_date"],
            "example": [each or "-" for each in _examples(findings, source_map)],
        }
    )


def _line(rule: str, count: int, is_refused: bool, shown: str | None) -> str:
    first, plural = f" (first {shown})" if shown else "", "s" if count != 1 else ""
    if is_refused:
        return f"{count:,} row{plural} refused: {rule}{first}"
    if rule.startswith(_MISFIT):
        return f"{count:,} value{plural} of {rule.removeprefix(_MISFIT)} emptied{first}"
    return f"{count:,} value{plural} mended or emptied: {rule}{first}"


def _examples(findings: pd.DataFrame, source_map: SourceMap) -> list[str | None]:
    maps = {table.name: table for table in source_map.tables}
    return [
        _example(_columns_of(rule, maps.get(table)), reason)
        for rule, table, reason in zip(findings["rule"], findings["table"], findings["reason"], strict=True)
    ]


def _columns_of(rule: str, table_map: TableMap | None) -> tuple[str, ...]:
    """The raw columns that a rule speaks of."""
    if rule.startswith(_MISFIT):
        return (rule.removeprefix(_MISFIT),)
    times = [table_map.columns.get(name) for name in _TIMES] if table_map and rule == "undated" else []
    return tuple(name for form in times if form for name in form.raw_columns)


def _example(columns: tuple[str, ...], reason: str) -> str | None:
    """What stood in these columns, as it came; None where the reason does not tell."""
    _, _, text = reason.partition(_AS_IT_CAME)
    try:
        came = json.loads(text) if text else {}
    except ValueError:
        return None
    values = [str(came[name]) for name in columns if name in came]
    return example(" ".join(values)) if values else None

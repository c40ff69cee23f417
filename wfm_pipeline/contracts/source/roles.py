"""Canonical columns that a source map may fill, per role of a table, with their types.

The one place where they are named: maps are checked against it when they are loaded, and silver
reads by these names. Types are those of the cleaned column, not of the source's.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wfm_pipeline.contracts.columns import DataType
from wfm_pipeline.contracts.source.source_map import Role

_CALL_LEGS: Final[Mapping[str, DataType]] = MappingProxyType(
    {
        "call_id": "string",
        "leg_number": "int64",
        "queue_id": "string",
        "agent_id": "string",
        "status": "string",
        "started_at": "timestamp",
        "menu_seconds": "float64",
        "wait_seconds": "float64",
        "talk_seconds": "float64",
        "hold_seconds": "float64",
        "after_call_seconds": "float64",
        "channel": "string",
        "landing_number": "string",
        "caller_number": "string",
        "customer_id": "string",
        "case_id": "string",
    }
)
_CASES: Final[Mapping[str, DataType]] = MappingProxyType(
    {
        "case_id": "string",
        "queue_id": "string",
        "status": "string",
        "priority": "string",
        "opened_at": "timestamp",
        "closed_at": "timestamp",
        "due_at": "timestamp",
        "agent_id": "string",
    }
)
_CASE_EVENTS: Final[Mapping[str, DataType]] = MappingProxyType(
    {
        "case_id": "string",
        "kind": "string",
        "happened_at": "timestamp",
        "queue_id": "string",
        "priority": "string",
        "due_at": "timestamp",
        "agent_id": "string",
        "known_at": "timestamp",
    }
)
_INTERVALS: Final[Mapping[str, DataType]] = MappingProxyType(
    {
        "queue_id": "string",
        "interval_start": "timestamp",
        "calls_offered": "int64",
        "calls_answered": "int64",
        "calls_abandoned": "int64",
        "handle_seconds": "float64",
        "talk_seconds": "float64",
        "hold_seconds": "float64",
        "after_call_seconds": "float64",
        "aht_seconds": "float64",
        "mean_talk_seconds": "float64",
        "mean_hold_seconds": "float64",
        "mean_after_call_seconds": "float64",
        "answered_wait_seconds": "float64",
        "asa_seconds": "float64",
        "answered_in_target": "int64",
        "service_level": "float64",
    }
)
"""Sums over the answered calls of an interval, and means of the same."""
_CUSTOMERS: Final[Mapping[str, DataType]] = MappingProxyType(
    {"customer_id": "string", "parent_customer_id": "string", "landing_number": "string", "name": "string"}
)
_QUEUES: Final[Mapping[str, DataType]] = MappingProxyType(
    {"queue_id": "string", "name": "string", "is_excluded": "boolean"}
)
_AGENTS: Final[Mapping[str, DataType]] = MappingProxyType({"agent_id": "string", "name": "string"})

CANONICAL_COLUMNS: Final[Mapping[Role, Mapping[str, DataType]]] = MappingProxyType(
    {
        "call_legs": _CALL_LEGS,
        "intervals": _INTERVALS,
        "cases": _CASES,
        "case_events": _CASE_EVENTS,
        "customers": _CUSTOMERS,
        "queues": _QUEUES,
        "agents": _AGENTS,
    }
)
"""Role -> canonical column -> type."""

REQUIRED_COLUMNS: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {
        "call_legs": frozenset({"call_id", "queue_id", "status", "started_at"}),
        "intervals": frozenset({"queue_id", "interval_start", "calls_answered"}),
        "cases": frozenset({"case_id", "opened_at"}),
        "case_events": frozenset({"case_id", "kind", "happened_at"}),
        "customers": frozenset({"customer_id"}),
        "queues": frozenset({"queue_id"}),
        "agents": frozenset({"agent_id"}),
    }
)
"""Role -> canonical columns without which the table says nothing."""

"""Named faults of staffing input, for calls that cannot go on; a bad row of a batch has a reason instead."""

from wfm_pipeline.errors import DataError


class StaffingError(DataError):
    """A value with which no queue can be worked out."""


class NoTargetError(StaffingError):
    """Agents were asked for without saying what they should achieve."""


class CapacityError(StaffingError):
    """A planner's row with which no capacity can be planned."""

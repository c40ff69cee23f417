"""Named faults of allocation input: one class per kind, so that callers need not read prose."""

from wfm_pipeline.errors import DataError, SettingsError


class AllocationError(DataError):
    """Base of all faults of allocation input."""


class EmptyRosterError(AllocationError):
    """There is not one resource."""


class NoDemandError(AllocationError):
    """There is not one demand."""


class DuplicateError(AllocationError):
    """A cn, a demand or a demand's month occurs twice."""


class UnknownValueError(AllocationError):
    """A locality, platform, state or capacity tier that nobody defined."""


class InvalidValueError(AllocationError):
    """A value outside its range: negative forecast, end before start, unreadable text."""


class MissingColumnError(AllocationError):
    """A table lacks a column that is needed."""


class NoWorkingDayError(AllocationError):
    """Work has to be spread over a month without a working day."""


class MissingHandleTimeError(AllocationError):
    """Workload weights were asked for, but handle times are missing."""


class InvalidPairError(AllocationError):
    """A pinned or forbidden pair that contradicts another one, the roster, the week's work or the gate."""


class InvalidWindowError(AllocationError):
    """A window of work or leave that is no stretch of dates, weekdays or hours."""


class InvalidRuleError(SettingsError):
    """A locality rule that cannot be applied."""

"""The numbers that silver decides by, such as the 300 s of a redial, in one place; rules of rows are in row_rules.py."""

from dataclasses import dataclass

from wfm_pipeline.units import ANSWER_TARGET_SECONDS


@dataclass(frozen=True, slots=True)
class SilverRules:
    """Rules of the silver layer.

    Attributes:
        redial_window_seconds: A redial starts at most this long after the abandoned call [s], inclusive.
        redial_minimum_digits: Normalised caller numbers with fewer digits are unknown callers.
        answer_target_seconds: Longest wait of a call answered in target [s], inclusive.
        excluded_queues: Queue ids whose rows are refused.
        excluded_numbers: Caller numbers whose rows are refused, written in any way.
    """

    redial_window_seconds: int = 300
    redial_minimum_digits: int = 7
    answer_target_seconds: int = int(ANSWER_TARGET_SECONDS)
    excluded_queues: tuple[str, ...] = ()
    excluded_numbers: tuple[str, ...] = ()

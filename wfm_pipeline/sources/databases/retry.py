"""Trying again when a source does not answer, with longer and longer waits."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from wfm_pipeline.errors import SourceError

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class SourceGoneError(SourceError):
    """The connection failed or broke off: worth another try."""


class SourceUnreachableError(SourceError):
    """It was gone at every try: a longer wait may help, and another kind of try will not."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently to try.

    Attributes:
        attempts: Tries in all, at least 1.
        first_wait_seconds: Wait after the first failure [s]; it doubles every time.
        sleep: Waits; replaced in tests.
    """

    attempts: int = 3
    first_wait_seconds: float = 1.0
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, work: Callable[[], T]) -> T:
        """Do the work, again where the source was gone.

        Raises:
            SourceUnreachableError: it was gone every time; the message is that of the last try.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return work()
            except SourceGoneError as error:
                if attempt == self.attempts:
                    raise SourceUnreachableError(f"{error} (tried {attempt} times)", **error.facts) from None
                wait = self.first_wait_seconds * 2 ** (attempt - 1)
                _LOG.warning("%s; trying again in %.0f s (%d of %d)", error, wait, attempt + 1, self.attempts)
                self.sleep(wait)
        raise AssertionError("attempts is at least 1")

"""Texts that stand in a key where no single thing can be named.

Here: the word for all and the word for nobody known. Not here: names of outcomes and states, which belong to
their columns (contracts).
"""

from typing import Final

ALL: Final = "(all)"
"""Every queue, pool, group or author together; in planners' tables a row that speaks for all."""
UNKNOWN: Final = "(unknown)"
"""The queue of a call without one, and the customer that gathers the calls without one."""

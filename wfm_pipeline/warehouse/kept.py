"""The warehouse that a writer keeps open: every step of its thread gets that one connection.

Opening a file, asking for its version and for each table anew cost a night more than some of its steps. A server keeps
its pages itself and may end a connection that waits: there every step opens its own. Not here: which engine is which
(warehouse/engines).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of

_Place = tuple[str, Path]


class _Kept(threading.local):
    """What a thread keeps open; a connection belongs to one thread."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.by_place: dict[_Place, Warehouse] = {}


_KEPT = _Kept()


@contextmanager
def kept_open(url: str, home: Path) -> Iterator[None]:
    """While this lasts, `open_or_share` of the same thread gives one connection, where the engine is one to be kept open.

    Raises:
        WarehouseError: the file cannot be opened, or a newer version has written it.
    """
    place, kept = (url, home), _KEPT.by_place
    if place in kept or not engine_of(url, home).is_kept_open:
        yield
        return
    with open_warehouse(url, home) as opened:
        kept[place] = opened
        try:
            yield
        finally:
            del kept[place]


def open_or_share(url: str, home: Path) -> Warehouse:
    """The connection this thread keeps open, else one of the caller's own; close it either way.

    Raises:
        WarehouseError: it cannot be opened, or a newer version has written it.
    """
    kept = _KEPT.by_place.get((url, home))
    return kept.shared() if kept else open_warehouse(url, home)

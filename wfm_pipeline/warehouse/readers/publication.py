"""What a publish is, whichever the engine: its stamp, who reads, and what was done.

Not here: the order to publish (publish.py), and how an engine changes its readers' copy in one move
(warehouse/engines).
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which publish it is: the row of `gold.publication` in the readers' copy.

    Attributes:
        publish_id: Begins with the time, so that later ones sort behind.
        published_at: Naive UTC.
        run_id: The Dagster run that ends with it, or None.
    """

    publish_id: str
    published_at: dt.datetime
    run_id: str | None

    @classmethod
    def new(cls, run_id: str | None = None) -> "Stamp":
        """A publish that begins now."""
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        return cls(f"{now:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}", now, run_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    Attributes:
        stamp: Which publish it was.
        rows: Rows of each table that was renewed, by its name without the layer.
        kept: Tables that stand as the former publish left them.
        place: Where readers find the copy.
        seconds: How long it took [s].
    """

    stamp: Stamp
    rows: Mapping[str, int]
    kept: tuple[str, ...]
    place: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads the copy, and what of persons they see.

    Attributes:
        roles: Roles of the database server that may read it.
        folder_mode: Mode of the folder it stands in, where it is a file.
        pseudonym_key: Key of the pseudonyms; None shows persons by their own keys.
    """

    roles: Collection[str] = ()
    folder_mode: int = 0o700
    pseudonym_key: bytes | None = field(default=None, repr=False)

    @property
    def see(self) -> str:
        """What they see of persons, as the stamp says it; a copy that says otherwise is renewed whole."""
        return "keys" if self.pseudonym_key is None else "pseudonyms"

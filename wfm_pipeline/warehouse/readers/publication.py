"""What a publish is, whichever the engine: its stamp, who reads, and what was done.

Not here: the order to publish (publish.py), and how an engine changes its readers' copy in one move
(warehouse/engines).
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

_PRIVATE: Final = 0o700
"""Mode of a folder that is its user's alone."""


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
        left_out: Tables of gold that no contract describes: what is in them nobody knows, so analysts do not see them.
        place: Where readers find the copy.
        seconds: How long it took [s].
    """

    stamp: Stamp
    rows: Mapping[str, int]
    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    place: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads the analysts' copy and what of persons they see in it, and who reads the copy with persons.

    Attributes:
        roles: Roles of the database server that may read the analysts' copy.
        folder_mode: Mode of the folder it stands in, where it is a file.
        pseudonym_key: Key of the pseudonyms; None shows persons by their own keys.
        personal_roles: Roles that may read the copy with persons as well; none: a server makes no such copy.
        planner_roles: Roles that may write the planners' tables, and read the analysts' copy.
        personal_folder_mode: Mode of the folder that the copy with persons stands in; None: no such file is made.
    """

    roles: Collection[str] = ()
    folder_mode: int = _PRIVATE
    pseudonym_key: bytes | None = field(default=None, repr=False)
    personal_roles: Collection[str] = ()
    planner_roles: Collection[str] = ()
    personal_folder_mode: int | None = None

    @property
    def roles_by_setting(self) -> Mapping[str, Collection[str]]:
        """Roles as the settings name them: name of the setting -> its roles."""
        named = {
            "reader_roles": self.roles,
            "personal_reader_roles": self.personal_roles,
            "planner_roles": self.planner_roles,
        }
        return {name: roles for name, roles in named.items() if roles}

    @property
    def see(self) -> str:
        """What they see of persons in the analysts' copy, as its stamp says it."""
        return "keys" if self.pseudonym_key is None else "pseudonyms"

    @property
    def of_persons(self) -> "Readers":
        """Who reads the copy with persons, as readers of a copy that hides nothing."""
        return Readers(self.personal_roles, self.personal_folder_mode or _PRIVATE)

"""The roles of `sql/roles/postgres_roles.sql` under names of a test's own, for a server has each name once.

Not here: what the roles may do (the tests).
"""

import contextlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

SCRIPT = Path(__file__).parents[1] / "sql" / "roles" / "postgres_roles.sql"
_KINDS = ("owner", "pipeline", "planner", "analyst", "personal_reader")


@dataclass(frozen=True)
class Roles:
    """The roles of one test.

    Attributes:
        url: URL of its database, as a superuser.
        prefix: With what their names begin, in place of `wfm_`.
    """

    url: str
    prefix: str

    def name(self, kind: str) -> str:
        """Name of the role that the file calls `wfm_<kind>`."""
        assert kind in _KINDS
        return f"{self.prefix}{kind}"

    def url_of(self, user: str) -> str:
        """URL of the database as another login."""
        return make_url(self.url).set(username=user).render_as_string(hide_password=False)

    def run_script(self, user: str | None = None) -> None:
        """Run the file, as the superuser or as somebody else."""
        text = re.sub(rf"\bwfm_({'|'.join(_KINDS)})\b", rf"{self.prefix}\1", SCRIPT.read_text(encoding="utf-8"))
        with psycopg.connect(self.url if user is None else self.url_of(user)) as connection:
            connection.execute(text)

    def do(self, statement: str) -> None:
        """A statement as the superuser."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def login(self, kind: str) -> Iterator[psycopg.Connection]:
        """A connection of somebody who is a member of a role, or of the pipeline itself."""
        user = self.name(kind)
        if kind != "pipeline":
            user = f"{self.prefix}member_of_{kind}"
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                self.do(f"create role {user} login in role {self.name(kind)}")
        with psycopg.connect(self.url_of(user), autocommit=True) as connection:
            yield connection


@contextlib.contextmanager
def roles_in(url: str) -> Iterator[Roles]:
    """Names for the roles in a database; they go at the end, with all they were given."""
    made = Roles(url, f"wfm_test_{uuid.uuid4().hex[:8]}_")
    try:
        yield made
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(
                "select rolname from pg_roles where starts_with(rolname, %s)", [made.prefix]
            ).fetchall()
            for (name,) in found:
                connection.execute(f"drop owned by {name} cascade")
            for (name,) in found:
                connection.execute(f"drop role {name}")

"""Asks a live centre's database for its operational tables, a window of time over all services in one question.

Not here: the statement (questions), what becomes of the rows (door), reading again and again (live), the tables of a source map
(sources/databases).
"""

import datetime as dt

import pandas as pd
from sqlalchemy.exc import SQLAlchemyError

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.sources.databases.connect import URL_OF_SOURCE, Connection
from wfm_pipeline.sources.operational.door import OperationalRows, through_the_door
from wfm_pipeline.sources.operational.questions import window_question, within


class OperationalDatabase:
    """A database with operational tables, read only."""

    def __init__(self, url: str, *, what: str = URL_OF_SOURCE) -> None:
        """Prepare the engine; the first question connects.

        Args:
            url: A SQLAlchemy URL.
            what: Whose URL it is, for messages.

        Raises:
            SettingsError, SourceError: the URL is not one, its driver is missing, or the file is not there.
        """
        self._connection = Connection(url, what=what)
        self._engine = self._connection.engine

    def rows(
        self, table: Table, *, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> OperationalRows:
        """Rows of a table, through the door.

        Args:
            table: A contract of contracts/operational.
            since: Start of the window [since, until), UTC: intervals that start in it; states, shifts and breaks that
                touch it; None = without end. Of shifts and their breaks only the version in force is read, if not cancelled.
            until: Its end.

        Returns:
            Rows in the house's units, and findings.

        Raises:
            SourceError: the database cannot be read, a column is missing, or a unit is wrong.
        """
        question = window_question(table, dialect=self._engine.dialect.name, since=since, until=until)
        try:
            with self._engine.connect() as connection:
                answer = connection.execute(question)
                # As tuples: pandas asks each of the driver's own rows what it is, which takes as long as reading it.
                raw = pd.DataFrame([tuple(row) for row in answer], columns=list(answer.keys()))
        except SQLAlchemyError as error:
            raise self._connection.error(error) from None
        found = through_the_door(table, raw)
        return OperationalRows(within(table, found.rows, since, until), found.findings)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

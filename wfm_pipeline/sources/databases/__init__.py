"""Readers of databases: SQLAlchemy, ODBC, and what both need.

Not here: typing and hashing the rows (sources/rows).
"""

"""Readers of the outside world: databases, ODBC, files; each source described by a map in TOML.

Not here: our own tables (warehouse), or what a row means (transforms).
"""

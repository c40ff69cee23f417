"""Readers of the outside world: databases, ODBC, files; each source described by a map in TOML."""

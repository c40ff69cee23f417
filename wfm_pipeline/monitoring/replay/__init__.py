"""Replay of a recorded day: reading its records, writing the operational tables as a live centre would.

recorded.py: legs of a date out of the warehouse, else out of the source. operational_tables.py: the tables in a database, made
and upserted. claim.py: whose rows the tables hold. replaying.py: tick after tick.

Not here: what the tables hold at an instant (domain/replay), and watching a live centre.
"""

"""Replay of a recorded day: reading its records, writing the operational tables as a live centre would.

recorded.py: legs of a date out of the warehouse, else out of the source. claim.py: whose rows the tables hold.
replaying.py: tick after tick.

Not here: what the tables hold at an instant (domain/replay), how a database takes them (sources/operational), and
watching a live centre.
"""

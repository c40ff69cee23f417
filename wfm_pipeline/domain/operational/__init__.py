"""What can be believed of a live centre's tables: units, ranges, rows that cannot be true.

Not here: reading them (sources/operational), what they promise (contracts/operational).
"""
